// Arithmetic on rows of floats of the sampler.  The width of a row is a multiple of eight, and its memory begins at a
// multiple of 32 bytes.
//
// V is `Fours` or `Eights`.  Sums are held in registers: functions work on groups of columns that fit.  Every column is
// added up in the same order by all processors, so the results are the same.
#pragma once
#include <type_traits>

#include "../common/portable.hpp"

namespace nlpzero::bayes {

// Call f(n, y) for groups of n() columns from y on, as large as fit into registers.
template <class F>
NLP_ZERO_HOT void each_group(int width, F f) {
    int y = 0;
    for (; y + 64 <= width; y += 64) f(std::integral_constant<int, 64>(), y);
    switch (width - y) {
        case 8: return f(std::integral_constant<int, 8>(), y);
        case 16: return f(std::integral_constant<int, 16>(), y);
        case 24: return f(std::integral_constant<int, 24>(), y);
        case 32: return f(std::integral_constant<int, 32>(), y);
        case 40: return f(std::integral_constant<int, 40>(), y);
        case 48: return f(std::integral_constant<int, 48>(), y);
        case 56: return f(std::integral_constant<int, 56>(), y);
    }
}

template <class V>
constexpr int LANES = int(sizeof(typename V::Vector) / sizeof(float));

// N columns of out = row · matrix; the matrix has k rows.
template <class V, int N>
NLP_ZERO_HOT void multiply_columns(const float* __restrict row, const float* __restrict matrix, int k, int width,
                                   float* __restrict out) {
    typename V::Vector sum[N / LANES<V>];
    for (int c = 0; c < N / LANES<V>; ++c) sum[c] = row[0] * vectors<V>(matrix)[c];
    for (int z = 1; z < k; ++z) {
        matrix += width;
        for (int c = 0; c < N / LANES<V>; ++c) sum[c] += row[z] * vectors<V>(matrix)[c];
    }
    for (int c = 0; c < N / LANES<V>; ++c) vectors<V>(out)[c] = sum[c];
}
template <class V>
NLP_ZERO_HOT void multiply(const float* row, const float* matrix, int k, int width, float* out) {
    each_group(width, [&](auto n, int y) NLP_ZERO_HOT_LAMBDA {
        multiply_columns<V, n()>(row, matrix + y, k, width, out + y);
    });
}

// N columns of out = sum of x[l] * b(l) * g(l) over the lengths l from 1; the rows of b go backwards, those of g forwards.
template <class V, int N>
NLP_ZERO_HOT void add_lengths(const float* __restrict x, const float* __restrict b, const float* __restrict g,
                              int longest, int width, float* __restrict out) {
    typename V::Vector sum[N / LANES<V>];
    for (int c = 0; c < N / LANES<V>; ++c) sum[c] = x[1] * vectors<V>(b)[c] * vectors<V>(g)[c];
    for (int l = 2; l <= longest; ++l) {
        b -= width;
        g += width;
        for (int c = 0; c < N / LANES<V>; ++c) sum[c] += x[l] * vectors<V>(b)[c] * vectors<V>(g)[c];
    }
    for (int c = 0; c < N / LANES<V>; ++c) vectors<V>(out)[c] = sum[c];
}

// N columns of gamma = sum of x[l] * o(l) * g(l) over the lengths l from 1; the products with b are added to eight lanes
// for each length.
template <class V, int N>
NLP_ZERO_HOT void add_spans(const float* __restrict x, const float* __restrict o, const float* __restrict g,
                            const float* __restrict b, int longest, int width, float* __restrict gamma,
                            float* __restrict lanes) {
    constexpr int PARTS = 8 / LANES<V>;  // of eight lanes
    typename V::Vector sum[N / LANES<V>] = {};
    for (int l = 1; l <= longest; ++l, o += width, g += width, lanes += 8) {
        typename V::Vector lane[PARTS] = {};
        for (int c = 0; c < N / LANES<V>; ++c) {
            const typename V::Vector v = x[l] * vectors<V>(o)[c] * vectors<V>(g)[c];
            sum[c] += v;
            lane[c % PARTS] += v * vectors<V>(b)[c];
        }
        for (int c = 0; c < PARTS; ++c) vectors<V>(lanes)[c] += lane[c];
    }
    for (int c = 0; c < N / LANES<V>; ++c) vectors<V>(gamma)[c] = sum[c];
}

// Products of a row with a number, in place, and of two rows.
template <class V>
NLP_ZERO_HOT void scale(float* row, float factor, int width) {
    for (int c = 0; c < width / LANES<V>; ++c) vectors<V>(row)[c] *= factor;
}
template <class V>
NLP_ZERO_HOT void multiply_each(const float* a, const float* b, int width, float* __restrict out) {
    for (int c = 0; c < width / LANES<V>; ++c) vectors<V>(out)[c] = vectors<V>(a)[c] * vectors<V>(b)[c];
}

// The sum of a row, by eight independent sums.
template <class V>
NLP_ZERO_HOT float total(const float* row, int width) {
    constexpr int PARTS = 8 / LANES<V>;
    typename V::Vector part[PARTS] = {};
    for (int c = 0; c < width / LANES<V>; c += PARTS)
        for (int p = 0; p < PARTS; ++p) part[p] += vectors<V>(row)[c + p];
    const auto sum = [&](int lane) NLP_ZERO_HOT_LAMBDA { return part[lane / LANES<V>][lane % LANES<V>]; };
    return ((sum(0) + sum(4)) + (sum(2) + sum(6))) + ((sum(1) + sum(5)) + (sum(3) + sum(7)));
}

}  // namespace nlpzero::bayes
