// Suffix links of a finished count tree (see ngrams.hpp), and statistics of n-grams that follow the links.
//
// The link of an n-gram is the place of the n-gram without its first symbol, on the level before.  The work is divided
// into *pieces* of second symbols: the links of all n-grams whose second symbol is in a piece lead to n-grams that
// begin with that symbol, and those are neighbours in memory.  A piece therefore needs one small range of the level
// before, however large the tree is, and threads that work on different pieces never access the same range.
//
//     level n      a: [b.. c.. d..]   b: [a.. c.. e..]   c: [b.. c.. d..]        n-grams whose second symbol is c:
//                        |__|               |__|               |__|              one range for each first symbol
//     level n - 1                     c: [..........]                            targets of their links
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../common/elementary.hpp"
#include "../common/portable.hpp"
#include "tree.hpp"

namespace nlpzero::counting {

// First symbols [first, stop), and for each of them the range of its pairs whose second symbol is in the piece.
struct PieceView {
    size_t first, stop;
    const uint32_t *from, *to;
};

// One bit per node; any thread may set it.
inline bool bit_of(const uint8_t* bits, size_t i) { return atomic_load(&bits[i >> 3]) >> (i & 7) & 1; }
inline void set_bit(uint8_t* bits, size_t i) { atomic_or(&bits[i >> 3], uint8_t(1u << (i & 7))); }

class LinkedTree {
public:
    // link[l] is filled for the levels from 2 that are used.  suffixes[l] has l - 1 numbers per node: the counts of the
    // n-gram without its first one, two, ... symbols, down to two symbols.
    std::vector<LevelView> tree;
    std::vector<uint32_t*> link, suffixes;
    const double* singles = nullptr;  // the counts of level 0, which are the first to need more than 32 bits

    // starts[k * size + x]: the first pair of first symbol x whose second symbol is at place bounds[k] or later.
    void cut(const uint32_t* bounds, size_t n, uint32_t* starts) const {
        const size_t size = tree[0].size;
        for (size_t x = 0; x < size; ++x) {
            const uint32_t* at = tree[1].symbol + tree[0].begin_of(x);
            const uint32_t* const end = tree[1].symbol + tree[0].end[x];
            for (size_t k = 0; k < n; ++k) {
                at = bounds[k] < size ? std::lower_bound(at, end, tree[0].symbol[bounds[k]]) : end;
                starts[k * size + x] = uint32_t(at - tree[1].symbol);
            }
        }
    }

    // Fill in link[l] and suffixes[l] (unless it is null).
    void fill(int l, const PieceView& piece) const {
        each_range(l, piece, [&](const Range* range) {
            const Range above = range[l - 1];
            const LevelView &level = tree[l], &shorter = tree[l - 1];
            for (size_t p = above.begin, i = range[l].begin; p < above.end; ++p) {
                if (i == shorter.end[p]) continue;
                const size_t q = link_of(l - 1, p);
                const uint32_t* const from = shorter.symbol + tree[l - 2].begin_of(q);
                const uint32_t* const to = shorter.symbol + tree[l - 2].end[q];
                for (; i < shorter.end[p]; ++i) {
                    // A search from the last place would have fewer steps, but would wait for it.
                    const size_t j = size_t(search(from, to, level.symbol[i]) - shorter.symbol);
                    link[l][i] = uint32_t(j);
                    if (!suffixes[l]) continue;
                    uint32_t* const counts = suffixes[l] + i * (l - 1);
                    counts[0] = shorter.count[j];
                    for (int k = 1; k < l - 1; ++k) counts[k] = suffixes[l - 1][j * (l - 2) + k - 1];
                }
            }
        });
    }

    // Mark n-grams of level l that occur at least min_count times and whose PMI is at least min_pmi nats as chosen, and
    // mark them and their prefixes as needed.
    void choose(int l, const PieceView& piece, double total, uint32_t min_count, double min_pmi, uint8_t* chosen,
                const std::vector<uint8_t*>& needed) const {
        const double least = nlpzero::exp(min_pmi);
        each_range(l, piece, [&](const Range* range) {
            Path path(*this, l, range);
            for (size_t i = range[l].begin; i < range[l].end; ++i) {
                if (tree[l].count[i] < min_count) continue;
                path.climb(i);
                if (!reaches(ratio(l, path, total), least, min_pmi)) continue;
                set_bit(chosen, i);
                for (int k = l; k > 0 && !bit_of(needed[k], path.node[k]); --k) set_bit(needed[k], path.node[k]);
            }
        });
    }

    // The places of the n-grams to measure, in rising order.
    struct Wanted {
        const uint32_t* node;
        size_t size;
        const uint32_t *begin() const { return node; }
        const uint32_t *end() const { return node + size; }
    };

    // Compute the PMI of n-grams of level l and, for n-grams of level l - 1, the sums of c ln c over the symbols before
    // and after them.  Places [low, high) of level l - 1 are the n-grams that begin with a symbol of the piece.
    void measure(int l, const PieceView& piece, double total, size_t low, size_t high, Wanted here, double* pmi_of,
                 Wanted above, double* left, double* right) const {
        std::vector<double> table(FEW);
        for (uint32_t c = 2; c < FEW; ++c) table[c] = c * nlpzero::log(double(c));
        auto c_log_c = [&](uint32_t c) { return c < FEW ? table[c] : c * nlpzero::log(double(c)); };
        std::vector<uint32_t> place(above.size ? high - low : 0, 0);  // 1 + the place in `above`
        for (const uint32_t* p = std::lower_bound(above.begin(), above.end(), low); p != above.end() && *p < high; ++p)
            place[*p - low] = uint32_t(p - above.begin() + 1);
        const uint32_t *next = here.begin(), *parent = above.begin();
        const LevelView &level = tree[l], &shorter = tree[l - 1];
        auto add_right = [&](size_t begin, size_t end) {  // for the n-grams of `above` in [begin, end)
            for (parent = forward(parent, above.end(), begin); parent != above.end() && *parent < end; ++parent) {
                double& sum = right[parent - above.begin()];
                const size_t stop = shorter.end[*parent];
                for (size_t i = shorter.begin_of(*parent); i < stop; ++i) sum += c_log_c(level.count[i]);
            }
        };
        // The pairs of a single symbol are in all pieces; the piece that contains the symbol itself adds them up.
        if (l == 1) add_right(std::max(piece.first, low), std::max(low, std::min(piece.stop, high)));
        each_range(l, piece, [&](const Range* range) {
            if (l > 1) add_right(range[l - 1].begin, range[l - 1].end);
            for (size_t i = range[l].begin; i < range[l].end && above.size; ++i)
                if (const uint32_t k = place[link_of(l, i) - low]) left[k - 1] += c_log_c(level.count[i]);
            next = forward(next, here.end(), range[l].begin);
            for (Path path(*this, l, range); next != here.end() && *next < range[l].end; ++next) {
                path.climb(*next);
                pmi_of[next - here.begin()] = pmi(l, path, total);
            }
        });
    }

private:
    static constexpr uint32_t FEW = 1024;
    static constexpr double CLOSE = 1e-9;
    struct Range { size_t begin, end; };

    // The current n-gram and its prefixes; they only move forward, within a range.
    struct Path {
        const LinkedTree& links;
        int l;
        size_t node[MAX_ORDER];
        Path(const LinkedTree& links, int l, const Range* range) : links(links), l(l) {
            for (int k = 0; k <= l; ++k) node[k] = range[k].begin;
        }
        void climb(size_t i) {
            node[l] = i;
            for (int k = l - 1; k >= 0; --k) {
                const uint32_t* const end = links.tree[k].end;
                size_t at = node[k], step = 1;
                if (end[at] > node[k + 1]) continue;
                const size_t size = links.tree[k].size;
                for (; at + step < size && end[at + step] <= node[k + 1]; step *= 2) at += step;
                while (end[at] <= node[k + 1]) {  // the first node that ends after it is less than a step away
                    step = std::max<size_t>(step / 2, 1);
                    at += at + step < size && end[at + step] <= node[k + 1] ? step : size_t(step == 1);
                }
                node[k] = at;
            }
        }
        double count(int k) const { return links.count(k, node[k]); }
    };

    size_t place_of(uint32_t symbol) const {  // on level 0, which has all symbols
        if (symbol - 1 < tree[0].size && tree[0].symbol[symbol - 1] == symbol) return symbol - 1;
        return size_t(std::lower_bound(tree[0].symbol, tree[0].symbol + tree[0].size, symbol) - tree[0].symbol);
    }
    size_t link_of(int l, size_t i) const { return l == 1 ? place_of(tree[1].symbol[i]) : link[l][i]; }

    double count(int l, size_t i) const { return l ? double(tree[l].count[i]) : singles[i]; }

    // PMI in nats of an n-gram of level l, the smallest over split points: ln c(x) N / (c(prefix) c(suffix)).
    double pmi(int l, const Path& path, double total) const { return nlpzero::log(ratio(l, path, total)); }

    // Whether ln x is at least `nats`, where `least` is about exp(nats): a logarithm is computed only if it is close.
    static bool reaches(double x, double least, double nats) {
        if (x > least * (1 + CLOSE)) return true;
        return x >= least * (1 - CLOSE) && nlpzero::log(x) >= nats;
    }

    double ratio(int l, const Path& path, double total) const {
        const size_t i = path.node[l], j = link_of(l, i);
        double worst = path.count(0) * count(l - 1, j);
        for (int k = 1; k < l - 1; ++k)  // without the first k + 1 symbols, l - k are left
            worst = std::max(worst, path.count(k) * double(suffixes[l - 1][j * (l - 2) + k - 1]));
        if (l > 1) worst = std::max(worst, path.count(l - 1) * singles[place_of(tree[l].symbol[i])]);
        return double(tree[l].count[i]) * total / worst;
    }

    // The first of the rising symbols [from, to) that is not below `symbol`; a search without branches to predict.
    static const uint32_t* search(const uint32_t* from, const uint32_t* to, uint32_t symbol) {
        for (size_t n = size_t(to - from); n;) {
            const size_t half = (n + 1) / 2;
            from += (from[half - 1] < symbol) * half;
            n -= half;
        }
        return from;
    }
    // The first of [p, end) that is not below `node`; it is usually near.
    static const uint32_t* forward(const uint32_t* p, const uint32_t* end, size_t node) {
        return p == end || *p >= node ? p : std::lower_bound(p + 1, end, node);
    }

    // For each first symbol: work(range), where range[k] are its n-grams of level k in the piece, down to level l.
    template <class Work>
    void each_range(int l, const PieceView& piece, Work&& work) const {
        Range range[MAX_ORDER];
        for (size_t x = piece.first; x < piece.stop; ++x) {
            range[0] = {x, x + 1};
            range[1] = {piece.from[x], piece.to[x]};
            int k = 1;
            for (; k < l && range[k].begin < range[k].end; ++k)
                range[k + 1] = {tree[k].begin_of(range[k].begin), tree[k].end[range[k].end - 1]};
            if (k == l && range[l].begin < range[l].end) work(range);
        }
    }
};

// Turn sums of c ln c into branching entropies in nats.  Every end of a run counts as a different symbol, and so does
// every pruned occurrence; symbols that occur once add nothing to the sum.
inline void finish_entropies(const double* count, size_t n, double* sum) {
    for (size_t k = 0; k < n; ++k) {
        const double c = count[k];
        sum[k] = nlpzero::log(c) - sum[k] / c;
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

}  // namespace nlpzero::counting
