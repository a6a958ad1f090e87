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

// How often each symbol is next to each n-gram, on both sides (0: left, 1: right).  New occurrences are collected, sorted,
// and merged into the lists of those that have been counted; a hash table takes twice the memory and time.
class Neighbours {
public:
    // (n-gram << 32 | symbol, count) in rising order
    using Counted = std::vector<std::pair<uint64_t, uint64_t>>;

    // A symbol of 0 is the end of a run, which is not counted.
    void add(uint32_t ngram, uint32_t left, uint32_t right) {
        if (narrow_.size() + wide_.size() == most_recent_) make_room();
        if (std::max(left, right) <= 0xFFFF) narrow_.emplace_back(ngram, left, right);
        else wide_.emplace_back(ngram, left, right);
        ngrams_ = std::max(ngrams_, ngram + 1);
        symbols_ = std::max({symbols_, left + 1, right + 1});
    }
    void add(int side, uint64_t key, uint64_t times) { added_[side].emplace_back(key, times); }
    void add(const Neighbours& other) {
        for (int side = 0; side < 2; ++side)
            for (const Counted* counts : {&other.counted_[side], &other.added_[side]})
                added_[side].insert(added_[side].end(), counts->begin(), counts->end());
        other.each_recent([this](uint32_t ngram, uint32_t left, uint32_t right) { add(ngram, left, right); });
        if (!added_[0].empty() || !added_[1].empty()) collect();
    }
    const Counted& counted(int side) {
        collect();
        return counted_[side];
    }
    // Call each(side, n-gram, symbol, count) for all that occur at least `least` times, for each n-gram and side in rising
    // order of the symbols, so that sums do not depend on the order of counting.
    template <class Each>
    void visit(uint64_t least, Each&& each) {
        if (counted_[0].empty() && counted_[1].empty() && added_[0].empty() && added_[1].empty())
            return count_recent(least, true, each);
        for (int side = 0; side < 2; ++side)
            for (const auto& [key, times] : counted(side))
                if (times >= least) each(side, uint32_t(key >> 32), uint32_t(key), times);
    }

private:
    // Made in its place by a constructor: a copy of what was just written in parts waits for these stores.
    template <class Symbol>
    struct Occurrence {
        uint32_t ngram;
        Symbol left, right;
        Occurrence(uint32_t ngram, uint32_t left, uint32_t right) : ngram(ngram), left(Symbol(left)), right(Symbol(right)) {}
    };
    static constexpr size_t LEAST_RECENT = size_t(1) << 20;
    std::vector<Occurrence<uint16_t>> narrow_;  // recent occurrences: those whose symbols have 16 bits, and others
    std::vector<Occurrence<uint32_t>> wide_;
    size_t most_recent_ = 0;
    uint32_t ngrams_ = 0, symbols_ = 0;  // one more than the largest numbers that were added
    std::array<Counted, 2> added_, counted_;

    void make_room() {
        if (most_recent_) collect();
        most_recent_ = std::max(LEAST_RECENT, (counted_[0].size() + counted_[1].size()) / 2);
        narrow_.reserve(most_recent_);
    }
    void collect() {
        if (most_recent_) {
            std::array<Counted, 2> distinct;
            count_recent(1, false, [&](int side, uint32_t ngram, uint32_t symbol, uint64_t times) {
                distinct[side].emplace_back(uint64_t(ngram) << 32 | symbol, times);
            });
            for (int side = 0; side < 2; ++side) merge(counted_[side], distinct[side]);
        }
        for (int side = 0; side < 2; ++side) {
            if (added_[side].empty()) continue;
            std::sort(added_[side].begin(), added_[side].end());
            merge(counted_[side], added_[side]);
            Counted().swap(added_[side]);
        }
    }
    // Merge sorted counts, in which a key may be repeated.
    static void merge(Counted& counted, const Counted& other) {
        Counted all;
        all.reserve(counted.size() + other.size());
        auto put = [&](const std::pair<uint64_t, uint64_t>& entry) {
            if (all.empty() || all.back().first != entry.first) all.push_back(entry);
            else all.back().second += entry.second;
        };
        auto a = counted.begin();
        for (const auto& entry : other) {
            for (; a != counted.end() && a->first <= entry.first; ++a) put(*a);
            put(entry);
        }
        for (; a != counted.end(); ++a) put(*a);
        counted.swap(all);
    }
    // Sort the recent occurrences by n-gram, by counting, and count the symbols of each n-gram in a small table.
    template <class Each>
    void each_recent(Each&& each) const {
        for (const auto& found : narrow_) each(found.ngram, found.left, found.right);
        for (const auto& found : wide_) each(found.ngram, found.left, found.right);
    }
    template <class Each>
    void count_recent(uint64_t least, bool keep, Each&& each) {
        if (wide_.empty()) count_recent_as<uint16_t>(least, keep, each);
        else count_recent_as<uint32_t>(least, keep, each);
    }
    template <class Symbol, class Each>
    void count_recent_as(uint64_t least, bool keep, Each&& each) {
        std::vector<uint32_t> end(ngrams_), times(symbols_), reached;
        each_recent([&](uint32_t ngram, uint32_t, uint32_t) { ++end[ngram]; });
        uint32_t sum = 0;
        for (uint32_t& n : end) sum += std::exchange(n, sum);
        std::vector<std::array<Symbol, 2>> sorted(narrow_.size() + wide_.size());
        each_recent([&](uint32_t ngram, uint32_t left, uint32_t right) {
            sorted[end[ngram]++] = {Symbol(left), Symbol(right)};
        });
        if (!keep) {
            decltype(narrow_)().swap(narrow_);
            decltype(wide_)().swap(wide_);
            most_recent_ = 0;
        }
        for (uint32_t ngram = 0, first = 0; ngram < ngrams_; first = end[ngram++]) {
            if (end[ngram] - first < least) continue;
            for (int side = 0; side < 2; ++side) {
                reached.clear();  // the symbols that are often enough
                for (uint32_t k = first; k < end[ngram]; ++k)
                    if (const uint32_t symbol = sorted[k][side]; ++times[symbol] == least && symbol) reached.push_back(symbol);
                std::sort(reached.begin(), reached.end());
                for (const uint32_t symbol : reached) each(side, ngram, symbol, uint64_t(times[symbol]));
                for (uint32_t k = first; k < end[ngram]; ++k) times[sorted[k][side]] = 0;
            }
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
                neighbours_.add(uint32_t(index), begin ? text[begin - 1] : 0, end < n ? text[end] : 0);
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
        neighbours_.add(other.neighbours_);
    }
    // The counts, and adding such counts; `side` is 0 for left neighbours, 1 for right ones.
    const std::vector<uint64_t>& raw() const { return raw_; }
    const Neighbours::Counted& neighbours(int side) { return neighbours_.counted(side); }
    void add_raw(size_t index, uint64_t times) { raw_.at(index) += times; }
    void add_neighbour(int side, uint64_t key, uint64_t times) {
        if (!key || key >> 32 >= described_) throw std::invalid_argument("no such n-gram");
        neighbours_.add(side, key, times);
    }
    // raw[size]: counts; left[described], right[described]: branching entropies in nats.  Every end of a run counts as
    // a different symbol.
    void result(int64_t* raw, double* left, double* right) {
        std::copy(raw_.begin(), raw_.end(), raw);
        std::array<double, 1024> logs;  // of most counts
        for (size_t c = 1; c < logs.size(); ++c) logs[c] = nlpzero::log(double(c));
        auto log_of = [&](uint64_t c) { return c < logs.size() ? logs[c] : nlpzero::log(double(c)); };
        for (size_t k = 0; k < described_; ++k) left[k] = right[k] = raw_[k] ? log_of(raw_[k]) : 0.0;
        neighbours_.visit(2, [&](int side, uint32_t ngram, uint32_t, uint64_t c) {
            (side ? right : left)[ngram] -= double(c) * log_of(c) / double(raw_[ngram]);
        });
    }

private:
    static constexpr size_t WAIT = 128;
    std::vector<uint64_t> raw_;
    size_t described_ = 0;
    Neighbours neighbours_;
};

}  // namespace nlpzero::counting
