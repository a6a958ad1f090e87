// Unigram Viterbi segmentation; words may have any length.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::bayes {

class UnigramCutter {
public:
    // Words as concatenated symbols, each closed by a 0, and their scores; `unknown` is the score of any other symbol.
    UnigramCutter(const uint32_t* words, size_t n, const double* score, double unknown)
        : unknown_(unknown), word_(1, false), score_(1, 0.0) {
        size_t slots = 64;
        while (slots < 2 * n) slots *= 2;
        edge_.assign(slots, Edge{0, 0, 0});
        uint32_t at = 0, number = 0;
        for (size_t i = 0; i < n; ++i) {
            if (words[i]) { at = child(at, words[i], true); continue; }
            score_[at] = score[number];
            word_[at] = true;
            ++number;
            at = 0;
        }
    }

    // Cut a text; length[i] is the length of the piece that begins at i, else 0.  Ties: fewer pieces, then the longer
    // first one.
    void cut(const uint32_t* text, size_t n, uint32_t* length) {
        best_.assign(n + 1, State{0, 0});
        for (size_t i = n; i-- > 0;) {
            length[i] = 0;
            if (!text[i]) { best_[i] = State{0, 0}; continue; }
            State top = {best_[i + 1].score + unknown_, best_[i + 1].pieces + 1};
            length[i] = 1;
            uint32_t at = 0;
            for (size_t j = i; j < n && text[j] && (at = child(at, text[j], false)); ++j) {
                if (!word_[at]) continue;
                const State& rest = best_[j + 1];
                const double score = rest.score + score_[at];
                if (j > i && (score < top.score || (score == top.score && rest.pieces + 1 > top.pieces))) continue;
                top = {score, rest.pieces + 1};
                length[i] = uint32_t(j - i + 1);
            }
            best_[i] = top;
        }
        for (size_t i = 0; i < n;) {
            const size_t next = i + (length[i] ? length[i] : 1);
            while (++i < next) length[i] = 0;
        }
    }

private:
    struct Edge { uint32_t parent, symbol, node; };
    struct State { double score; uint32_t pieces; };
    double unknown_;
    std::vector<Edge> edge_;
    std::vector<bool> word_;  // by node: whether a word ends there
    std::vector<double> score_;
    std::vector<State> best_;

    uint32_t child(uint32_t parent, uint32_t symbol, bool make) {
        const size_t mask = edge_.size() - 1;
        for (size_t h = ((uint64_t(parent) << 32 | symbol) * 0x9E3779B97F4A7C15u >> 31) & mask;; h = (h + 1) & mask) {
            Edge& e = edge_[h];
            if (e.node && e.parent == parent && e.symbol == symbol) return e.node;
            if (e.node) continue;
            if (!make) return 0;
            e = Edge{parent, symbol, uint32_t(word_.size())};
            word_.push_back(false);
            score_.push_back(0);
            return e.node;
        }
    }
};

}  // namespace nlpzero::bayes
