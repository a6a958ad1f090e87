// Encoded text that is kept after its n-grams have been counted, for further passes over it.
//
// A pass takes it in shares of whole runs, which threads work on independently.  The ids of its symbols are translated
// to those of the count tree when a share is read.
#pragma once
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "symbol_store.hpp"

namespace nlpzero::counting {

class KeptText {
public:
    // Add a store, which must stay as it is.  ids[s] is the id of its symbol s in the tree.
    void add(const SymbolStore& store, std::vector<uint32_t> ids) {
        ids_.push_back(std::move(ids));
        const size_t text = ids_.size() - 1;
        store.visit([&](const auto* symbols, size_t size) { cut(text, symbols, size); });
        marks_.resize(shares_.size());
    }
    size_t shares() const { return shares_.size(); }

    // Copy a share, which ends with a boundary, and return its length.
    size_t read(size_t k, std::vector<uint32_t>& out) const {
        const Share& share = shares_.at(k);
        if (out.size() < share.size) out.resize(share.size);
        const uint32_t* const ids = ids_[share.text].data();
        if (share.narrow) std::transform(share.narrow, share.narrow + share.size, out.data(), [=](auto s) { return ids[s]; });
        else std::transform(share.wide, share.wide + share.size, out.data(), [=](auto s) { return ids[s]; });
        return share.size;
    }

    // A bit for each symbol of a share, all 0; and those of the last call, null if there was none.
    uint64_t* clear_marks(size_t k) {
        marks_.at(k).assign(shares_[k].size / 64 + 1, 0);
        return marks_[k].data();
    }
    const uint64_t* marks(size_t k) const { return marks_.at(k).empty() ? nullptr : marks_[k].data(); }

private:
    static constexpr size_t SHARE_SYMBOLS = size_t(1) << 16;
    struct Share { size_t text, size; const uint16_t* narrow; const uint32_t* wide; };
    std::vector<std::vector<uint32_t>> ids_;
    std::vector<Share> shares_;
    std::vector<std::vector<uint64_t>> marks_;  // by share, so that threads do not write to the same vector

    static void point_to(Share& share, const uint16_t* at) { share.narrow = at; }
    static void point_to(Share& share, const uint32_t* at) { share.wide = at; }
    template <class Sym>
    void cut(size_t text, const Sym* data, size_t size) {
        for (size_t begin = 0, end; begin < size; begin = end) {
            for (end = std::min(size, begin + SHARE_SYMBOLS); end < size && data[end - 1];) ++end;
            shares_.push_back({text, end - begin, nullptr, nullptr});
            point_to(shares_.back(), data + begin);
        }
    }
};

}  // namespace nlpzero::counting
