// Runs: sorted n-grams of one order with their counts, written compactly, and their k-way merge.
//
// A run lists every distinct n-gram of the top order once; those that a run of text cut short are filled up with zeros.
// That is all that a count tree holds: what is shorter is a prefix.  One record:
//
//     1 byte       symbols shared with the record before (3 bits) and the count (5 bits; 0: a varint follows)
//     varint       first symbol that differs, less the one before
//     varints      the symbols after it; a 0 ends a short n-gram
//
// Records come in blocks that can be read by themselves (the first shares nothing), so that a merge may begin anywhere.
#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "ngrams.hpp"

namespace nlpzero {

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
            while (symbol[shared] == last_[shared]) ++shared;  // two records differ somewhere
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

// A stream of n-grams in order.  `next` gives the next one; HUNGRY: a block must be fed first; DONE: there is no more.
struct RunSource {
    enum Status { READY, HUNGRY, DONE };
    uint32_t symbol[MAX_ORDER] = {};
    uint64_t count = 0;

    virtual ~RunSource() = default;
    virtual Status next() = 0;
    virtual void feed(const uint8_t*, size_t) { throw std::invalid_argument("only runs are fed"); }
};

[[noreturn]] inline void damaged() { throw std::invalid_argument("the records of a run are damaged"); }

// Reads the blocks of a run; `map` gives the final id of each of its symbols, and rises.
class BlockSource : public RunSource {
public:
    BlockSource(int order, const uint32_t* map, size_t map_size) : order_(order), map_(map), map_size_(map_size) {}

    void feed(const uint8_t* block, size_t size) override {  // nothing more comes when the size is 0
        done_ = size == 0;
        data_.assign(block, block + size);
        data_.resize(size + PADDING, 0);
        at_ = data_.data();
        end_ = at_ + size;
        std::fill(own_, own_ + MAX_ORDER, 0);
    }

    Status next() override {
        if (at_ == end_) return done_ ? DONE : HUNGRY;
        const int shared = *at_ & 7;
        count = *at_++ >> 3;
        if (!count) count = varint();
        if (shared >= order_ || (shared && !own_[shared - 1])) damaged();
        put(shared, own_[shared] + varint());
        int j = shared + 1;
        for (; j < order_ && own_[j - 1]; ++j) put(j, varint());
        for (; j < order_; ++j) own_[j] = symbol[j] = 0;
        if (at_ > end_) damaged();
        return READY;
    }

private:
    static constexpr size_t PADDING = 1 + 10 * (MAX_ORDER + 1);  // no record is longer
    int order_;
    const uint32_t* map_;
    size_t map_size_;
    bool done_ = false;
    std::vector<uint8_t> data_;
    const uint8_t *at_ = nullptr, *end_ = nullptr;
    uint32_t own_[MAX_ORDER] = {};

    void put(int j, uint64_t own) {
        if (own >= map_size_) damaged();
        own_[j] = uint32_t(own);
        symbol[j] = map_[own];
    }
    uint64_t varint() {
        uint64_t x = *at_ & 0x7F;
        for (int shift = 7; *at_++ & 0x80; shift += 7) {
            if (shift > 63) damaged();
            x |= uint64_t(*at_ & 0x7F) << shift;
        }
        return x;
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
class TreeSource : public RunSource {
public:
    TreeSource(std::vector<StoredLevel> levels, const uint32_t* map, const uint32_t* low)
        : levels_(std::move(levels)), order_(int(levels_.size())), map_(map) {
        stop_[0] = levels_[0].size;
        for (level_ = 0;; ++level_) {  // go to the first n-gram that is not below `low`
            const uint32_t* const base = levels_[level_].symbol;
            node_[level_] = std::partition_point(base + node_[level_], base + stop_[level_],
                [&](uint32_t s) { return map_[s] < low[level_]; }) - base;
            const size_t i = node_[level_];
            if (level_ + 1 == order_ || !low[level_ + 1] || i == stop_[level_] || map_[base[i]] != low[level_]) return;
            symbol[level_] = map_[base[i]];
            node_[level_ + 1] = begin_of(level_, i);
            stop_[level_ + 1] = levels_[level_].end_of(i);
        }
    }

    Status next() override {
        for (;;) {
            const size_t i = node_[level_];
            if (i == stop_[level_]) {
                if (level_ == 0) return DONE;
                ++node_[--level_];
                continue;
            }
            symbol[level_] = map_[levels_[level_].symbol[i]];
            std::fill(symbol + level_ + 1, symbol + MAX_ORDER, 0);
            count = levels_[level_].count_of(i);
            if (level_ + 1 == order_) {
                ++node_[level_];
                return READY;
            }
            const StoredLevel& below = levels_[level_ + 1];
            node_[level_ + 1] = begin_of(level_, i);
            stop_[level_ + 1] = levels_[level_].end_of(i);
            uint64_t inside = 0;
            for (size_t k = node_[level_ + 1]; k < stop_[level_ + 1]; ++k) inside += below.count_of(k);
            if (inside > count) damaged();
            ++level_;
            count -= inside;
            if (count) return READY;  // a run of text ended here so often
        }
    }

private:
    std::vector<StoredLevel> levels_;
    int order_, level_ = 0;
    const uint32_t* map_;
    size_t node_[MAX_ORDER] = {}, stop_[MAX_ORDER] = {};

    size_t begin_of(int l, size_t i) const { return i ? levels_[l].end_of(i - 1) : 0; }
};

}  // namespace nlpzero
