// All segmentations of n positions, as edges sorted by start: edge e leads from its start to end[e] > start and has a
// score of score[e] nats.  One pass from the right turns scores into q(e) = P(edge | path passes its start).  Sampling,
// marginals and entropy need only these probabilities, so nothing underflows, however long the text is.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "../common/elementary.hpp"
#include "../common/random.hpp"

namespace nlpzero::tokenization {

struct Lattice {
    size_t n;
    const int64_t* first;  // n + 1 numbers: the edges from position i are first[i] to first[i + 1] - 1
    const int64_t* end;
    const double* score;
    const int32_t* tokens = nullptr;  // number of tokens of each edge; null: one
    int64_t count(int64_t e) const { return tokens ? tokens[e] : 1; }
};

// value = m * 2^(512 e) with m in [2^-256, 2^256) or 0: sums and products of any range without logarithms, by
// rescaling.
struct Wide {
    static constexpr double STEP = 512 * 0.6931471805599453, STEP_REST = 512 * 2.3190468138462996e-17;  // 512 ln 2
    double m = 0;
    int64_t e = 0;
    static Wide of(double value) {
        Wide wide{value, 0};
        wide.normalize();
        return wide;
    }
    static Wide from_log(double nats) {
        if (nats < -1e15) return {0, 0};
        const double k = std::round(nats / STEP);
        return {nlpzero::exp(std::fma(-k, STEP, nats) - k * STEP_REST), int64_t(k)};
    }
    void normalize() {
        if (m >= 0x1p256) { m *= 0x1p-512; ++e; }
        else if (m < 0x1p-256 && m > 0) { m *= 0x1p512; --e; }
    }
    Wide operator*(const Wide& o) const { Wide r{m * o.m, e + o.e}; r.normalize(); return r; }
    void operator+=(const Wide& o) {
        if (o.m == 0) return;
        if (m == 0 || o.e > e + 1) *this = o;
        else if (o.e == e) m += o.m;
        else if (o.e == e + 1) { m = o.m + m * 0x1p-512; e = o.e; }
        else if (o.e == e - 1) m += o.m * 0x1p-512;
        normalize();
    }
    double over(const Wide& o) const {  // this / o, where this <= o
        if (m == 0) return 0;
        return e == o.e ? m / o.m : e == o.e - 1 ? m / o.m * 0x1p-512 : 0;
    }
    double to_log() const { return m == 0 ? -std::numeric_limits<double>::infinity() : nlpzero::log(m) + double(e) * STEP; }
};

// Compute q of every edge from the weights of edges, weigh(e).  Returns ln of the sum over all paths of the products of
// their weights, -inf if there is no path.
template <class Weigh>
double wide_transitions(const Lattice& lattice, double* q, Weigh weigh) {
    std::vector<Wide> sum(lattice.n + 1), term;
    sum[lattice.n] = {1, 0};
    for (size_t i = lattice.n; i-- > 0;) {
        const int64_t lo = lattice.first[i], hi = lattice.first[i + 1];
        term.clear();
        for (int64_t e = lo; e < hi; ++e) {
            term.push_back(weigh(e) * sum[size_t(lattice.end[e])]);
            sum[i] += term.back();
        }
        for (int64_t e = lo; e < hi; ++e)
            q[e] = sum[i].m == 0 ? 0 : hi - lo == 1 ? 1 : term[size_t(e - lo)].over(sum[i]);
    }
    return sum[0].to_log();
}

// The same at inverse temperature alpha: weights are exp(alpha * score).
inline double transitions(const Lattice& lattice, double alpha, double* q) {
    return wide_transitions(lattice, q, [&](int64_t e) { return Wide::from_log(alpha * lattice.score[e]); });
}

// The same for weights that are doubles.  Sums that are at most `reach` positions apart are rescaled together; returns NaN
// if they do not fit into doubles together.  `sum` is memory for the sums.
inline double plain_transitions(const Lattice& lattice, const double* weight, size_t reach, double* q,
                                std::vector<double>& sum) {
    sum.resize(lattice.n + 1);
    sum[lattice.n] = 1;
    double scaled = 0;  // exponent of the powers of 2 that were factored out
    for (size_t i = lattice.n; i-- > 0;) {
        const int64_t lo = lattice.first[i], hi = lattice.first[i + 1];
        double total = q[lo] = weight[lo] * sum[size_t(lattice.end[lo])];
        for (int64_t e = lo + 1; e < hi; ++e) total += q[e] = weight[e] * sum[size_t(lattice.end[e])];
        if (hi - lo == 1) q[lo] = 1;
        else for (int64_t e = lo; e < hi; ++e) q[e] /= total;
        sum[i] = total;
        if (total < 0x1p-400 || total > 0x1p400) {
            const double power = total > 1 ? -400 : 400;
            const double scale = total > 1 ? 0x1p-400 : 0x1p400;
            bool fits = total > 0x1p-900 && total < 0x1p900;
            scaled -= power;
            for (size_t j = i; j <= lattice.n && j <= i + reach; ++j) {
                sum[j] *= scale;
                fits &= sum[j] < 0x1p900;
            }
            if (!fits) return std::numeric_limits<double>::quiet_NaN();
        }
    }
    return nlpzero::log(sum[0]) + scaled * 0.6931471805599453;
}

// Compute the probability that a path passes each position (visits, n + 1) and each edge; returns the entropy in nats.
template <bool want_entropy = true>
double marginals(const Lattice& lattice, const double* q, double* visits, double* edges) {
    std::fill_n(visits, lattice.n + 1, 0.0);
    visits[0] = 1;
    double entropy = 0;
    for (size_t i = 0; i < lattice.n; ++i) {
        if (visits[i] == 0) { std::fill(edges + lattice.first[i], edges + lattice.first[i + 1], 0.0); continue; }
        for (int64_t e = lattice.first[i]; e < lattice.first[i + 1]; ++e) {
            edges[e] = visits[i] * q[e];
            visits[lattice.end[e]] += edges[e];
            if (want_entropy && q[e] > 0 && q[e] < 1) entropy -= edges[e] * nlpzero::log(q[e]);
        }
    }
    return entropy;
}

// Draw one path exactly; calls add(edge) for each of its edges.
template <class Add>
void draw(const Lattice& lattice, const double* q, Stream& stream, Add add) {
    for (size_t i = 0; i < lattice.n;) {
        int64_t e = lattice.first[i], chosen = -1;
        const int64_t last = lattice.first[i + 1];
        if (last - e == 1) chosen = e;
        else {
            double left = stream.uniform();
            for (; e < last; ++e) {
                if (q[e] > 0) chosen = e;  // the last possible edge also gets the rounding error
                if ((left -= q[e]) < 0) break;
            }
        }
        if (chosen < 0) throw std::invalid_argument("no path of edges leads from 0 to n.");
        add(chosen);
        i = size_t(lattice.end[chosen]);
    }
}

// The best path from a position to the end.
struct Suffix {
    double score = -std::numeric_limits<double>::infinity();
    double slack = std::numeric_limits<double>::infinity();   // how much worse the best path with another first edge is
    int64_t tokens = 0;
    int64_t edge = -1;  // the first one
};

// Find the best paths from all positions; ties go to fewer tokens, then to the longer first token.
inline std::vector<Suffix> best_suffixes(const Lattice& lattice) {
    std::vector<Suffix> suffixes(lattice.n + 1);
    suffixes[lattice.n].score = 0;
    for (size_t i = lattice.n; i-- > 0;) {
        Suffix& from = suffixes[i];
        double top = -std::numeric_limits<double>::infinity(), second = top;
        for (int64_t e = lattice.first[i]; e < lattice.first[i + 1]; ++e) {
            const Suffix& rest = suffixes[size_t(lattice.end[e])];
            const double sum = lattice.score[e] + rest.score;
            if (sum == -std::numeric_limits<double>::infinity()) continue;
            const int64_t count = rest.tokens + lattice.count(e);
            bool better = from.edge < 0 || sum > top;
            if (!better && sum == top)
                better = count != from.tokens ? count < from.tokens : lattice.end[e] > lattice.end[from.edge];
            second = better ? top : std::max(second, sum);
            if (better) { top = sum; from.tokens = count; from.edge = e; }
        }
        from.score = top;
        if (from.edge >= 0) from.slack = top - second;
    }
    return suffixes;
}

// Find the `limit` best paths, in order (score, then fewer tokens, then the one found first).  Every path but the best
// one follows a better path up to some position, then takes another edge, then the best suffix; each is generated once,
// from the path that it shares the longest prefix with.
inline std::vector<std::vector<int64_t>> n_best(const Lattice& lattice, size_t limit) {
    const std::vector<Suffix> suffixes = best_suffixes(lattice);
    double rounding = 1;  // more than what sums of scores are rounded by
    for (const Suffix& x : suffixes) if (std::isfinite(x.score)) rounding = std::max(rounding, std::abs(x.score));
    rounding *= 1e-9;
    // `sum` and `passed`: the score and the tokens of the first `place` edges of the parent, which `edge` follows.
    struct Deviation { double score; int64_t tokens; uint64_t order; int64_t parent; size_t place; int64_t edge; double sum; int64_t passed; };
    auto worse = [](const Deviation& a, const Deviation& b) {
        if (a.score != b.score) return a.score < b.score;
        return a.tokens != b.tokens ? a.tokens > b.tokens : a.order > b.order;
    };
    auto better = [&](const Deviation& a, const Deviation& b) { return worse(b, a); };
    std::vector<Deviation> wait;   // a heap with the best on top
    std::vector<Deviation> bound;  // the `limit` best so far, a heap with the worst on top; worse paths are dropped
    std::vector<std::vector<int64_t>> paths;
    if (!limit || (lattice.n && suffixes[0].edge < 0)) return paths;
    uint64_t order = 0;
    auto offer = [&](const Deviation& d) {
        if (bound.size() >= limit) {
            if (!worse(bound.front(), d)) return;
            std::pop_heap(bound.begin(), bound.end(), better);
            bound.pop_back();
        }
        bound.push_back(d); std::push_heap(bound.begin(), bound.end(), better);
        wait.push_back(d); std::push_heap(wait.begin(), wait.end(), worse);
    };
    offer({suffixes[0].score, suffixes[0].tokens, order++, -1, 0, -1, 0, 0});
    double most = std::numeric_limits<double>::infinity();  // slack at which another edge can lead to one of the best paths
    while (!wait.empty() && paths.size() < limit) {
        std::pop_heap(wait.begin(), wait.end(), worse);
        const Deviation d = wait.back();
        wait.pop_back();
        std::vector<int64_t> path;
        path.reserve(paths.empty() ? 32 : paths.back().size() + 16);
        size_t at = 0;
        double sum = d.sum;
        int64_t passed = d.passed;
        auto follow = [&](int64_t e) {
            path.push_back(e);
            sum += lattice.score[e];
            passed += lattice.count(e);
            at = size_t(lattice.end[e]);
        };
        if (d.parent >= 0) {
            const auto& parent = paths[size_t(d.parent)];
            path.assign(parent.begin(), parent.begin() + ptrdiff_t(d.place));
            follow(d.edge);
        }
        while (at < lattice.n) {
            const Suffix& best = suffixes[at];
            const bool useful = best.slack <= most && (bound.size() < limit || sum + best.score - best.slack >= bound.front().score - rounding);
            if (useful) for (int64_t e = lattice.first[at]; e < lattice.first[at + 1]; ++e) {
                const Suffix& rest = suffixes[size_t(lattice.end[e])];
                if (e == best.edge || rest.score == -std::numeric_limits<double>::infinity()) continue;
                const double total = sum + (lattice.score[e] + rest.score);
                if (bound.size() >= limit && total < bound.front().score) continue;
                if (total == -std::numeric_limits<double>::infinity()) continue;
                offer({total, passed + lattice.count(e) + rest.tokens, order++, int64_t(paths.size()), path.size(), e, sum, passed});
            }
            follow(best.edge);
        }
        paths.push_back(std::move(path));
        if (bound.size() >= limit) most = suffixes[0].score - bound.front().score + 2 * rounding;
    }
    return paths;
}

}  // namespace nlpzero::tokenization
