// Dropping words that are made of other words: see deduplicate in builders/pmi.py for the rule.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../common/elementary.hpp"

namespace nlpzero::counting {

class Deduplication {
public:
    static constexpr uint32_t NONE = ~0u;

    // Words are the code points of `text`, word k those before ends[k]; tokens are at least 1.
    Deduplication(const uint32_t* text, const int64_t* ends, size_t words, int64_t* tokens)
        : text_(text), ends_(ends), tokens_(tokens), size_(words), steps_(words), kept_(words, 1) {
        size_t slots = 16;
        while (slots < 2 * words) slots *= 2;
        table_.assign(slots, Slot{0, NONE});
        for (size_t k = 0; k < words; ++k) {
            steps_[k] = steps_of(tokens[k]);
            total_ += tokens[k];
            const uint64_t hash = hash_of(begin_of(k), length_of(k));
            size_t slot = hash & (slots - 1);
            while (table_[slot].word != NONE) slot = (slot + 1) & (slots - 1);
            table_[slot] = {uint32_t(hash >> 32), uint32_t(k)};
        }
    }

    // Process the words from the longest to the shortest; returns 1 for each word that stays.
    const std::vector<uint8_t>& run() {
        struct Entry { size_t length; uint64_t head; uint32_t word; };  // head: the first two symbols
        std::vector<Entry> order;
        for (uint32_t k = 0; k < size_; ++k) {
            const size_t n = length_of(k);
            if (n > 1) order.push_back({n, uint64_t(begin_of(k)[0]) << 32 | begin_of(k)[1], k});
        }
        std::sort(order.begin(), order.end(), [this](const Entry& a, const Entry& b) {
            if (a.length != b.length) return a.length > b.length;
            if (a.head != b.head) return a.head < b.head;
            const uint32_t *const x = begin_of(a.word), *const y = begin_of(b.word);
            return std::lexicographical_compare(x, x + a.length, y, y + b.length);
        });
        for (const Entry& entry : order) consider(entry.word);
        return kept_;
    }

private:
    static constexpr double STEPS_PER_NAT = 1 << 30;  // so that ties are the same on every platform
    struct Best { int64_t steps; uint32_t words, first; bool exists; };

    const uint32_t* text_;
    const int64_t* ends_;
    int64_t* tokens_;
    size_t size_;
    int64_t total_ = 0;
    std::vector<int64_t> steps_;
    std::vector<uint8_t> kept_;
    struct Slot { uint32_t tag, word; };
    std::vector<Slot> table_;  // by the hash of its text, whose upper half is the tag
    std::vector<Best> best_;

    const uint32_t* begin_of(size_t k) const { return text_ + (k ? ends_[k - 1] : 0); }
    size_t length_of(size_t k) const { return size_t(ends_[k] - (k ? ends_[k - 1] : 0)); }
    static int64_t steps_of(int64_t count) { return int64_t(std::nearbyint(nlpzero::log(double(count)) * STEPS_PER_NAT)); }
    static uint64_t extend(uint64_t hash, uint32_t symbol) { return (hash ^ symbol) * 0x9E3779B97F4A7C15u; }
    static uint64_t mix(uint64_t hash) { return hash ^ (hash >> 32); }
    static uint64_t hash_of(const uint32_t* text, size_t n) {
        uint64_t hash = 0;
        for (size_t i = 0; i < n; ++i) hash = extend(hash, text[i]);
        return mix(hash);
    }

    uint32_t find(const uint32_t* text, size_t n, uint64_t hash) const {
        for (size_t slot = hash & (table_.size() - 1); table_[slot].word != NONE; slot = (slot + 1) & (table_.size() - 1)) {
            const uint32_t k = table_[slot].word;
            if (table_[slot].tag == hash >> 32 && length_of(k) == n && std::equal(text, text + n, begin_of(k))) return kept_[k] ? k : NONE;
        }
        return NONE;
    }

    // Drop a word, or keep it.
    void consider(uint32_t word) {
        const uint32_t* const text = begin_of(word);
        const size_t n = length_of(word);
        const int64_t total = steps_of(total_);
        kept_[word] = 0;  // not a part of itself
        best_.assign(n + 1, Best{0, 0, NONE, false});
        best_[n].exists = true;
        for (size_t begin = n; begin-- > 0;) {
            Best& top = best_[begin];
            uint64_t hash = 0;
            for (size_t end = begin + 1; end <= n; ++end) {
                hash = extend(hash, text[end - 1]);
                const Best& rest = best_[end];
                if (!rest.exists) continue;
                const uint32_t part = find(text + begin, end - begin, mix(hash));
                if (part == NONE) continue;
                const Best found = {rest.steps + steps_[part] - total, rest.words + 1, part, true};
                // Fewer words among equally probable ones; then the longer first word, which is found later.
                if (!top.exists || found.steps > top.steps || (found.steps == top.steps && found.words <= top.words))
                    top = found;
            }
        }
        const int64_t least = int64_t(n - 1) << 30;
        if (!best_[0].exists || steps_[word] - total - best_[0].steps >= least) {
            kept_[word] = 1;
            return;
        }
        const int64_t count = tokens_[word];
        total_ += int64_t(best_[0].words - 1) * count;
        for (size_t begin = 0; begin < n;) {
            const uint32_t part = best_[begin].first;
            begin += length_of(part);
            tokens_[part] += count;
            steps_[part] = steps_of(tokens_[part]);
        }
    }
};

}  // namespace nlpzero::counting
