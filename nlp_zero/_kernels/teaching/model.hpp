// Weights of the field, learnt by AdaGrad (Duchi, Hazan and Singer 2011), one run a step.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../bayes/text.hpp"
#include "../common/huge_pages.hpp"
#include "../common/portable.hpp"
#include "features.hpp"
#include "field.hpp"

namespace nlpzero::teaching {

struct Text { const uint32_t* columns; size_t positions; };  // one column after another
struct Run { uint64_t begin, end; };

struct Work {
    Chain chain;
    std::vector<float> score;
    std::vector<double> free, told;  // marginals without and with the labels
    std::vector<uint32_t> places;
};

class Model {
public:
    Templates templates;
    // Of a feature, by tag: weights, and sums of squared gradients.  They are side by side because they are used together.
    struct Feature { float weight[TAGS], squares[TAGS]; };
    HugeVector<Feature> features;
    double follow[PAIRS] = {0};  // of transitions

    Model(const int32_t* terms, size_t n, int bits) : templates(terms, n, bits), features(size_t(1) << bits) {}

    // Log likelihood of the labels of a run (nats); `free` and `told` become the marginals.  Minus infinity when no tags
    // agree with the labels; `told` then says nothing.
    double compare(const Text& text, Run run, const uint8_t* allowed, Work& work, double* pairs = nullptr) const {
        const size_t n = run.end - run.begin;
        score(text, run, work);
        work.free.resize(n * TAGS);
        work.told.resize(n * TAGS);
        double minus[PAIRS] = {0}, plus[PAIRS] = {0};
        const double all = sum_sequences(work.score.data(), follow, nullptr, n, work.chain, work.free.data(), minus);
        const double some = sum_sequences(work.score.data(), follow, allowed + run.begin, n, work.chain, work.told.data(), plus);
        if (pairs && std::isfinite(some)) for (int p = 0; p < PAIRS; ++p) pairs[p] += plus[p] - minus[p];
        return some - all;
    }

    // The gradient of the log likelihood, added to tables of weights (by feature, then tag) and like `follow`.
    double add_gradient(const Text& text, Run run, const uint8_t* allowed, Work& work, double* table, double* pairs) const {
        const double fit = compare(text, run, allowed, work, pairs);
        if (!std::isfinite(fit)) return fit;
        for (size_t i = 0, n = run.end - run.begin; i < n; ++i)
            for (size_t f = 0; f < templates.size(); ++f)
                for (int t = 0; t < TAGS; ++t)
                    table[size_t(work.places[i * templates.size() + f]) * TAGS + t] += work.told[i * TAGS + t] - work.free[i * TAGS + t];
        return fit;
    }

    // Learn from the labels of some runs: `epochs` passes in an order drawn anew for each, in steps of `rate`.
    void learn(const Text& text, const Run* runs, size_t count, const uint8_t* allowed, int epochs, double rate,
               uint64_t seed) {
        std::vector<uint32_t> order(count);
        for (size_t k = 0; k < count; ++k) order[k] = uint32_t(k);
        Work work;
        for (int epoch = 0; epoch < epochs; ++epoch) {
            bayes::Rng rng(seed, uint64_t(epoch));
            for (size_t k = count; k > 1; --k) std::swap(order[k - 1], order[rng.below(k)]);
            for (uint32_t k : order) step(text, runs[k], allowed, rate, work);
        }
    }

    // Probability that a word begins at each symbol of a run.
    void begins(const Text& text, Run run, float* out, Work& work) const {
        const size_t n = run.end - run.begin;
        score(text, run, work);
        work.free.resize(n * TAGS);
        sum_sequences(work.score.data(), follow, nullptr, n, work.chain, work.free.data());
        for (size_t i = 0; i < n; ++i) out[run.begin + i] = float(work.free[i * TAGS + B] + work.free[i * TAGS + S]);
    }

private:
    static constexpr float DAMPING = 0.01f;  // keeps first steps of rare features small
    double follow_squares_[PAIRS] = {0};

    void score(const Text& text, Run run, Work& work) const {
        const size_t n = run.end - run.begin, width = templates.size();
        work.places.resize(n * width);
        work.score.assign(n * TAGS, 0.0f);
        for (size_t i = 0; i < n; ++i) {
            uint32_t* place = &work.places[i * width];
            templates.fill(text.columns, text.positions, run.begin, run.end, run.begin + i, place);
            for (size_t f = 0; f < width; ++f) prefetch(&features[place[f]]);
        }
        for (size_t i = 0; i < n; ++i) {
            float sum[TAGS] = {0};
            for (size_t f = 0; f < width; ++f) {
                const float* w = features[work.places[i * width + f]].weight;
                for (int t = 0; t < TAGS; ++t) sum[t] += w[t];
            }
            std::copy_n(sum, TAGS, &work.score[i * TAGS]);
        }
    }

    void step(const Text& text, Run run, const uint8_t* allowed, double rate, Work& work) {
        double pairs[PAIRS] = {0};
        if (!std::isfinite(compare(text, run, allowed, work, pairs))) return;  // labels that no sequence keeps to
        const size_t n = run.end - run.begin, width = templates.size();
        for (size_t i = 0; i < n; ++i) {
            float slope[TAGS];
            for (int t = 0; t < TAGS; ++t) slope[t] = float(work.told[i * TAGS + t] - work.free[i * TAGS + t]);
            for (size_t f = 0; f < width; ++f) {
                Feature& feature = features[work.places[i * width + f]];
                for (int t = 0; t < TAGS; ++t) {
                    feature.squares[t] += slope[t] * slope[t];
                    feature.weight[t] += float(rate) * slope[t] / std::sqrt(feature.squares[t] + DAMPING);
                }
            }
        }
        for (int p = 0; p < PAIRS; ++p) {
            const double slope = pairs[p];
            follow_squares_[p] += slope * slope;
            follow[p] += rate * slope / std::sqrt(follow_squares_[p] + DAMPING);
        }
    }
};

}  // namespace nlpzero::teaching
