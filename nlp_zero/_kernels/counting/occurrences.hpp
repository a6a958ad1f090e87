// Counting the occurrences of given n-grams in text, and the symbols next to them.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../common/elementary.hpp"
#include "patterns.hpp"

namespace nlpzero::counting {

// Counts of 64-bit keys.  New keys are collected, sorted, and merged into the list of those that have been counted; a
// hash table of them takes twice the memory and time.
class KeyCounts {
public:
    using Counted = std::vector<std::pair<uint64_t, uint64_t>>;  // keys and counts

    void add(uint64_t key) {
        recent_.push_back(key);
        if (recent_.size() >= std::max(LEAST_RECENT, counted_.size() / 2)) collect();
    }
    void add(uint64_t key, uint64_t times) { added_.emplace_back(key, times); }
    void add(const KeyCounts& other) {
        added_.insert(added_.end(), other.counted_.begin(), other.counted_.end());
        added_.insert(added_.end(), other.added_.begin(), other.added_.end());
        for (const uint64_t key : other.recent_) add(key);
        collect();
    }
    // All keys with their counts, in rising order, so that sums over them do not depend on the order of counting.
    const Counted& collect() {
        if (!recent_.empty()) {
            sort(recent_);
            Counted distinct;
            for (const uint64_t key : recent_) {
                if (distinct.empty() || distinct.back().first != key) distinct.emplace_back(key, 0);
                ++distinct.back().second;
            }
            std::vector<uint64_t>().swap(recent_);
            merge(std::move(distinct));
        }
        if (!added_.empty()) {
            std::sort(added_.begin(), added_.end());
            Counted added;
            added.swap(added_);
            merge(std::move(added));
        }
        return counted_;
    }

private:
    static constexpr size_t LEAST_RECENT = size_t(1) << 17;
    std::vector<uint64_t> recent_;
    Counted added_, counted_;

    // Merge sorted counts, in which a key may be repeated.
    void merge(Counted&& other) {
        Counted all;
        all.reserve(counted_.size() + other.size());
        auto put = [&](const std::pair<uint64_t, uint64_t>& entry) {
            if (all.empty() || all.back().first != entry.first) all.push_back(entry);
            else all.back().second += entry.second;
        };
        auto a = counted_.begin();
        for (const auto& entry : other) {
            for (; a != counted_.end() && a->first <= entry.first; ++a) put(*a);
            put(entry);
        }
        for (; a != counted_.end(); ++a) put(*a);
        counted_.swap(all);
    }
    // A radix sort from the lowest digit; digits that all keys share are left out.
    static void sort(std::vector<uint64_t>& keys) {
        constexpr int DIGIT = 11, PASSES = 6;
        constexpr uint64_t MASK = (uint64_t(1) << DIGIT) - 1;
        std::vector<uint64_t> scratch(keys.size());
        std::array<std::array<size_t, MASK + 1>, PASSES> places{};
        for (const uint64_t key : keys)
            for (int pass = 0; pass < PASSES; ++pass) ++places[pass][key >> (pass * DIGIT) & MASK];
        for (int pass = 0; pass < PASSES; ++pass) {
            auto& place = places[pass];
            if (place[keys[0] >> (pass * DIGIT) & MASK] == keys.size()) continue;
            size_t sum = 0;
            for (size_t& n : place) sum += std::exchange(n, sum);
            for (const uint64_t key : keys) scratch[place[key >> (pass * DIGIT) & MASK]++] = key;
            keys.swap(scratch);
        }
    }
};

// The counts of one thread; the result is the sum over threads.
class Occurrences {
public:
    // Neighbours are counted for the first `described` n-grams only.
    void start(size_t size, size_t described) { raw_.assign(size, 0); described_ = described; }

    // Marks, unless they are null, have a bit for each symbol; n-grams are looked for at those that are set.
    void scan(const uint32_t* text, size_t n, const Patterns& patterns, const uint64_t* marks) {
        // Occurrences are counted many at a time, each step of all before the next one, so that cache misses overlap.
        struct Place { size_t begin, end, index; };
        Place waiting[WAIT];
        size_t m = 0;
        auto count = [&] {
            for (size_t j = 0; j < m; ++j) prefetch_to_write(&raw_[waiting[j].index = patterns.place(waiting[j].index)]);
            for (size_t j = 0; j < m; ++j) {
                const auto [begin, end, index] = waiting[j];
                ++raw_[index];
                if (index >= described_) continue;
                if (begin && text[begin - 1]) left_.add(uint64_t(index) << 32 | text[begin - 1]);
                if (end < n && text[end]) right_.add(uint64_t(index) << 32 | text[end]);
            }
            m = 0;
        };
        auto find = [&](size_t k, size_t length, size_t slot) {
            patterns.prefetch_place(slot);
            waiting[m++] = {k, k + length, slot};
            if (m == WAIT) count();
        };
        if (marks) patterns.match<false>(text, n, 0, n, find, marks);
        else patterns.match(text, n, 0, n, find);
        count();
    }
    void add(const Occurrences& other) {
        for (size_t k = 0; k < raw_.size(); ++k) raw_[k] += other.raw_[k];
        left_.add(other.left_);
        right_.add(other.right_);
    }
    // The counts, and adding such counts; `side` is 0 for left neighbours, 1 for right ones.
    const std::vector<uint64_t>& raw() const { return raw_; }
    const KeyCounts::Counted& neighbours(int side) { return (side ? right_ : left_).collect(); }
    void add_raw(size_t index, uint64_t times) { raw_.at(index) += times; }
    void add_neighbour(int side, uint64_t key, uint64_t times) {
        if (!key || key >> 32 >= described_) throw std::invalid_argument("no such n-gram");
        (side ? right_ : left_).add(key, times);
    }
    // raw[size]: counts; left[described], right[described]: branching entropies in nats.  Every end of a run counts as
    // a different symbol.
    void result(int64_t* raw, double* left, double* right) {
        std::copy(raw_.begin(), raw_.end(), raw);
        entropies(left_, left);
        entropies(right_, right);
    }

private:
    static constexpr size_t WAIT = 128;
    std::vector<uint64_t> raw_;
    size_t described_ = 0;
    KeyCounts left_, right_;  // keys: the n-gram and the symbol next to it

    void entropies(KeyCounts& neighbours, double* out) const {
        for (size_t k = 0; k < described_; ++k) out[k] = raw_[k] ? nlpzero::log(double(raw_[k])) : 0.0;
        for (const auto& [key, c] : neighbours.collect())
            if (c > 1) out[key >> 32] -= double(c) * nlpzero::log(double(c)) / double(raw_[key >> 32]);
    }
};

}  // namespace nlpzero::counting
