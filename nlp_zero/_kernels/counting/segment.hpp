// Cutting encoded text with patterns, and counting the pieces.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "patterns.hpp"

namespace nlpzero::counting {

// How often each pattern occurs as a piece, by slot of the pattern; slot 0 is unused.  All threads add to one table.
struct PieceTimes {
    std::vector<uint32_t> times;  // the lower 32 bits
    bool shared = false;          // whether several threads use it
    explicit PieceTimes(size_t slots) : times(slots, 0) {}
    void add(uint32_t slot, uint32_t n) {
        const uint32_t sum = shared ? atomic_add(&times[slot], n) : times[slot] += n;
        if (sum < n) carry(slot, 1);
    }
    void add_wide(uint32_t slot, uint64_t n) {
        add(slot, uint32_t(n));
        if (n >> 32) carry(slot, n >> 32);
    }
    // The upper bits of the few pieces that need more than 32: slots and multiples of 2^32.
    std::unordered_map<uint32_t, uint64_t>& carries() { return carries_; }

private:
    std::unordered_map<uint32_t, uint64_t> carries_;
    std::mutex guard_;
    void carry(uint32_t slot, uint64_t n) {
        const std::lock_guard<std::mutex> lock(guard_);
        carries_[slot] += n;
    }
};

// The counts of one thread.
class PieceCounts {
public:
    uint64_t tokens = 0, symbols = 0;  // pieces of any kind, and the symbols of the text

    void start(std::shared_ptr<PieceTimes> table) {
        table_ = std::move(table);
        recent_.assign(RECENT, {});
    }
    const std::shared_ptr<PieceTimes>& table() const { return table_; }
    // Count a piece.  Counts of recent pieces are collected in a small cache, so that threads seldom write to the same
    // frequent entry of the table.  A piece that leaves the cache is added once its memory has been prefetched.
    void count(uint32_t slot) {
        Times& last = recent_[slot & (RECENT - 1)];
        if (last.slot == slot) { ++last.times; return; }
        postpone(last);
        last = {slot, 1};
    }
    void finish() {
        for (Times& last : recent_) { postpone(last); last = {}; }
        for (Times& waiting : waiting_) { table_->add(waiting.slot, waiting.times); waiting = {}; }
    }
    void count_longer(const uint32_t* piece, size_t size) { ++longer_[std::u32string(piece, piece + size)]; }

    // Add the counts of another thread that are not in the shared table.
    void add(PieceCounts& other) {
        tokens += other.tokens;
        symbols += other.symbols;
        other.tokens = other.symbols = 0;
        if (longer_.empty()) longer_.swap(other.longer_);
        for (const auto& [piece, count] : other.longer_) longer_[piece] += count;
        other.longer_.clear();
    }
    void add(const uint32_t* slots, const uint64_t* times, size_t n) {
        for (size_t k = 0; k < n; ++k) {
            if (slots[k] >= table_->times.size()) throw std::invalid_argument("no such pattern");
            table_->add_wide(slots[k], times[k]);
        }
    }
    void add_longer(const uint32_t* piece, size_t size, uint64_t times) {
        longer_[std::u32string(piece, piece + size)] += times;
    }

    // List the longer pieces that occur at least min_count times, in the order of their symbols: all symbols
    // concatenated, lengths and counts.
    void list_longer(uint64_t min_count, std::vector<uint32_t>& symbols, std::vector<uint32_t>& lengths,
                     std::vector<uint64_t>& counts) const {
        using Entry = std::pair<const std::u32string, uint64_t>;
        std::vector<const Entry*> kept;
        for (const auto& entry : longer_) if (entry.second >= min_count) kept.push_back(&entry);
        std::sort(kept.begin(), kept.end(), [](const Entry* a, const Entry* b) { return a->first < b->first; });
        for (const auto* entry : kept) {
            symbols.insert(symbols.end(), entry->first.begin(), entry->first.end());
            lengths.push_back(uint32_t(entry->first.size()));
            counts.push_back(entry->second);
        }
    }

private:
    struct Times { uint32_t slot = 0, times = 0; };
    static constexpr size_t WAIT = 32, RECENT = 1 << 12;
    std::shared_ptr<PieceTimes> table_;
    std::vector<Times> recent_;
    std::array<Times, WAIT> waiting_{};
    size_t at_ = 0;
    std::unordered_map<std::u32string, uint64_t> longer_;  // pieces longer than the order of the tree

    // Prefetch the table's entry, and add an entry that was postponed earlier.
    void postpone(const Times& entry) {
        if (!entry.times) return;
        prefetch_to_write(&table_->times[entry.slot]);
        Times& waiting = waiting_[at_++ % WAIT];
        table_->add(waiting.slot, waiting.times);
        waiting = entry;
    }
};

// Cut by joining: patterns that overlap belong to one piece.  A piece that is not itself a pattern is counted only if
// it is longer than the order and every n-gram of that order in it is a pattern (the backtracking rule).
inline void cut_by_joining(const uint32_t* text, size_t n, const Patterns& patterns, PieceCounts& out) {
    constexpr size_t GROUP = 512;
    struct Longest { uint32_t length, slot; } longest[GROUP];
    const size_t order = patterns.order();
    size_t begin = 0, end = 0;  // the open piece
    Longest whole = {0, 0};     // the longest pattern at its begin
    size_t full_until = 0;      // every order-gram that begins in [begin, full_until) is a pattern
    auto close = [&] {
        const size_t size = end - begin;
        if (!size) return;
        ++out.tokens;
        if (size == whole.length) out.count(whole.slot);
        else if (size > order && full_until + order > end) out.count_longer(text + begin, size);
    };
    for (size_t group = 0; group < n; group += GROUP) {
        const size_t size = std::min(GROUP, n - group);
        for (size_t k = 0; k < size; ++k) longest[k] = {0, 0};
        patterns.match(text, n, group, size, [&](size_t k, size_t length, size_t slot) {
            longest[k] = {uint32_t(length), uint32_t(slot)};
        });
        for (size_t k = 0; k < size; ++k) {
            const size_t i = group + k;
            const Longest here = longest[k];
            if (!text[i] || i >= end) {
                close();
                begin = end = full_until = i + (text[i] == 0);
                if (!text[i]) continue;
                whole = here;
                end = i + 1;
            }
            if (full_until == i && here.length == order) ++full_until;
            end = std::max(end, i + here.length);
        }
    }
    close();
    out.finish();
}

// Cut each run so that the sum of the scores of its pieces is greatest; ties go to fewer pieces, then to the longer
// first piece.  The score of a single symbol that is not a pattern is `unknown`.
inline void cut_by_score(const uint32_t* text, size_t n, const Patterns& patterns, double unknown, PieceCounts& out) {
    constexpr size_t GROUP = 512;  // symbols that are matched together, or one run if it is longer
    constexpr uint32_t NONE = ~0u;
    struct State { double score; uint32_t pieces, length, slot; };
    const size_t order = patterns.order();
    std::vector<State> best;
    std::vector<uint32_t> slots;  // by position and length: the pattern, or NONE
    for (size_t group = 0, next; group < n; group = next) {
        for (next = group; next < n && (next - group < GROUP || text[next - 1]); ++next) {}
        const size_t size = next - group;
        slots.assign(size * order, NONE);
        best.resize(size + 1);
        patterns.match(text, n, group, size, [&](size_t k, size_t length, size_t slot) {
            slots[k * order + length - 1] = uint32_t(slot);
        });
        best[size] = {0, 0, 0, NONE};
        for (size_t k = size; k-- > 0;) {
            if (!text[group + k]) { best[k] = {0, 0, 1, NONE}; continue; }  // the end of a run
            const uint32_t* const here = &slots[k * order];
            const State& after = best[k + 1];
            const double single = here[0] == NONE ? unknown : patterns.score(here[0]);
            State top = {after.score + single, after.pieces + 1, 1, here[0]};
            for (size_t length = 2; length <= order; ++length) {
                if (here[length - 1] == NONE) continue;
                const State& rest = best[k + length];
                const double score = rest.score + patterns.score(here[length - 1]);
                if (score > top.score || (score == top.score && rest.pieces + 1 <= top.pieces))
                    top = {score, rest.pieces + 1, uint32_t(length), here[length - 1]};
            }
            best[k] = top;
        }
        for (size_t k = 0; k < size; k += best[k].length) {
            if (best[k].slot != NONE) out.count(best[k].slot);
            out.tokens += text[group + k] != 0;
        }
    }
    out.finish();
}

}  // namespace nlpzero::counting
