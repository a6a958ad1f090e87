// Suffix links of a finished count tree (see ngrams.hpp), and the statistics of n-grams that are read off along them.
//
// The link of an n-gram is its place without its first symbol, one level down.  What is done along links is done by
// *pieces* of second symbols: the links of all n-grams whose second symbol is in the piece lead to n-grams that begin
// with it, which lie side by side.  So a piece works on one small stretch of the level below, whatever the tree's size,
// and threads that work on different pieces never meet.
//
//     level n      a: [b.. c.. d..]   b: [a.. c.. e..]   c: [b.. c.. d..]        the n-grams with c second: one stretch
//                        |__|               |__|               |__|              below each first symbol
//     level n - 1                     c: [..........]                            where their links lead
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tree.hpp"

namespace nlpzero {

// First symbols [first, stop), and for each of them where its pairs with a second symbol of the piece begin and end.
struct PieceView {
    size_t first, stop;
    const uint32_t *from, *to;
};

// N-grams from the first to the one before last, of the n-gram that is visited.
struct Path {
    size_t node[MAX_ORDER];
    uint32_t count[MAX_ORDER];
};

// One bit a node, set by any thread.
inline bool bit_of(const uint8_t* bits, size_t i) { return __atomic_load_n(&bits[i >> 3], __ATOMIC_RELAXED) >> (i & 7) & 1; }
inline void set_bit(uint8_t* bits, size_t i) { __atomic_fetch_or(&bits[i >> 3], uint8_t(1u << (i & 7)), __ATOMIC_RELAXED); }

class LinkedTree {
public:
    // link[l] is filled for levels 2 and up, as far as they are used; suffixes[l] (l - 1 numbers a node): counts of what
    // is left of an n-gram without its first one, two, ... symbols, down to two symbols.
    std::vector<LevelView> tree;
    std::vector<uint32_t*> link, suffixes;

    // starts[k * size + x]: where the pairs of first symbol x begin whose second symbol is at place bounds[k] or later.
    void cut(const uint32_t* bounds, size_t n, uint32_t* starts) const {
        const size_t size = tree[0].size;
        for (size_t x = 0; x < size; ++x) {
            const uint32_t *at = tree[1].symbol + tree[0].begin_of(x), *const end = tree[1].symbol + tree[0].end[x];
            for (size_t k = 0; k < n; ++k) {
                at = bounds[k] < size ? std::lower_bound(at, end, tree[0].symbol[bounds[k]]) : end;
                starts[k * size + x] = uint32_t(at - tree[1].symbol);
            }
        }
    }

    // Fill in link[l] and suffixes[l] (unless it is null).
    void fill(int l, const PieceView& piece) const {
        visit<false>(l, piece, 0, [](const Path&) {}, [&](const Path&, size_t i, size_t j) {
            link[l][i] = uint32_t(j);
            if (!suffixes[l]) return;
            uint32_t* const mine = suffixes[l] + i * (l - 1);
            mine[0] = tree[l - 1].count[j];
            for (int k = 1; k < l - 1; ++k) mine[k] = suffixes[l - 1][j * (l - 2) + k - 1];
        });
    }

    // Mark n-grams of level l that came min_count times and whose PMI is at least min_pmi nats as chosen, and with what
    // they begin with as needed.
    void choose(int l, const PieceView& piece, double total, uint32_t min_count, double min_pmi, uint8_t* chosen,
                const std::vector<uint8_t*>& needed) const {
        visit<true>(l, piece, min_count, [](const Path&) {}, [&](const Path& path, size_t i, size_t j) {
            if (!(pmi(l, path, i, j, total) >= min_pmi)) return;
            set_bit(chosen, i);
            set_bit(needed[l], i);
            for (int k = l - 1; k > 0 && !bit_of(needed[k], path.node[k]); --k) set_bit(needed[k], path.node[k]);
        });
    }

    // What is wanted of some n-grams: places that rise, and room for the answers.
    struct Wanted {
        const uint32_t* node;
        size_t size;
        const uint32_t *begin() const { return node; }
        const uint32_t *end() const { return node + size; }
    };

    // The PMI of n-grams of level l; for n-grams of level l - 1 the sums of c ln c over what stands before and after them.
    // Places [low, high) of level l - 1 are those that begin with the piece's symbols.
    void measure(int l, const PieceView& piece, double total, size_t low, size_t high, Wanted here, double* pmi_of,
                 Wanted above, double* left, double* right) const {
        std::vector<double> table(FEW);
        for (uint32_t c = 2; c < FEW; ++c) table[c] = c * std::log(double(c));
        auto c_log_c = [&](uint32_t c) { return c < FEW ? table[c] : c * std::log(double(c)); };
        std::vector<uint32_t> place(above.size ? high - low : 0, 0);  // 1 + the place among those that are wanted
        for (const uint32_t* p = std::lower_bound(above.begin(), above.end(), low); p != above.end() && *p < high; ++p)
            place[*p - low] = uint32_t(p - above.begin() + 1);
        const uint32_t *next = here.begin(), *parent = above.begin();
        auto skip = [](const uint32_t*& p, const uint32_t* end, size_t node) {  // to the first that is not below `node`
            if (p != end && *p < node) p = std::lower_bound(p + 1, end, node);
            return p != end && *p == node;
        };
        const LevelView& level = tree[l];
        auto add_right = [&](size_t node) {
            if (!skip(parent, above.end(), node)) return;
            double& sum = right[parent - above.begin()];
            for (size_t i = tree[l - 1].begin_of(node); i < tree[l - 1].end[node]; ++i) sum += c_log_c(level.count[i]);
        };
        // A single symbol has its pairs in all pieces; the piece that it is in itself adds them up.
        for (size_t x = std::max(piece.first, low); l == 1 && x < std::min(piece.stop, high); ++x) add_right(x);
        visit<true>(l, piece, 0,
            [&](const Path& path) { if (l > 1) add_right(path.node[l - 1]); },
            [&](const Path& path, size_t i, size_t j) {
                if (!place.empty())
                    if (const uint32_t k = place[j - low]) left[k - 1] += c_log_c(level.count[i]);
                if (next != here.end() && *next <= i && skip(next, here.end(), i))
                    pmi_of[next - here.begin()] = pmi(l, path, i, j, total);
            });
    }

private:
    static constexpr uint32_t FEW = 1024;

    size_t place_of(uint32_t symbol) const {  // of a symbol on level 0, which has all of them
        if (symbol - 1 < tree[0].size && tree[0].symbol[symbol - 1] == symbol) return symbol - 1;
        return size_t(std::lower_bound(tree[0].symbol, tree[0].symbol + tree[0].size, symbol) - tree[0].symbol);
    }

    // PMI in nats of node i of level l, the smallest over split points: ln c(x) N / (c(prefix) c(suffix)).
    double pmi(int l, const Path& path, size_t i, size_t j, double total) const {
        double worst = double(path.count[0]) * double(tree[l - 1].count[j]);
        for (int k = 1; k < l - 1; ++k)  // without the first k + 1 symbols, l - k are left
            worst = std::max(worst, double(path.count[k]) * double(suffixes[l - 1][j * (l - 2) + k - 1]));
        if (l > 1) worst = std::max(worst, double(path.count[l - 1]) * double(tree[0].count[place_of(tree[l].symbol[i])]));
        return std::log(double(tree[l].count[i]) * total / worst);
    }

    // The first of the symbols [from, to), which rise, that is not below `symbol`; without branches to guess.
    static const uint32_t* search(const uint32_t* from, const uint32_t* to, uint32_t symbol) {
        for (size_t n = size_t(to - from); n; ) {
            const size_t half = (n + 1) / 2;
            from += (from[half - 1] < symbol) * half;
            n -= half;
        }
        return from;
    }

    // open(path) for every n-gram of level l - 1 in the piece; then found(path, i, j) for each of its continuations that
    // came min_count times: its place and its link.  Links that are filled in are used if they are `known`.
    template <bool known, class Open, class Found>
    void visit(int l, const PieceView& piece, uint32_t min_count, Open&& open, Found&& found) const {
        Path path;
        auto at_end = [&](size_t begin, size_t end) {
            const LevelView& level = tree[l];
            open(path);
            if (l == 1 || (known && size_t(l) + 1 < tree.size())) {
                for (size_t i = begin; i < end; ++i)
                    if (level.count[i] >= min_count) found(path, i, l == 1 ? place_of(level.symbol[i]) : size_t(link[l][i]));
                return;
            }
            const size_t q = l == 2 ? place_of(tree[1].symbol[path.node[1]]) : link[l - 1][path.node[l - 1]];
            const uint32_t* const base = tree[l - 1].symbol;
            const uint32_t *from = base + tree[l - 2].begin_of(q), *const to = base + tree[l - 2].end[q];
            for (size_t i = begin; i < end; ++i) {
                if (level.count[i] < min_count) continue;
                from = search(from, to, level.symbol[i]);
                found(path, i, size_t(from - base));
            }
        };
        for (size_t x = piece.first; x < piece.stop; ++x) {
            if (piece.from[x] == piece.to[x]) continue;
            path.node[0] = x;
            path.count[0] = tree[0].count[x];
            descend(1, l, piece.from[x], piece.to[x], path, at_end);
        }
    }
    template <class AtEnd>
    void descend(int at, int l, size_t begin, size_t end, Path& path, AtEnd& at_end) const {
        if (at == l) {
            at_end(begin, end);
            return;
        }
        const LevelView& level = tree[at];
        for (size_t i = begin, first = level.begin_of(begin); i < end; first = level.end[i++]) {
            if (first == level.end[i]) continue;
            path.node[at] = i;
            path.count[at] = level.count[i];
            descend(at + 1, l, first, level.end[i], path, at_end);
        }
    }
};

// From sums of c ln c to branching entropies in nats.  Every run end is a symbol of its own, and what the tree lost to
// pruning counts as symbols that came once: neither adds to the sum.
inline void finish_entropies(const uint32_t* count, size_t n, double* sum) {
    for (size_t k = 0; k < n; ++k) {
        const double c = count[k];
        sum[k] = std::log(c) - sum[k] / c;
    }
}

// For each of the nodes the first place in `end` with a greater number; both rise.
inline void parents_of(const uint32_t* end, size_t size, const uint32_t* node, size_t n, uint32_t* place) {
    size_t p = 0;
    for (size_t i = 0; i < n; ++i) {
        while (p < size && end[p] <= node[i]) ++p;
        place[i] = uint32_t(p);
    }
}

}  // namespace nlpzero
