// What each piece is worth: what its absence costs, or what its presence would save.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lattice.hpp"

namespace nlpzero::vocabulary {

constexpr int FOLDS = 4;

class VocabularySearch : public VocabularyLattice {
public:
    // A block is whole lines of at least this many symbols; `spread` counts blocks.
    VocabularySearch(const VocabularyText& source, const std::vector<uint8_t>& lonely,
                     const std::vector<std::u32string>& wanted, uint32_t min_count, int longest, bool bytes, bool fallback,
                     uint32_t block_symbols)
        : VocabularyLattice(source, CandidateFinder(source.text, lonely, min_count, longest).find(wanted), bytes, fallback) {
        saved.assign(size_t(ids()) * FOLDS, 0);
        spread.assign(size_t(ids()) * FOLDS, 0);
        open_.assign(ids(), {0, NONE});
        uint32_t filled = 0;
        for (const Line& line : lines_) {
            if (fold.empty() || filled >= block_symbols) {
                fold.push_back(uint8_t(fold.size() % FOLDS));
                block_begin.push_back(line.begin);
                filled = 0;
            }
            filled += line.end - line.begin;
        }
    }

    std::vector<float> saved;      // tokens (or bits) in each fold, one row of FOLDS a piece
    std::vector<uint32_t> spread;  // in how many blocks of each fold
    std::vector<uint8_t> fold;     // of each block
    std::vector<uint32_t> block_begin;

    // One pass over the text: uses of the present pieces, and what they are worth or, with `absent`, what the others are.
    void run(bool absent) {
        begin_pass();
        std::fill(saved.begin(), saved.end(), 0.0f);
        std::fill(spread.begin(), spread.end(), 0);
        least_ = price.token > 0 ? 0.5 : 0;
        last_end_.assign(absent ? first_symbol_ : 0, 0);
        if (absent) estimate_absent();
        size_t edge = 0;
        block_ = 0;
        for (const Line& line : lines_) {
            while (block_ + 1 < block_begin.size() && block_begin[block_ + 1] <= line.begin) ++block_;
            solve(line);
            if (absent)
                gains(line, edge);
            else
                losses(line);
        }
        for (uint32_t id = 0; id < ids(); ++id) {
            close(id);
            open_[id].second = NONE;
        }
        end_pass();
    }

private:
    void add(uint32_t id, double value) {
        auto& [sum, block] = open_[id];
        if (block != block_) {
            close(id);
            block = block_;
            sum = 0;
        }
        sum += float(least_ > 0 ? std::round(value) : value);
    }

    void close(uint32_t id) {
        const auto [sum, block] = open_[id];
        if (block == NONE) return;
        saved[size_t(id) * FOLDS + fold[block]] += sum;
        ++spread[size_t(id) * FOLDS + fold[block]];
    }

    // What the path would cost without one of its pieces: it is cut inside, or longer pieces cover it.
    void losses(const Line& line) {
        const uint32_t n = line.end - line.begin;
        const double best = b_[0];
        first_step_.resize(n + 1);
        for (uint32_t t = 0, i = 0; i <= n; ++i) {
            while (t < path_.size() && path_[t].begin < i) ++t;
            first_step_[i] = t;
        }
        for (Step& s : path_) {
            if (s.end - s.begin == 1) s.other = f_[s.begin] + spelled_[text_[line.begin + s.begin]] + b_[s.end];
            for (uint32_t k = s.begin + 1; k < s.end; ++k) s.other = std::min(s.other, f_[k] + b_[k]);
        }
        const uint32_t* edge = active_.data() + line.active;
        for (uint32_t i = 0; i < n; ++i) {
            const uint32_t first = first_step_[i];
            for (const uint32_t* end = edge + active_at_[line.begin + i]; edge < end; ++edge) {
                const uint32_t j = i + (*edge & LENGTH_MASK);
                if (first >= path_.size() || path_[first].end > j) continue;
                const double v = f_[i] + cost_[*edge >> LENGTH_BITS] + b_[j];
                for (uint32_t t = first; t < path_.size() && path_[t].end <= j; ++t)
                    if (path_[t].begin != i || path_[t].end != j) path_[t].other = std::min(path_[t].other, v);
            }
        }
        for (const Step& s : path_)
            if (s.other < FAR && s.other - best > least_) add(s.id, s.other - best);
    }

    void estimate_absent() {
        absent_.resize(first_prefix_);
        for (uint32_t id = 0; id < first_prefix_; ++id) absent_[id] = cost_of(0.5 * count(id));
    }

    // What the path would cost through pieces that are absent; places of one piece do not overlap.
    void gains(const Line& line, size_t& edge) {
        const double best = b_[0];
        for (uint32_t p = line.begin; p < line.end; ++p) {
            const uint32_t i = p - line.begin, one = first_symbol_ + text_[p];
            if (!present[one] && !is_byte(text_[p])) {
                const double v = best - (f_[i] + absent_[one] + b_[i + 1]);
                if (v > least_) add(one, v);
            }
            for (const size_t end = edge + c_.at[p]; edge < end; ++edge) {
                const uint32_t id = c_.edges[edge] >> LENGTH_BITS, j = i + (c_.edges[edge] & LENGTH_MASK);
                const double v = best - (f_[i] + absent_[id] + b_[j]);
                if (v <= least_ || slot_[id] != NONE || last_end_[id] > p) continue;
                last_end_[id] = line.begin + j;
                add(id, v);
            }
        }
    }

    std::vector<std::pair<float, uint32_t>> open_;  // what was saved in the block that is read
    std::vector<uint32_t> last_end_, first_step_;
    std::vector<double> absent_;
    uint32_t block_ = 0;
    double least_ = 0;
};

}  // namespace nlpzero::vocabulary
