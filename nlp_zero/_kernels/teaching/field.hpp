// A linear-chain conditional random field over the tags B M E S of one run, with labels that may be unknown in part.
//
// Lafferty, McCallum and Pereira, ICML 2001; unknown labels are summed out as in Tsuboi et al., COLING 2008.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "../common/elementary.hpp"
#include <vector>

namespace nlpzero::teaching {

constexpr int TAGS = 4;
enum Tag : int { B = 0, M = 1, E = 2, S = 3 };  // a word's first, inner and last symbol, and a word of one symbol
constexpr uint8_t ANY = 15;                     // all tags are possible: a set of tags is a mask of bits 1 << tag
constexpr uint8_t FIRST = 1 << B | 1 << S;      // a word begins here
constexpr uint8_t LAST = 1 << E | 1 << S;       // a word ends here

// The pairs of tags that may follow each other, and their place among the transition weights.
constexpr int PAIRS = 8;
constexpr int FROM[PAIRS] = {B, B, M, M, E, E, S, S};
constexpr int TO[PAIRS] = {M, E, M, E, B, S, B, S};

// Scratch space of one thread: probabilities in the linear domain, each row divided by its sum.
struct Chain {
    std::vector<double> emission, alpha, beta, scale;
};

// Log of the sum over all tag sequences of exp(score) that keep to the masks, and the tag marginals (n rows of TAGS) and
// expected numbers of transitions (added to `pairs`, when asked for).  `score` has n rows of TAGS, `follow` one weight
// for each pair.  Returns minus infinity, and leaves the marginals alone, when no sequence keeps to the masks.
inline double sum_sequences(const float* score, const double* follow, const uint8_t* allowed, size_t n, Chain& chain,
                            double* marginal, double* pairs = nullptr) {
    chain.emission.assign(n * TAGS, 0.0);
    chain.alpha.assign(n * TAGS, 0.0);
    chain.beta.assign(n * TAGS, 0.0);
    chain.scale.assign(n, 0.0);
    double step[PAIRS], log_sum = 0;
    for (int p = 0; p < PAIRS; ++p) step[p] = nlpzero::exp(follow[p]);
    for (size_t i = 0; i < n; ++i) {
        uint8_t mask = allowed ? allowed[i] : ANY;
        if (i == 0) mask &= FIRST;
        if (i + 1 == n) mask &= LAST;
        const float* s = score + i * TAGS;
        const double top = *std::max_element(s, s + TAGS);
        double* e = &chain.emission[i * TAGS];
        double* a = &chain.alpha[i * TAGS];
        for (int t = 0; t < TAGS; ++t) e[t] = mask >> t & 1 ? nlpzero::exp(s[t] - top) : 0;
        if (i == 0) std::copy_n(e, TAGS, a);
        else {
            for (int p = 0; p < PAIRS; ++p) a[TO[p]] += a[FROM[p] - TAGS] * step[p];
            for (int t = 0; t < TAGS; ++t) a[t] *= e[t];
        }
        const double sum = (a[0] + a[1]) + (a[2] + a[3]);
        if (!(sum > 0)) return -INFINITY;
        for (int t = 0; t < TAGS; ++t) a[t] /= sum;
        chain.scale[i] = sum;
        log_sum += nlpzero::log(sum) + top;
    }
    std::fill_n(&chain.beta[(n - 1) * TAGS], TAGS, 1.0);
    for (size_t i = n - 1; i > 0; --i) {
        const double* b = &chain.beta[i * TAGS];
        const double* e = &chain.emission[i * TAGS];
        const double* a = &chain.alpha[(i - 1) * TAGS];
        double* out = &chain.beta[(i - 1) * TAGS];
        for (int p = 0; p < PAIRS; ++p) {
            const double flow = step[p] * e[TO[p]] * b[TO[p]] / chain.scale[i];
            out[FROM[p]] += flow;
            if (pairs) pairs[p] += a[FROM[p]] * flow;
        }
    }
    for (size_t k = 0; k < n * TAGS; ++k) marginal[k] = chain.alpha[k] * chain.beta[k];
    return log_sum;
}

}  // namespace nlpzero::teaching
