// Cutting encoded text with patterns, and counting the pieces.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "long_pieces.hpp"
#include "patterns.hpp"

namespace nlpzero::counting {

// How often each pattern occurs as a piece, by slot of the pattern; slot 0 is unused.  All threads add to one table.
struct PieceTimes {
    HugeVector<uint32_t> times;  // the lower 32 bits
    bool shared = false;         // whether several threads use it
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
        singles_.assign(SINGLES, 0);
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
    // Count a piece of one symbol.
    void count_single(uint32_t symbol, const Patterns& patterns) {
        if (symbol < SINGLES) ++singles_[symbol];
        else if (symbol < patterns.firsts() && patterns.chosen(symbol)) count(symbol);
    }
    // Note that so many symbols have been cut.  Counts of this thread that wait for the table have 32 bits.
    void advance(uint64_t n, const Patterns& patterns) {
        symbols += n;
        if ((waiting_symbols_ += n) >> 31) finish(patterns);
    }
    // Add to the table what this thread has counted.
    void finish(const Patterns& patterns) {
        for (uint32_t s = 0; s < std::min<size_t>(SINGLES, patterns.firsts()); ++s)
            if (singles_[s] && patterns.chosen(s)) table_->add(s, singles_[s]);
        singles_.assign(SINGLES, 0);
        for (Times& last : recent_) { postpone(last); last = {}; }
        for (Times& waiting : waiting_) { table_->add(waiting.slot, waiting.times); waiting = {}; }
        waiting_symbols_ = 0;
    }
    // Pieces longer than the order of the tree.
    LongPieces longer;

    // Add the counts of another thread that are not in the shared table.
    void add(PieceCounts& other) {
        tokens += other.tokens;
        symbols += other.symbols;
        other.tokens = other.symbols = 0;
        longer.take(other.longer);
    }
    void add(const uint32_t* slots, const uint64_t* times, size_t n) {
        for (size_t k = 0; k < n; ++k) {
            if (slots[k] >= table_->times.size()) throw std::invalid_argument("no such pattern");
            table_->add_wide(slots[k], times[k]);
        }
    }

private:
    struct Times { uint32_t slot = 0, times = 0; };
    static constexpr size_t WAIT = 32, RECENT = 1 << 12, SINGLES = 1 << 15;
    std::shared_ptr<PieceTimes> table_;
    std::vector<Times> recent_;
    std::vector<uint32_t> singles_;  // pieces of the first symbols
    std::array<Times, WAIT> waiting_{};
    size_t at_ = 0;
    uint64_t waiting_symbols_ = 0;  // cut since `finish`

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
//
// A group of whole runs is cut at a time.  Bit k of mask_[l] says whether a pattern of l symbols begins at symbol k of
// the group; from these masks follow, for 64 symbols at once, the gaps that patterns lie across, and the pieces:
//
//     symbols     a b c d e 0        mask_[2]  1 1 0 0 0 0       joined  1 1 0 0 0 0      pieces: abc d e
class Joining {
public:
    Joining(const Patterns& patterns, PieceCounts& out)
        : patterns_(patterns), out_(out), order_(patterns.order()), mask_(order_ + 1) {}

    // Cut text[0, n), which ends with a boundary.  Marks, unless they are null, have a bit for each symbol: those where a
    // pattern of the longest order begins are set.
    void cut(const uint32_t* text, size_t n, uint64_t* marks) {
        for (size_t begin = 0, end; begin < n; begin = end) {
            end = std::min(n, begin + GROUP);
            while (end > begin && text[end - 1]) --end;
            if (end == begin)  // a long run
                for (end = std::min(n, begin + GROUP); end < n && text[end - 1];) ++end;
            match(text + begin, end - begin);
            close(text + begin, end - begin);
            if (!marks) continue;
            for (size_t w = 0; 64 * w < end - begin; ++w) {
                const size_t at = begin + 64 * w;
                const uint64_t bits = mask_[order_][w];
                if (!bits) continue;
                marks[at >> 6] |= bits << (at & 63);
                if (at & 63 && bits >> (64 - (at & 63))) marks[(at >> 6) + 1] |= bits >> (64 - (at & 63));
            }
        }
        out_.longer.flush();
    }

private:
    static constexpr size_t GROUP = 1024;
    using Bits = std::vector<uint64_t>;
    const Patterns& patterns_;
    PieceCounts& out_;
    const size_t order_;
    std::vector<Bits> mask_;       // by length, with a word of zeros at the end
    Bits joined_;                  // whether a pattern lies across the gap after a symbol
    std::vector<uint32_t> slots_;  // of the longest pattern at each symbol that has one

    bool is_pattern(size_t length, size_t k) const { return mask_[length][k >> 6] >> (k & 63) & 1; }

    void match(const uint32_t* text, size_t size) {
        const size_t words = (size + 63) / 64;
        for (Bits& mask : mask_) mask.assign(words + 1, 0);
        if (slots_.size() < size) slots_.resize(size);
        patterns_.match<false>(text, size, 0, size, [&](size_t k, size_t length, size_t slot) {
            mask_[length][k >> 6] |= uint64_t(1) << (k & 63);
            slots_[k] = uint32_t(slot);
        });
        // A pattern lies across the same gaps as two patterns that are one symbol shorter.
        joined_.assign(words + 1, 0);
        uint64_t carry[MAX_ORDER + 1] = {};
        for (size_t w = 0; w < words; ++w) {
            uint64_t longer = 0;
            for (size_t l = order_; l >= 2; --l) {
                const uint64_t bits = mask_[l][w] | longer | longer << 1 | carry[l];
                carry[l] = longer >> 63;
                longer = bits;
            }
            joined_[w] = longer;
        }
    }

    // Count the pieces of a group.
    void close(const uint32_t* text, size_t size) {
        uint64_t before = 0;  // whether the last symbol is joined to the next one
        for (size_t base = 0, w = 0; base < size; base += 64, ++w) {
            const size_t width = std::min<size_t>(64, size - base);
            uint64_t symbols = 0;  // which are not boundaries
            for (size_t j = 0; j < width; ++j) symbols |= uint64_t(text[base + j] != 0) << j;
            const uint64_t joined = joined_[w], begins = symbols & ~(joined << 1 | before);
            before = joined >> 63;
            out_.advance(uint64_t(count_bits(symbols)), patterns_);
            out_.tokens += uint64_t(count_bits(begins));
            for (uint64_t rest = begins & ~joined; rest; rest &= rest - 1)
                out_.count_single(text[base + size_t(lowest_bit(rest))], patterns_);
            for (uint64_t rest = begins & joined; rest; rest &= rest - 1) {
                const size_t j = size_t(lowest_bit(rest)), k = base + j, length = length_of_piece(w, j);
                if (length <= order_ && is_pattern(length, k)) out_.count(slots_[k]);
                else if (length > order_ && is_full(k, length)) out_.longer.postpone(text + k, length);
            }
        }
    }
    size_t length_of_piece(size_t w, size_t j) const {
        const uint64_t open = ~(joined_[w] >> j | joined_[w + 1] << 1 << (63 - j));
        if (open) return size_t(lowest_bit(open)) + 1;
        size_t k = 64 * w + j;
        const size_t begin = k;
        while (joined_[k >> 6] >> (k & 63) & 1) ++k;
        return k - begin + 1;
    }
    bool is_full(size_t k, size_t length) const {
        for (const size_t stop = k + length - order_; k <= stop; ++k) if (!is_pattern(order_, k)) return false;
        return true;
    }
};

inline void cut_by_joining(const uint32_t* text, size_t n, const Patterns& patterns, uint64_t* marks, PieceCounts& out) {
    Joining(patterns, out).cut(text, n, marks);
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
        const auto boundaries = std::count(text + group, text + next, 0u);
        out.advance(size - size_t(boundaries), patterns);
    }
}

}  // namespace nlpzero::counting
