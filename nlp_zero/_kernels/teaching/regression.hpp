// Ridge logistic regression by iteratively reweighted least squares.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../common/elementary.hpp"
#include "../common/portable.hpp"

namespace nlpzero::teaching {

// Solve a x = b for a symmetric positive definite matrix (rows of n; overwritten); x replaces b.
inline void solve_cholesky(std::vector<double>& a, std::vector<double>& b) {
    const size_t n = b.size();
    for (size_t j = 0; j < n; ++j) {
        for (size_t i = j; i < n; ++i) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
        }
    }
    for (size_t i = 0; i < n; ++i) {
        for (size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
}

constexpr size_t STEP = 4;  // numbers that are processed together; rows of matrices are filled up to a multiple

// Add N rows to the slope and the curvature of the log likelihood, each number in the order of the rows; `x` is scratch
// space of N rows of `stride`.
template <int N>
NLP_ZERO_HOT void add_block(const float* rows, const uint8_t* label, size_t width, size_t stride, const double* weight,
                            double* __restrict x, double* __restrict slope, double* __restrict curve) {
    double z[N] = {}, away[N], spread[N];
    for (int r = 0; r < N; ++r) std::copy_n(rows + size_t(r) * width, width, x + size_t(r) * stride);
    for (size_t j = 0; j < width; ++j)
        for (int r = 0; r < N; ++r) z[r] += weight[j] * x[size_t(r) * stride + j];
    for (int r = 0; r < N; ++r) {
        const double p = 1 / (1 + nlpzero::exp(-z[r]));
        away[r] = label[r] - p;
        spread[r] = p * (1 - p);
    }
    for (size_t j = 0; j < width; ++j) {
        double s[N];
        for (int r = 0; r < N; ++r) {
            slope[j] += away[r] * x[size_t(r) * stride + j];
            s[r] = spread[r] * x[size_t(r) * stride + j];
        }
        double* const __restrict row = curve + j * stride;
        for (size_t k = 0; k <= j; k += STEP) {
            double sum[STEP];
            for (size_t lane = 0; lane < STEP; ++lane) sum[lane] = row[k + lane];
            for (int r = 0; r < N; ++r)
                for (size_t lane = 0; lane < STEP; ++lane) sum[lane] += s[r] * x[size_t(r) * stride + k + lane];
            for (size_t lane = 0; lane < STEP; ++lane) row[k + lane] = sum[lane];
        }
    }
}

// Add the slope and the curvature of the log likelihood of all rows; of the curvature, only the lower triangle is right.
NLP_ZERO_HOT void add_rows_here(const float* rows, const uint8_t* label, size_t count, size_t width,
                                const double* weight, double* slope, double* curve) {
    constexpr size_t BLOCK = 4;  // rows: sums are loaded and stored once for all of them
    const size_t stride = (width + STEP - 1) / STEP * STEP;
    std::vector<double> x(BLOCK * stride, 0.0);
    size_t r = 0;
    for (; r + BLOCK <= count; r += BLOCK)
        add_block<BLOCK>(rows + r * width, label + r, width, stride, weight, x.data(), slope, curve);
    for (; r < count; ++r) add_block<1>(rows + r * width, label + r, width, stride, weight, x.data(), slope, curve);
}
#if defined(NLP_ZERO_TARGET) && !defined(_GLIBCXX_ASSERTIONS)  // not in the debug build
#define NLP_ZERO_AVX2 NLP_ZERO_TARGET("avx2")
NLP_ZERO_AVX2 inline void add_rows_avx2(const float* rows, const uint8_t* label, size_t count, size_t width,
                                        const double* weight, double* slope, double* curve) {
    add_rows_here(rows, label, count, width, weight, slope, curve);
}
#endif
inline void add_rows(const float* rows, const uint8_t* label, size_t count, size_t width, const double* weight,
                     double* slope, double* curve) {
#ifdef NLP_ZERO_AVX2
    if (has_avx2()) return add_rows_avx2(rows, label, count, width, weight, slope, curve);
#endif
    add_rows_here(rows, label, count, width, weight, slope, curve);
}

// Weights that maximise the log likelihood of labels 0 and 1 minus ridge / 2 times the sum of squared weights.  `rows` has
// `count` rows of `width` numbers.
inline std::vector<double> regress_logistic(const float* rows, const uint8_t* label, size_t count, size_t width, double ridge,
                                            int iterations) {
    const size_t stride = (width + STEP - 1) / STEP * STEP;
    std::vector<double> weight(width, 0.0), slope(width), wide, curve(width * width);
    for (int round = 0; round < iterations; ++round) {
        for (size_t j = 0; j < width; ++j) slope[j] = -ridge * weight[j];
        wide.assign(width * stride, 0.0);
        for (size_t j = 0; j < width; ++j) wide[j * stride + j] = ridge;
        add_rows(rows, label, count, width, weight.data(), slope.data(), wide.data());
        for (size_t j = 0; j < width; ++j) std::copy_n(&wide[j * stride], width, &curve[j * width]);
        solve_cholesky(curve, slope);
        for (size_t j = 0; j < width; ++j) weight[j] += slope[j];
    }
    return weight;
}

}  // namespace nlpzero::teaching
