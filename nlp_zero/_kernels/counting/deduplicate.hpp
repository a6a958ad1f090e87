// Dropping words that are made of other words: see deduplicate in builders/pmi.py for the rule.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../common/elementary.hpp"
#include "words.hpp"

namespace nlpzero::counting {

class Deduplication {
public:
    // Tokens are at least 1.
    Deduplication(const PackedWords& words, int64_t* tokens)
        : words_(words), tokens_(tokens), steps_(words.size), kept_(words.size, 1), table_(words) {
        for (size_t k = 0; k < words.size; ++k) {
            steps_[k] = steps_of(tokens[k]);
            total_ += tokens[k];
        }
    }

    // Process the words from the longest to the shortest; returns 1 for each word that stays.
    const std::vector<uint8_t>& run() {
        const std::vector<uint32_t> order = list_words();
        std::array<std::vector<uint64_t>, AHEAD> hashes;  // of the parts of the next words, whose slots are prefetched
        for (size_t k = 0; k < order.size() + AHEAD; ++k) {
            if (k >= AHEAD) consider(order[k - AHEAD], hashes[k % AHEAD]);
            if (k < order.size()) hash_parts(order[k], hashes[k % AHEAD]);
        }
        return kept_;
    }

private:
    static constexpr uint32_t NONE = WordTable::NONE;
    static constexpr double STEPS_PER_NAT = 1 << 30;  // so that ties are the same on every platform
    static constexpr size_t AHEAD = 4, MOST_HASHED = 64;
    struct Best { int64_t steps; uint32_t words, first; bool exists; };

    const PackedWords words_;
    int64_t* tokens_;
    int64_t total_ = 0;
    std::vector<int64_t> steps_;
    std::vector<uint8_t> kept_;
    const WordTable table_;
    std::vector<Best> best_;

    static int64_t steps_of(int64_t count) { return int64_t(std::nearbyint(nlpzero::log(double(count)) * STEPS_PER_NAT)); }

    // The words of two or more symbols, the longest first; ties by text.  Words of a length that are in order, as those
    // of a count tree are, need no sort.
    std::vector<uint32_t> list_words() const {
        struct Entry { uint64_t head; uint32_t word; };  // head: the first two symbols
        auto is_less = [this](const Entry& a, const Entry& b) {
            if (a.head != b.head) return a.head < b.head;
            const uint32_t *const x = words_.begin_of(a.word), *const y = words_.begin_of(b.word);
            return std::lexicographical_compare(x, x + words_.length_of(a.word), y, y + words_.length_of(b.word));
        };
        std::vector<std::vector<Entry>> by_length;
        size_t size = 0;
        for (size_t k = 0; k < words_.size; ++k) {
            const size_t n = words_.length_of(k);
            if (n < 2) continue;
            if (by_length.size() <= n) by_length.resize(n + 1);
            by_length[n].push_back({uint64_t(words_.begin_of(k)[0]) << 32 | words_.begin_of(k)[1], uint32_t(k)});
            ++size;
        }
        std::vector<uint32_t> order;
        order.reserve(size);
        for (size_t n = by_length.size(); n-- > 0;) {
            auto& same = by_length[n];
            if (!std::is_sorted(same.begin(), same.end(), is_less)) std::sort(same.begin(), same.end(), is_less);
            for (const Entry& entry : same) order.push_back(entry.word);
        }
        return order;
    }

    // The hashes of the parts of a word: for each beginning, from the last one, those of all ends.
    void hash_parts(uint32_t word, std::vector<uint64_t>& hashes) const {
        const uint32_t* const text = words_.begin_of(word);
        const size_t n = words_.length_of(word);
        hashes.clear();
        if (n > MOST_HASHED) return;
        for (size_t begin = n; begin-- > 0;) {
            uint64_t hash = 0;
            for (size_t end = begin; end < n; ++end) {
                hash = PackedWords::extend(hash, text[end]);
                hashes.push_back(PackedWords::mix(hash));
                table_.prefetch(hashes.back());
            }
        }
    }

    // Drop a word, or keep it.
    void consider(uint32_t word, const std::vector<uint64_t>& hashes) {
        const uint32_t* const text = words_.begin_of(word);
        const size_t n = words_.length_of(word);
        const int64_t total = steps_of(total_);
        kept_[word] = 0;  // not a part of itself
        best_.assign(n + 1, Best{0, 0, NONE, false});
        best_[n].exists = true;
        for (size_t begin = n, k = 0; begin-- > 0;) {
            Best& top = best_[begin];
            uint64_t hash = 0;
            for (size_t end = begin + 1; end <= n; ++end, ++k) {
                if (hashes.empty()) hash = PackedWords::extend(hash, text[end - 1]);
                const Best& rest = best_[end];
                if (!rest.exists) continue;
                const uint32_t part = table_.find(text + begin, end - begin, hashes.empty() ? PackedWords::mix(hash) : hashes[k]);
                if (part == NONE || !kept_[part]) continue;
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
            begin += words_.length_of(part);
            tokens_[part] += count;
            steps_[part] = steps_of(tokens_[part]);
        }
    }
};

}  // namespace nlpzero::counting
