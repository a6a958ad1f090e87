// Cutting encoded text with the n-grams of a count tree, and counting the pieces.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "tree.hpp"

namespace nlpzero {

// The chosen n-grams of a tree, and all their prefixes, as one hash table from (node, symbol) to the longer node.
// Nodes are numbered through the levels; node 0 is the empty n-gram.
class Patterns {
public:
    struct Edge {  // 16 bytes, the count of pieces included: one cache line serves both
        uint32_t parent, symbol;
        uint32_t node : 30;
        uint32_t chosen : 1;  // the n-gram is itself a pattern, not only the beginning of one
        uint32_t inner : 1;   // longer patterns begin with it
        uint32_t count;       // how often it came as a piece
    };

    // chosen[l][i] != 0 selects node i of level l; score[l] may be null.
    void build(const std::vector<LevelView>& tree, const std::vector<const uint8_t*>& chosen,
               const std::vector<const double*>& score) {
        const size_t order = tree.size();
        std::vector<std::vector<uint8_t>> inner(order);
        size_t edges = 0;
        for (size_t l = order; l-- > 0;) {
            inner[l].assign(tree[l].size, 0);
            for (size_t i = 0; i < tree[l].size; ++i) {
                if (l + 1 < order)
                    for (size_t j = tree[l].begin_of(i); j < tree[l].end[i]; ++j)
                        if (chosen[l + 1][j] || inner[l + 1][j]) { inner[l][i] = 1; break; }
                edges += l > 0 && (chosen[l][i] || inner[l][i]);
            }
        }
        uint32_t largest = 0;
        for (size_t i = 0; i < tree[0].size; ++i) largest = std::max(largest, tree[0].symbol[i]);
        start(edges, largest, score[0] != nullptr);
        size_t base = 1, above = 0;
        for (size_t l = 0; l < order; ++l) {
            for (size_t p = 0, i = 0; i < tree[l].size; ++i) {
                if (l > 0) while (i >= tree[l - 1].end[p]) ++p;
                if (!chosen[l][i] && !inner[l][i]) continue;
                if (base + i >= uint32_t(1) << 30) throw std::length_error("more than 2^30 n-grams");
                const Edge e{uint32_t(l ? above + p : 0), tree[l].symbol[i], uint32_t(base + i), chosen[l][i] != 0, inner[l][i] != 0, 0};
                const size_t slot = l == 0 ? e.symbol : free_slot(e, l == 1);
                edges_[slot] = e;
                if (score[l]) score_[slot] = score[l][i];
            }
            above = base;
            base += tree[l].size;
        }
    }

    Edge* first(uint32_t symbol) {
        return symbol < firsts_ && edges_[symbol].node ? &edges_[symbol] : nullptr;
    }
    // The longer n-gram, or null.  Most pairs of symbols begin no pattern: a small bit table says so without a miss.
    Edge* second(const Edge* e, uint32_t symbol) {
        const size_t h = hash(e->node, symbol);
        return pair_[(h & PAIR_MASK) >> 6] >> (h & 63) & 1 ? find(h, e->node, symbol) : nullptr;
    }
    Edge* next(const Edge* e, uint32_t symbol) { return find(hash(e->node, symbol), e->node, symbol); }
    double score(const Edge* e) const { return score_[size_t(e - edges_.data())]; }

    // counts[node - 1] += how often each pattern came as a piece.
    void add_counts(int64_t* counts) const {
        for (size_t k = 0; k < firsts_ + mask_ + 1; ++k) if (edges_[k].node) counts[edges_[k].node - 1] += edges_[k].count;
    }

    // Fetch what second() will read, some symbols ahead of it.
    void prefetch(uint32_t symbol, uint32_t after) const {
        if (symbol >= firsts_ || !edges_[symbol].inner) return;
        const size_t h = hash(edges_[symbol].node, after);
        if (pair_[(h & PAIR_MASK) >> 6] >> (h & 63) & 1) __builtin_prefetch(&edges_[firsts_ + (h & mask_)]);
    }

private:
    static constexpr size_t PAIR_MASK = (size_t(1) << 22) - 1;
    Buffer<Edge> edges_;  // one for each first symbol, then the hash table
    std::vector<double> score_;
    size_t firsts_ = 0;
    std::vector<uint64_t> pair_;
    size_t mask_ = 0;

    static size_t hash(uint32_t node, uint32_t symbol) {
        const uint64_t x = (uint64_t(node) << 32 | symbol) * 0x9E3779B97F4A7C15u;
        return size_t(x >> 24 ^ x >> 49);
    }
    Edge* find(size_t h, uint32_t node, uint32_t symbol) {
        for (h &= mask_;; h = (h + 1) & mask_) {
            Edge& e = edges_[firsts_ + h];
            if (e.parent == node && e.symbol == symbol) return &e;
            if (!e.node) return nullptr;
        }
    }
    void start(size_t edges, uint32_t largest, bool scored) {
        size_t slots = 64;
        while (slots < 2 * edges) slots *= 2;
        mask_ = slots - 1;
        firsts_ = size_t(largest) + 1;
        edges_.resize_exactly(firsts_ + slots);
        std::memset(static_cast<void*>(edges_.data()), 0, (firsts_ + slots) * sizeof(Edge));
        if (scored) score_.assign(firsts_ + slots, 0);
        pair_.assign((PAIR_MASK + 1) / 64, 0);
    }
    size_t free_slot(const Edge& e, bool pair) {
        size_t h = hash(e.parent, e.symbol);
        if (pair) pair_[(h & PAIR_MASK) >> 6] |= uint64_t(1) << (h & 63);
        for (h &= mask_; edges_[firsts_ + h].node; h = (h + 1) & mask_) {}
        return firsts_ + h;
    }
};

constexpr size_t AHEAD = 12;  // symbols between a prefetch and its use

// What the patterns themselves do not count: pieces longer than the tree is deep, and all tokens.
struct PieceCounts {
    std::unordered_map<std::u32string, uint64_t> longer;
    uint64_t tokens = 0;

    // The longer pieces that came min_count times: their symbols end to end, their lengths and counts.
    void list_longer(uint64_t min_count, std::vector<uint32_t>& symbols, std::vector<uint32_t>& lengths,
                     std::vector<uint64_t>& counts) const {
        for (const auto& [piece, count] : longer) {
            if (count < min_count) continue;
            symbols.insert(symbols.end(), piece.begin(), piece.end());
            lengths.push_back(uint32_t(piece.size()));
            counts.push_back(count);
        }
    }
};

// Cut by longest joining: patterns that overlap belong to one piece.  A piece that is no pattern itself is counted only
// when it is longer than `order` and every n-gram of that order inside it is a pattern (the backtracking rule).
inline void cut_by_joining(const uint32_t* text, size_t n, Patterns& patterns, int order, PieceCounts& out) {
    size_t begin = 0, end = 0;       // the open piece
    Patterns::Edge* whole = nullptr;  // the longest pattern at its begin
    uint32_t length = 0;
    size_t full_until = 0;           // every order-gram that begins in [begin, full_until) is a pattern
    auto close = [&] {
        const size_t size = end - begin;
        if (!size) return;
        ++out.tokens;
        if (size == length) { if (whole) ++whole->count; }
        else if (size > size_t(order) && full_until + order > end)
            ++out.longer[std::u32string(reinterpret_cast<const char32_t*>(text) + begin, size)];
    };
    for (size_t i = 0; i < n; ++i) {
        if (!text[i] || i >= end) {
            close();
            begin = end = i + (text[i] == 0);
            full_until = begin;
            if (!text[i]) continue;
        }
        if (i + AHEAD + 1 < n) patterns.prefetch(text[i + AHEAD], text[i + AHEAD + 1]);
        uint32_t longest = 0;
        Patterns::Edge *pattern = nullptr, *e = patterns.first(text[i]);
        for (size_t j = i; e;) {
            if (e->chosen) { longest = uint32_t(j - i + 1); pattern = e; }
            if (!e->inner || ++j >= n || !text[j]) break;
            e = j == i + 1 ? patterns.second(e, text[j]) : patterns.next(e, text[j]);
        }
        if (i == begin) { whole = pattern; length = longest ? longest : 1; end = i + 1; }
        if (full_until == i && longest == uint32_t(order)) ++full_until;
        end = std::max(end, i + longest);
    }
    close();
}

// Cut each run so that the sum of the pieces' scores is greatest; ties go to fewer pieces, then to the longer first
// piece.  A symbol by itself that is no pattern scores `unknown`.
inline void cut_by_score(const uint32_t* text, size_t n, Patterns& patterns, double unknown, PieceCounts& out) {
    struct State { double score; uint32_t pieces, length; Patterns::Edge* piece; };
    std::vector<State> best;
    for (size_t run = 0; run < n; ++run) {
        size_t end = run;
        while (end < n && text[end]) ++end;
        const size_t size = end - run;
        best.resize(size + 1);
        best[size] = {0, 0, 0, nullptr};
        for (size_t s = size; s-- > 0;) {
            State top = {best[s + 1].score + unknown, best[s + 1].pieces + 1, 1, nullptr};
            Patterns::Edge* e = patterns.first(text[run + s]);
            if (e && e->chosen) { top.score = best[s + 1].score + patterns.score(e); top.piece = e; }
            for (size_t j = s + 1; e && e->inner && j < size; ++j) {
                e = j == s + 1 ? patterns.second(e, text[run + j]) : patterns.next(e, text[run + j]);
                if (!e || !e->chosen) continue;
                const State& rest = best[j + 1];
                const double score = rest.score + patterns.score(e);
                if (score > top.score || (score == top.score && rest.pieces + 1 <= top.pieces))
                    top = {score, rest.pieces + 1, uint32_t(j - s + 1), e};
            }
            best[s] = top;
        }
        for (size_t s = 0; s < size; s += best[s].length) {
            if (best[s].piece) ++best[s].piece->count;
            ++out.tokens;
        }
        run = end;
    }
}

// Counts every occurrence of given n-grams of two or more symbols in text, and which symbols stand beside them.
class Occurrences {
public:
    // n-grams end to end, each closed by a 0; all symbols are at most `largest`.
    Occurrences(const uint32_t* ngrams, size_t n, uint32_t largest) : first_(size_t(largest) + 1, 0), state_(1) {
        size_t count = 0;
        for (size_t i = 0; i < n; ++i) count += ngrams[i] == 0;
        raw_.assign(count, 0);
        size_t slots = 64;
        while (slots < 2 * n) slots *= 2;
        edge_.assign(slots, Edge{0, 0, 0});
        uint32_t index = 0, at = 0;
        for (size_t i = 0; i < n; ++i) {
            if (!ngrams[i]) { state_[at] = ++index; at = 0; continue; }
            if (i + 1 < n && !at && ngrams[i + 1]) pair_[bit(ngrams[i], ngrams[i + 1]) >> 6] |= uint64_t(1) << (bit(ngrams[i], ngrams[i + 1]) & 63);
            if (!at && (i + 1 == n || !ngrams[i + 1])) throw std::invalid_argument("an n-gram of one symbol");
            at = child(at, ngrams[i], true);
        }
    }

    void scan(const uint32_t* text, size_t n) {
        for (size_t i = 0; i + 1 < n; ++i) {
            const size_t b = bit(text[i], text[i + 1]);
            if (!(pair_[b >> 6] >> (b & 63) & 1)) continue;
            uint32_t at = 0;
            for (size_t j = i; j < n && text[j]; ++j) {
                at = child(at, text[j], false);
                if (!at) break;
                const uint32_t index = state_[at];
                if (!index) continue;
                ++raw_[index - 1];
                if (i && text[i - 1]) ++left_[uint64_t(index - 1) << 32 | text[i - 1]];
                if (j + 1 < n && text[j + 1]) ++right_[uint64_t(index - 1) << 32 | text[j + 1]];
            }
        }
    }

    // Counts, and branching entropies in nats; every run end is a symbol of its own.
    void result(uint64_t* raw, double* left, double* right) const {
        for (size_t k = 0; k < raw_.size(); ++k) {
            raw[k] = raw_[k];
            left[k] = right[k] = raw_[k] ? std::log(double(raw_[k])) : 0.0;
        }
        for (const auto& [key, c] : left_) left[key >> 32] -= double(c) * std::log(double(c)) / double(raw_[key >> 32]);
        for (const auto& [key, c] : right_) right[key >> 32] -= double(c) * std::log(double(c)) / double(raw_[key >> 32]);
    }

private:
    struct Edge { uint32_t parent, symbol, node; };
    std::vector<uint32_t> first_;  // node after each first symbol
    std::vector<Edge> edge_;
    std::vector<uint64_t> pair_ = std::vector<uint64_t>(size_t(1) << 16);  // which pairs of symbols may begin an n-gram
    std::vector<uint32_t> state_;  // by node: 1 + index of the n-gram that ends there, or 0
    std::vector<uint64_t> raw_;
    std::unordered_map<uint64_t, uint64_t> left_, right_;

    static size_t bit(uint32_t a, uint32_t b) { return (uint64_t(a) << 32 | b) * 0x9E3779B97F4A7C15u >> 42; }
    uint32_t child(uint32_t parent, uint32_t symbol, bool make) {
        if (symbol >= first_.size()) return 0;
        if (!parent) {
            if (!first_[symbol] && make) first_[symbol] = fresh();
            return first_[symbol];
        }
        const size_t mask = edge_.size() - 1;
        for (size_t h = ((uint64_t(parent) << 32 | symbol) * 0x9E3779B97F4A7C15u >> 31) & mask;; h = (h + 1) & mask) {
            Edge& e = edge_[h];
            if (e.node && e.parent == parent && e.symbol == symbol) return e.node;
            if (e.node) continue;
            if (make) e = {parent, symbol, fresh()};
            return e.node;
        }
    }
    uint32_t fresh() {
        state_.push_back(0);
        return uint32_t(state_.size() - 1);
    }
};

}  // namespace nlpzero
