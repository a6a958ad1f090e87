// Runs: sorted n-grams of one order with their counts in a compact format, and streams of n-grams for merging.
//
// A run lists every distinct n-gram of the highest order once; n-grams that the end of the text's run cuts short are
// padded with zeros.  A count tree holds no more than that: shorter n-grams are prefixes.  One record:
//
//     1 byte       symbols shared with the record before (3 bits) and the count (5 bits; 0: a varint follows)
//     varint       difference between the first symbol that differs and that of the record before
//     varints      the symbols after it; a 0 ends a short n-gram
//
// Records are grouped into blocks that can be read independently (the first record shares nothing), so that a merge may
// begin at any block.
#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "ngrams.hpp"

namespace nlpzero::counting {

class RunWriter {
public:
    std::vector<uint8_t> data;
    std::vector<uint64_t> starts;  // where blocks begin in data
    std::vector<uint32_t> firsts;  // the first n-gram of each block, `order` symbols each

    RunWriter(int order, size_t block_size) : order_(order), block_size_(block_size) {}

    void push(const uint32_t* symbol, uint64_t count) {
        int shared = 0;
        if (starts.empty() || data.size() - starts.back() >= block_size_) {
            starts.push_back(data.size());
            firsts.insert(firsts.end(), symbol, symbol + order_);
            std::fill(last_, last_ + MAX_ORDER, 0);
        } else {
            while (shared + 1 < order_ && symbol[shared] == last_[shared]) ++shared;  // two records always differ
        }
        data.push_back(uint8_t(shared | (count < 32 ? count << 3 : 0)));
        if (count >= 32) varint(count);
        varint(symbol[shared] - last_[shared]);
        for (int j = shared + 1; j < order_; ++j) {
            if (!symbol[j - 1]) break;
            varint(symbol[j]);
        }
        std::copy(symbol, symbol + order_, last_);
    }

private:
    int order_;
    size_t block_size_;
    uint32_t last_[MAX_ORDER] = {};

    void varint(uint64_t x) {
        for (; x >= 0x80; x >>= 7) data.push_back(uint8_t(x | 0x80));
        data.push_back(uint8_t(x));
    }
};

// The positions of the symbols of an n-gram in a key: from the highest bits down, `bits` each.
struct Packing {
    int order, bits;
    int shift(int j) const { return (order - 1 - j) * bits; }
    template <int W>
    void put(Key<W>& key, int j, uint64_t symbol) const {
        const int at = shift(j), i = W - 1 - (at >> 6), s = at & 63;
        key.word[i] |= symbol << s;
        if (W > 1 && i > 0 && s + bits > 64) key.word[i - 1] |= symbol >> (64 - s);
    }
    template <int W>
    void unpack(const Key<W>& key, uint32_t* symbol) const {
        const uint32_t mask = bits == 32 ? ~0u : (1u << bits) - 1;
        for (int j = 0; j < order; ++j) symbol[j] = key.bits(shift(j), mask);
    }
};

// An n-gram with its count, while sources are merged.
template <int W>
struct Entry { Key<W> key; uint64_t count; };

// A sorted stream of n-grams, read in batches.
template <int W>
class RunSource {
public:
    enum Status { READY, HUNGRY, DONE };  // HUNGRY: a block must be fed first; DONE: no n-grams follow the batch
    static constexpr size_t ROOM = 256;

    virtual ~RunSource() = default;
    virtual void feed(const uint8_t*, size_t) { throw std::invalid_argument("only runs are fed"); }

    // Read n-grams until the batch has `room` of them (at most ROOM).
    Status top_up(size_t room) {
        std::copy(entry_ + at_, entry_ + size_, entry_);
        size_ -= at_;
        at_ = 0;
        const Status status = size_ < room ? fill(room) : READY;
        return size_ < room ? status : READY;
    }
    const Entry<W>* begin() const { return entry_ + at_; }
    const Entry<W>* end() const { return entry_ + size_; }
    void take_until(const Entry<W>* end) { at_ = size_t(end - entry_); }

protected:
    size_t at_ = 0, size_ = 0;
    Entry<W> entry_[ROOM];
    virtual Status fill(size_t room) = 0;  // append entries until there are `room`; if there are fewer, say why
};

[[noreturn]] inline void damaged() { throw std::invalid_argument("the records of a run are damaged"); }

// The final ids of the symbols of a run, which rise, in 1.25 bytes each: all runs of a merge look ids up at random, and 80
// KB for each of them would not stay in the cache.  If ids are too far apart, they are read from `map` itself.
class IdMap {
public:
    IdMap(const uint32_t* map, size_t size) : size_(size) {
        first_.reserve(size / GROUP + 1);
        offset_.reserve(size);
        for (size_t i = 0; i < size; ++i) {
            if (i % GROUP == 0) first_.push_back(map[i]);
            const uint32_t offset = map[i] - first_.back();
            if (offset > 255) {
                whole_ = map;
                break;
            }
            offset_.push_back(uint8_t(offset));
        }
    }
    size_t size() const { return size_; }
    uint32_t operator[](size_t i) const { return whole_ ? whole_[i] : first_[i / GROUP] + offset_[i]; }

private:
    static constexpr size_t GROUP = 16;
    size_t size_;
    const uint32_t* whole_ = nullptr;
    std::vector<uint32_t> first_;  // ids of the first symbol of each group
    std::vector<uint8_t> offset_;  // from it
};

// Reads the blocks of a run; `map`, which rises, gives the final id of each symbol of the run.
template <int W>
class BlockSource : public RunSource<W> {
public:
    BlockSource(Packing packing, const uint32_t* map, size_t map_size)
        : packing_(packing), map_(map, map_size) {}

    void feed(const uint8_t* block, size_t size) override {  // a size of 0 ends the run
        done_ = size == 0;
        data_.assign(block, block + size);
        data_.resize(size + PADDING, 0);
        from_ = data_.data();
        end_ = from_ + size;
        std::fill(own_, own_ + MAX_ORDER, 0);
    }

protected:
    typename RunSource<W>::Status fill(size_t room) override {
        const int order = packing_.order;
        while (from_ < end_ && this->size_ < room) {
            auto& entry = this->entry_[this->size_++];
            int j = *from_ & 7;
            entry.count = *from_++ >> 3;
            if (!entry.count) entry.count = varint();
            if (j >= order || (j && !own_[j - 1])) damaged();
            for (uint64_t own = own_[j] + varint();; own = varint()) {
                if (own >= map_.size()) damaged();
                own_[j] = uint32_t(own);
                if (!own) break;  // the end of a short n-gram
                prefix_[j + 1] = prefix_[j];
                packing_.put(prefix_[j + 1], j, map_[own]);
                if (++j == order) break;
            }
            entry.key = prefix_[j];
            if (from_ > end_) damaged();
        }
        return done_ ? this->DONE : this->HUNGRY;
    }

private:
    static constexpr size_t PADDING = 1 + 10 * (MAX_ORDER + 1);  // no record is longer
    Packing packing_;
    IdMap map_;
    bool done_ = false;
    std::vector<uint8_t> data_;
    const uint8_t *from_ = nullptr, *end_ = nullptr;
    uint32_t own_[MAX_ORDER] = {};        // the run's own ids; a 0 ends them
    Key<W> prefix_[MAX_ORDER + 1] = {};   // the first j symbols, in the final ids

    uint64_t varint() {
        uint64_t x = *from_++;
        if (x < 0x80) return x;
        x &= 0x7F;
        for (int shift = 7; shift <= 63; shift += 7) {
            const uint64_t byte = *from_++;
            x |= (byte & 0x7F) << shift;
            if (byte < 0x80) return x;
        }
        damaged();
    }
};

// One order of a finished count tree; counts and ends have 4 or 8 bytes.
struct StoredLevel {
    const uint32_t* symbol;
    const void *count, *end;
    bool wide_count, wide_end;
    size_t size;
    static uint64_t at(const void* p, bool wide, size_t i) {
        return wide ? static_cast<const uint64_t*>(p)[i] : static_cast<const uint32_t*>(p)[i];
    }
    uint64_t count_of(size_t i) const { return at(count, wide_count, i); }
    uint64_t end_of(size_t i) const { return at(end, wide_end, i); }
};

// Walks a finished count tree, depth first.
template <int W>
class TreeSource : public RunSource<W> {
public:
    TreeSource(Packing packing, std::vector<StoredLevel> levels, const uint32_t* map, const uint32_t* low)
        : packing_(packing), levels_(std::move(levels)), map_(map) {
        stop_[0] = levels_[0].size;
        for (level_ = 0;; ++level_) {  // go to the first n-gram that is not below `low`
            const uint32_t* const base = levels_[level_].symbol;
            node_[level_] = std::partition_point(base + node_[level_], base + stop_[level_],
                [&](uint32_t s) { return map_[s] < low[level_]; }) - base;
            const size_t i = node_[level_];
            const bool at_end = level_ + 1 == packing_.order || !low[level_ + 1] || i == stop_[level_];
            if (at_end || map_[base[i]] != low[level_]) return;
            descend(i);
        }
    }

protected:
    typename RunSource<W>::Status fill(size_t room) override {
        while (this->size_ < room) {
            const size_t i = node_[level_];
            if (i == stop_[level_]) {
                if (level_ == 0) return this->DONE;
                ++node_[--level_];
                continue;
            }
            auto& entry = this->entry_[this->size_];
            entry.count = levels_[level_].count_of(i);
            if (level_ + 1 == packing_.order) {
                entry.key = prefix_[level_];
                packing_.put(entry.key, level_, map_[levels_[level_].symbol[i]]);
                ++node_[level_];
                ++this->size_;
                continue;
            }
            descend(i);
            const StoredLevel& below = levels_[++level_];
            uint64_t inside = 0;
            for (size_t k = node_[level_]; k < stop_[level_]; ++k) inside += below.count_of(k);
            if (inside > entry.count) damaged();
            entry.count -= inside;
            entry.key = prefix_[level_];
            this->size_ += entry.count != 0;  // the number of runs of text that end here
        }
        return this->READY;
    }

private:
    Packing packing_;
    std::vector<StoredLevel> levels_;
    int level_ = 0;
    const uint32_t* map_;
    size_t node_[MAX_ORDER] = {}, stop_[MAX_ORDER] = {};
    Key<W> prefix_[MAX_ORDER + 1] = {};

    void descend(size_t i) {  // to the children of node i of this level
        prefix_[level_ + 1] = prefix_[level_];
        packing_.put(prefix_[level_ + 1], level_, map_[levels_[level_].symbol[i]]);
        node_[level_ + 1] = i ? levels_[level_].end_of(i - 1) : 0;
        stop_[level_ + 1] = levels_[level_].end_of(i);
    }
};

}  // namespace nlpzero::counting
