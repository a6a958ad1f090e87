// The value of each piece: the cost of its absence, or the saving by its presence.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "lattice.hpp"

namespace nlpzero::vocabulary {

constexpr int FOLDS = PARTS;  // the parts are the folds

class VocabularySearch : public VocabularyLattice {
public:
    // A block is whole lines of at least this many symbols; `spread` counts blocks.
    VocabularySearch(const VocabularyText& source, const std::vector<uint8_t>& lonely,
                     const std::vector<std::u32string>& wanted, uint32_t min_count, int longest, bool bytes,
                     bool fallback, uint32_t block_symbols)
        : VocabularyLattice(source, CandidateFinder(source.text, lonely, min_count, longest).find(wanted), bytes,
                            fallback) {
        saved.assign(size_t(ids()) * FOLDS, 0);
        spread.assign(size_t(ids()) * FOLDS, 0);
        std::vector<uint8_t> folds;
        uint32_t filled = 0;
        for (const Line& line : lines_) {
            if (folds.empty() || filled >= block_symbols) {
                folds.push_back(uint8_t(folds.size() % FOLDS));
                block_begin.push_back(line.begin);
                filled = 0;
            }
            filled += line.end - line.begin;
            block_.push_back(uint32_t(folds.size() - 1));
        }
        set_folds(folds);
    }

    std::vector<float> saved;      // tokens (or bits) saved in each fold; a row for each fold
    std::vector<uint32_t> spread;  // number of blocks of each fold with a saving
    std::vector<uint32_t> block_begin;

    const std::vector<uint8_t>& folds() const { return fold_; }  // of each block

    void set_folds(const std::vector<uint8_t>& folds) {
        fold_ = folds;
        for (auto& lines : part_lines_) lines.clear();
        for (uint32_t k = 0; k < lines_.size(); ++k) part_lines_[fold_[block_[k]]].push_back(k);
        if (pieces_.empty()) return;
        begin_activation();
        for (int part = 0; part < PARTS; ++part) activate(part);
    }

    // A pass over the text counts the uses of the present pieces, and measures their value or, with `absent`, that of
    // the others: `begin_pass`, then `run` for each fold, in any order or at the same time, then `end_pass`.
    void begin_pass(bool absent) {
        VocabularyLattice::begin_pass();
        std::fill(saved.begin(), saved.end(), 0.0f);
        std::fill(spread.begin(), spread.end(), 0);
        least_ = price.token > 0 ? 0.5 : 0;
        passes_.assign(FOLDS, {});
        if (absent) estimate_absent();
    }

    void run(int fold, bool absent) {
        Pass w;
        prepare(w);
        w.open.assign(absent ? ids() : w.uses.size(), {0, NONE, 0});
        w.saved = saved.data() + size_t(fold) * ids();
        w.spread = spread.data() + size_t(fold) * ids();
        for (uint32_t k : part_lines_[fold]) {
            const Line& line = lines_[k];
            const uint32_t* edge = active_[fold].data() + line.active;
            solve(line, edge, w);
            if (absent)
                add_gains(line, block_[k], w);
            else
                add_losses(line, edge, block_[k], w);
        }
        for (uint32_t k = 0; k < w.open.size(); ++k) close(absent ? k : id_of(k), w.open[k], w);
        passes_[fold] = std::move(static_cast<Scratch&>(w));
    }

    void end_pass() {
        for (const Scratch& w : passes_) add_part(w);
        VocabularyLattice::end_pass();
    }

private:
    static constexpr size_t AHEAD = 24;  // edges between the prefetch of a piece and its use

    // The saving of a piece in the current block, the number of the block, and the end of the last occurrence.
    struct Open { float sum; uint32_t block, end; };

    struct Pass : Scratch {
        std::vector<Open> open;  // of each piece: by `Step::piece`, or by id if the absent ones are measured
        std::vector<uint32_t> first_step;
        float* saved = nullptr;
        uint32_t* spread = nullptr;
    };

    void add(uint32_t id, Open& open, uint32_t block, double value, Pass& w) const {
        if (open.block != block) {
            close(id, open, w);
            open.sum = 0;
            open.block = block;
        }
        open.sum += float(least_ > 0 ? std::round(value) : value);
    }

    static void close(uint32_t id, const Open& open, Pass& w) {
        if (open.block == NONE) return;
        w.saved[id] += open.sum;
        ++w.spread[id];
    }

    // Add, for each piece of the path, the additional cost without it: a cut inside the piece, or longer pieces over
    // it.
    void add_losses(const Line& line, const uint32_t* edge, uint32_t block, Pass& w) const {
        const uint32_t n = line.end - line.begin;
        const double *f = w.f.data(), *b = w.b.data(), best = b[0];
        w.first_step.resize(n + 1);
        for (uint32_t t = 0, i = 0; i <= n; ++i) {
            while (t < w.path.size() && w.path[t].begin < i) ++t;
            w.first_step[i] = t;
        }
        for (Step& s : w.path) {
            if (s.end - s.begin == 1) s.other = f[s.begin] + spelled_[text_[line.begin + s.begin]] + b[s.end];
            for (uint32_t k = s.begin + 1; k < s.end; ++k) s.other = std::min(s.other, f[k] + b[k]);
        }
        for (uint32_t i = 0; i < n; ++i) {
            const uint32_t first = w.first_step[i];
            for (const uint32_t* end = edge + active_at_[line.begin + i]; edge < end; ++edge) {
                const uint32_t j = i + (*edge & LENGTH_MASK);
                if (first >= w.path.size() || w.path[first].end > j) continue;
                const double v = f[i] + cost_[*edge >> LENGTH_BITS] + b[j];
                for (uint32_t t = first; t < w.path.size() && w.path[t].end <= j; ++t)
                    if (w.path[t].begin != i || w.path[t].end != j) w.path[t].other = std::min(w.path[t].other, v);
            }
        }
        for (const Step& s : w.path)
            if (s.other < FAR && s.other - best > least_) add(id_of(s.piece), w.open[s.piece], block, s.other - best, w);
    }

    void estimate_absent() {
        absent_.resize(first_prefix_);
        for (uint32_t id = 0; id < first_prefix_; ++id)
            absent_[id] = id < first_symbol_ && slot_[id] != NONE ? FAR : cost_of(0.5 * count(id));
    }

    // Add, for each absent piece, the saving of a path through it; occurrences of one piece must not overlap.
    void add_gains(const Line& line, uint32_t block, Pass& w) const {
        const double *f = w.f.data(), *b = w.b.data(), best = b[0];
        uint64_t edge = line.edge;
        for (uint32_t p = line.begin; p < line.end; ++p) {
            const uint32_t i = p - line.begin, one = first_symbol_ + text_[p];
            if (!present[one] && !is_byte(text_[p])) {
                const double v = best - (f[i] + absent_[one] + b[i + 1]);
                if (v > least_) add(one, w.open[one], block, v, w);
            }
            for (const uint64_t end = edge + c_.at[p]; edge < end; ++edge) {
                const uint32_t id = c_.edges[edge] >> LENGTH_BITS, j = i + (c_.edges[edge] & LENGTH_MASK);
                if (edge + AHEAD < c_.edges.size()) prefetch(&absent_[c_.edges[edge + AHEAD] >> LENGTH_BITS]);
                const double v = best - (f[i] + absent_[id] + b[j]);
                if (v <= least_) continue;
                Open& open = w.open[id];
                if (open.end > p) continue;
                open.end = line.begin + j;
                add(id, open, block, v, w);
            }
        }
    }

    std::vector<uint8_t> fold_;
    std::vector<uint32_t> block_;  // of each line
    std::vector<Scratch> passes_;
    std::vector<double> absent_;  // the cost of each piece, estimated; FAR if it is in the lattice
    double least_ = 0;
};

}  // namespace nlpzero::vocabulary
