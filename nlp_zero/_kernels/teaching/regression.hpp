// Ridge logistic regression by iteratively reweighted least squares.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "../common/elementary.hpp"
#include <vector>

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

// Weights that maximise the log likelihood of labels 0 and 1 minus ridge / 2 times the sum of squared weights.  `rows` has
// `count` rows of `width` numbers.
inline std::vector<double> regress_logistic(const float* rows, const uint8_t* label, size_t count, size_t width, double ridge,
                                            int iterations) {
    std::vector<double> weight(width, 0.0), slope(width), curve(width * width);
    for (int round = 0; round < iterations; ++round) {
        for (size_t j = 0; j < width; ++j) slope[j] = -ridge * weight[j];
        curve.assign(width * width, 0.0);
        for (size_t j = 0; j < width; ++j) curve[j * width + j] = ridge;
        for (size_t r = 0; r < count; ++r) {
            const float* x = rows + r * width;
            double z = 0;
            for (size_t j = 0; j < width; ++j) z += weight[j] * x[j];
            const double p = 1 / (1 + nlpzero::exp(-z)), away = label[r] - p, spread = p * (1 - p);
            for (size_t j = 0; j < width; ++j) {
                slope[j] += away * x[j];
                const double s = spread * x[j];
                for (size_t k = 0; k <= j; ++k) curve[j * width + k] += s * x[k];
            }
        }
        solve_cholesky(curve, slope);
        for (size_t j = 0; j < width; ++j) weight[j] += slope[j];
    }
    return weight;
}

}  // namespace nlpzero::teaching
