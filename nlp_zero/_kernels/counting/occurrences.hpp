// Counting the occurrences of given n-grams in text, and the symbols next to them.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "patterns.hpp"

namespace nlpzero::counting {

// Counts of 64-bit keys that are not 0.
class KeyCounts {
public:
    KeyCounts() : entries_(64) {}
    void add(uint64_t key, uint64_t times) {
        Entry& e = entries_[place(key)];
        if (!e.key) {
            e.key = key;
            if (2 * ++size_ > entries_.size()) { e.times += times; grow(); return; }
        }
        e.times += times;
    }
    void add(const KeyCounts& other) {
        for (const Entry& e : other.entries_) if (e.key) add(e.key, e.times);
    }
    // The keys with their counts, in rising order, so that sums over them do not depend on the order of counting.
    std::vector<std::pair<uint64_t, uint64_t>> sorted() const {
        std::vector<std::pair<uint64_t, uint64_t>> all;
        for (const Entry& e : entries_) if (e.key) all.emplace_back(e.key, e.times);
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    struct Entry { uint64_t key = 0, times = 0; };
    std::vector<Entry> entries_;
    size_t size_ = 0;

    size_t place(uint64_t key) const {
        const size_t mask = entries_.size() - 1;
        size_t h = size_t(key * 0x9E3779B97F4A7C15u >> 20) & mask;
        while (entries_[h].key && entries_[h].key != key) h = (h + 1) & mask;
        return h;
    }
    void grow() {
        std::vector<Entry> old(2 * entries_.size());
        old.swap(entries_);
        for (const Entry& e : old) if (e.key) entries_[place(e.key)] = e;
    }
};

// The counts of one thread; the result is the sum over threads.
class Occurrences {
public:
    // Neighbours are counted for the first `described` n-grams only.
    void start(size_t size, size_t described) { raw_.assign(size, 0); described_ = described; }

    // Marks, unless they are null, have a bit for each symbol; n-grams are looked for at those that are set.
    void scan(const uint32_t* text, size_t n, const Patterns& patterns, const uint64_t* marks) {
        auto count = [&](size_t k, size_t length, size_t slot) {
            const size_t index = patterns.place(slot);
            ++raw_[index];
            if (index >= described_) return;
            if (k && text[k - 1]) left_.add(uint64_t(index) << 32 | text[k - 1], 1);
            if (k + length < n && text[k + length]) right_.add(uint64_t(index) << 32 | text[k + length], 1);
        };
        if (marks) patterns.match<false>(text, n, 0, n, count, marks);
        else patterns.match(text, n, 0, n, count);
    }
    void add(const Occurrences& other) {
        for (size_t k = 0; k < raw_.size(); ++k) raw_[k] += other.raw_[k];
        left_.add(other.left_);
        right_.add(other.right_);
    }
    // The counts, and adding such counts; `side` is 0 for left neighbours, 1 for right ones.
    const std::vector<uint64_t>& raw() const { return raw_; }
    std::vector<std::pair<uint64_t, uint64_t>> neighbours(int side) const { return (side ? right_ : left_).sorted(); }
    void add_raw(size_t index, uint64_t times) { raw_.at(index) += times; }
    void add_neighbour(int side, uint64_t key, uint64_t times) {
        if (!key || key >> 32 >= described_) throw std::invalid_argument("no such n-gram");
        (side ? right_ : left_).add(key, times);
    }
    // raw[size]: counts; left[described], right[described]: branching entropies in nats.  Every end of a run counts as
    // a different symbol.
    void result(int64_t* raw, double* left, double* right) const {
        std::copy(raw_.begin(), raw_.end(), raw);
        entropies(left_, left);
        entropies(right_, right);
    }

private:
    std::vector<uint64_t> raw_;
    size_t described_ = 0;
    KeyCounts left_, right_;  // keys: the n-gram and the symbol next to it

    void entropies(const KeyCounts& neighbours, double* out) const {
        for (size_t k = 0; k < described_; ++k) out[k] = raw_[k] ? std::log(double(raw_[k])) : 0.0;
        for (const auto& [key, c] : neighbours.sorted())
            out[key >> 32] -= double(c) * std::log(double(c)) / double(raw_[key >> 32]);
    }
};

}  // namespace nlpzero::counting
