// Further merges for a byte-pair encoding: which neighbouring tokens occur most often, and merging them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lattice.hpp"

namespace nlpzero::vocabulary {

struct BestPair { uint32_t left, right; uint64_t count; };

// Distinct words as tokens, each with its count in the text.  Merges have ranks in the order in which they are applied.
// After every merge the words are what an encoder gives that merges the pair of lowest rank first, of equal ones the
// first in the word: where a merge makes a pair that an earlier merge has joined, that pair is joined at once.
class PairMerger {
public:
    // Word w has the tokens end[w - 1] to end[w] and occurs count[w] times.
    PairMerger(const uint32_t* tokens, const uint64_t* end, const uint64_t* count, size_t words)
        : count_(count, count + words) {
        const uint64_t size = words ? end[words - 1] : 0;
        if (size >= NONE) throw std::length_error("too much text at once");
        token_.assign(tokens, tokens + size);
        previous_.resize(size);
        next_.resize(size);
        word_.resize(size);
        uint64_t begin = 0;
        for (size_t w = 0; w < words; begin = end[w++]) {
            if (end[w] < begin) throw std::invalid_argument("the ends of words must not fall");
            for (uint64_t p = begin; p < end[w]; ++p) {
                previous_[p] = p > begin ? uint32_t(p - 1) : NONE;
                next_[p] = p + 1 < end[w] ? uint32_t(p + 1) : NONE;
                word_[p] = uint32_t(w);
            }
        }
        for (uint32_t p = 0; p < size; ++p)
            if (next_[p] != NONE) add(p, next_[p]);
        for (const auto& [key, pair] : pairs_) heap_.push({pair.count, key});
        touched_.clear();
    }

    // The pair that occurs most often (ties: the lowest ids), if at least `least` times; otherwise its count is 0.
    BestPair find_best(uint64_t least) {
        while (!heap_.empty()) {
            const auto [count, key] = heap_.top();
            const Pair& pair = pairs_.at(key);
            if (count == pair.count && !pair.closed) {
                if (count < least) break;
                return {uint32_t(key >> 32), uint32_t(key), count};
            }
            heap_.pop();
            if (!pair.closed && pair.count && pair.count < count) heap_.push({pair.count, key});
        }
        return {0, 0, 0};
    }

    // Never offer this pair again.
    void reject(uint32_t left, uint32_t right) { pairs_[key_of(left, right)].closed = true; }

    // Merge a pair into the token `merged` wherever it occurs.
    void merge(uint32_t left, uint32_t right, uint32_t merged) {
        Pair& pair = pairs_[key_of(left, right)];
        pair.closed = true;
        pair.merged = merged;
        pair.rank = ranks_++;
        std::vector<uint32_t> places = std::move(pair.places);
        pair.places.clear();
        std::sort(places.begin(), places.end());
        for (uint32_t p : places)
            if (is_pair(p, left, right)) join(p, merged);
        std::sort(touched_.begin(), touched_.end());
        touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
        for (uint64_t key : touched_) heap_.push({pairs_[key].count, key});
        touched_.clear();
    }

    // The tokens of all words, one word after the other, and the end of each word.
    void list_tokens(std::vector<uint32_t>& tokens, std::vector<uint64_t>& end) const {
        tokens.clear();
        end.assign(count_.size(), 0);
        for (size_t p = 0; p < token_.size(); ++p)
            if (token_[p] != NONE) {
                tokens.push_back(token_[p]);
                ++end[word_[p]];
            }
        for (size_t w = 1; w < end.size(); ++w) end[w] += end[w - 1];
    }

private:
    struct Pair {
        uint64_t count = 0;
        uint32_t rank = NONE, merged = NONE;
        bool closed = false;
        std::vector<uint32_t> places;  // where the pair began at some time
    };
    struct Entry {
        uint64_t count, key;
        bool operator<(const Entry& other) const {
            return count != other.count ? count < other.count : key > other.key;
        }
    };

    static uint64_t key_of(uint32_t left, uint32_t right) { return uint64_t(left) << 32 | right; }

    bool is_pair(uint32_t p, uint32_t left, uint32_t right) const {
        return token_[p] == left && next_[p] != NONE && token_[next_[p]] == right;
    }

    void add(uint32_t p, uint32_t q) {
        const uint64_t key = key_of(token_[p], token_[q]);
        Pair& pair = pairs_[key];
        pair.count += count_[word_[p]];
        if (pair.rank != NONE) return;  // joined at once
        pair.places.push_back(p);
        if (!pair.closed) touched_.push_back(key);
    }

    void remove(uint32_t p, uint32_t q) { pairs_[key_of(token_[p], token_[q])].count -= count_[word_[p]]; }

    // Join the pair that begins at `p`, and then the earlier merges around the new token.
    void join(uint32_t p, uint32_t merged) {
        while (true) {
            const uint32_t q = next_[p], before = previous_[p], after = next_[q];
            remove(p, q);
            if (before != NONE) remove(before, p);
            if (after != NONE) remove(q, after);
            token_[p] = merged;
            token_[q] = NONE;
            next_[p] = after;
            if (after != NONE) previous_[after] = p;
            if (before != NONE) add(before, p);
            if (after != NONE) add(p, after);
            const Pair* first = before == NONE ? nullptr : &pairs_[key_of(token_[before], merged)];
            const Pair* second = after == NONE ? nullptr : &pairs_[key_of(merged, token_[after])];
            const uint32_t first_rank = first ? first->rank : NONE, second_rank = second ? second->rank : NONE;
            if (first_rank == NONE && second_rank == NONE) return;
            merged = first_rank <= second_rank ? first->merged : second->merged;
            if (first_rank <= second_rank) p = before;
        }
    }

    std::vector<uint64_t> count_;
    std::vector<uint32_t> token_, previous_, next_, word_;  // by place; NONE: joined to the token before, no neighbour
    std::unordered_map<uint64_t, Pair> pairs_;
    std::priority_queue<Entry> heap_;
    std::vector<uint64_t> touched_;  // pairs that occur more often than before
    uint32_t ranks_ = 0;
};

}  // namespace nlpzero::vocabulary
