// Exact forward filtering - backward sampling of words and classes, one stretch of text at a time.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "../common/portable.hpp"
#include "exchange.hpp"
#include "model.hpp"
#include "rows.hpp"

// Sampling is twice as fast with 256-bit registers.  The operations and their order are the same (no fused multiply-add),
// so the results are the same.
#if defined(NLP_ZERO_TARGET) && !defined(_GLIBCXX_ASSERTIONS)  // not in the debug build
#define NLP_ZERO_AVX2 NLP_ZERO_TARGET("avx2")
#endif

namespace nlpzero::bayes {

// A unit of sampling: a run, or a part of a long run that begins and ends with a word; and the classes next to it.
struct Stretch { uint32_t begin, end; int left, right; };

// Scratch space of one thread.
struct Work {
    HugeVector<float> alpha, beta, outside, weight, lanes;  // rows: aligned
    std::vector<float> x, x_after;
    std::vector<double> shrink;  // what each row of alpha was multiplied by
};

class Sampler {
public:
    static constexpr size_t FAR = 12, NEAR = 4;  // stretches ahead, for prefetching
    static constexpr int MAX_WIDTH = 256;  // of a row: classes and the boundary, or lengths of words
    static constexpr uint32_t LONGEST = 400;  // symbols of a stretch; longer runs are split at random in each sweep

    Candidates text;
    Model model;
    std::vector<uint8_t> length, cls;  // length (0: none) and class of the word that begins at each position
    std::vector<Stretch> order;        // the stretches in the order of the sweep
    size_t fence = 0;                  // of two neighbouring stretches of a run, one is before this place, one behind
    HugeVector<float> marginals;       // by position, then length: sums over the averaged sweeps

    Sampler(const uint32_t* symbols, size_t n, int classes, const Hyper& hyper, int levels)
        : text(symbols, n, levels), model(text, classes, hyper), length(n), cls(n) {}

    // Add all words of the current segmentation to the counts.
    void load() {
        int before = model.k;
        for (size_t i = 0; i < text.size(); ++i) {
            if (!text.symbol(i)) { if (i && text.symbol(i - 1)) model.link(before, model.k, 1); before = model.k; }
            if (!length[i]) continue;
            model.add(text.id(i, length[i]), length[i], cls[i]);
            model.link(before, cls[i], 1);
            before = cls[i];
        }
    }

    void begin_sweep(uint64_t seed, uint64_t sweep) {
        respell();
        model.held.sort();
        order.clear();
        std::vector<Stretch> odd;
        Rng rng(seed, sweep << 32);
        for (uint32_t i = 0, n = uint32_t(text.size()); i < n; ++i) {
            uint32_t left = text.room(i), part = 0;
            while (left) {
                uint32_t take = left;
                if (left > LONGEST) {
                    take = LONGEST / 2 + uint32_t(rng.below(LONGEST / 2));
                    while (take < left && !length[i + take]) ++take;
                }
                (part++ % 2 ? odd : order).push_back({i, i + take, 0, 0});
                i += take;
                left -= take;
            }
        }
        shuffle(order, rng);
        shuffle(odd, rng);
        fence = order.size();
        order.insert(order.end(), odd.begin(), odd.end());
    }

    void take_out(size_t from, size_t to) {
        for (size_t s = from; s < to; ++s) {
            if (s + FAR < to) prefetch_text(order[s + FAR]);
            if (s + NEAR < to) prefetch_chosen(order[s + NEAR]);
            Stretch& w = order[s];
            w.left = class_before(w.begin);
            w.right = w.end < text.size() && text.symbol(w.end) ? cls[w.end] : model.k;
            put(w, -1);
        }
        model.prepare();
    }
    void put_in(size_t from, size_t to) {
        for (size_t s = from; s < to; ++s) {
            if (s + FAR < to) prefetch_text(order[s + FAR]);
            if (s + NEAR < to) prefetch_chosen(order[s + NEAR]);
            put(order[s], 1);
        }
    }
    // Draw new words for some stretches; no two stretches of a round are neighbours, so threads may share a round.
    void sample(size_t from, size_t to, uint64_t seed, uint64_t sweep, bool average, Work& work) {
#ifdef NLP_ZERO_AVX2
        if (has_avx2()) return sample_avx2(from, to, seed, sweep, average, work);
#endif
        sample_here<Fours>(from, to, seed, sweep, average, work);
    }

    void start_average() { marginals.assign(text.size() * size_t(model.max_length), 0.0f); }

    size_t tokens() const { return text.size() - size_t(std::count(length.begin(), length.end(), 0)); }

    // Find the segmentation with the greatest sum of (marginal - cost); ties: fewer words, then the longer first one.
    void decode(double sweeps, double cost) {
        const size_t n = text.size();
        std::vector<double> best(n + 1, 0.0);
        std::vector<uint32_t> words(n + 1, 0);
        std::fill(length.begin(), length.end(), uint8_t(0));
        for (size_t i = n; i-- > 0;) {
            const int most = int(std::min<uint32_t>(text.room(i), uint32_t(model.max_length)));
            for (int l = 1; l <= most; ++l) {
                const float sum = marginals[i * size_t(model.max_length) + size_t(l - 1)];
                const double score = best[i + l] + double(sum) / sweeps - cost;
                if (l > 1 && (score < best[i] || (score == best[i] && words[i + l] + 1 > words[i]))) continue;
                best[i] = score;
                words[i] = words[i + l] + 1;
                length[i] = uint8_t(l);
            }
        }
        text.keep_path(length.data());
    }

    // Initialize the classes of the words by exchange clustering of those that occur at least `often` times; the other
    // words get the class that fits best between their neighbours.
    void classify(uint32_t often, int passes) {
        std::vector<uint32_t> count(text.ids()), ids, number(text.ids(), ~0u), tokens, where;
        for (size_t i = 0; i < text.size(); ++i)
            if (const uint32_t id = length[i] ? text.id(i, length[i]) : 0; id && ++count[id] == often)
                ids.push_back(id);
        std::stable_sort(ids.begin(), ids.end(), [&](uint32_t a, uint32_t b) { return count[a] > count[b]; });
        for (size_t k = 0; k < ids.size(); ++k) number[ids[k]] = uint32_t(k);
        for (size_t i = 0; i < text.size(); ++i) {
            if (text.symbol(i) && !length[i]) continue;
            const uint32_t id = length[i] ? text.id(i, length[i]) : 0;
            tokens.push_back(id ? number[id] : ~0u);
            where.push_back(uint32_t(i));
        }
        Exchange exchange(tokens, uint32_t(ids.size()), model.k);
        for (int p = 0; p < passes && exchange.pass() * 200 > ids.size(); ++p) {}
        for (size_t t = 0; t < tokens.size(); ++t) {
            int best = exchange.of(tokens[t]);
            if (best == model.k) {
                const int before = t ? exchange.of(tokens[t - 1]) : model.k;
                const int after = t + 1 < tokens.size() ? exchange.of(tokens[t + 1]) : model.k;
                best = exchange.fit(before, after);
            }
            cls[where[t]] = uint8_t(best);
        }
    }

private:
#ifdef NLP_ZERO_AVX2
    NLP_ZERO_AVX2 void sample_avx2(size_t from, size_t to, uint64_t seed, uint64_t sweep, bool average, Work& work) {
        sample_here<Eights>(from, to, seed, sweep, average, work);
    }
#endif
    template <class V>
    NLP_ZERO_HOT void sample_here(size_t from, size_t to, uint64_t seed, uint64_t sweep, bool average, Work& work) {
        for (size_t s = from; s < to; ++s) {
            Rng rng(seed, sweep << 32 | (s + 1));
            if (average && s + 2 < to) prefetch(&marginals[size_t(order[s + 2].begin) * size_t(model.max_length)]);
            forward<V>(order[s], work);
            if (average) add_marginals<V>(order[s], work);
            draw<V>(order[s], work, rng);
        }
    }
    // Stretches are in random order, so their memory is asked for before it is needed: the text and its state ...
    NLP_ZERO_HOT void prefetch_text(const Stretch& w) const {
        constexpr size_t LINE = 64;
        const uint32_t* end = text.row(std::min<size_t>(w.end, text.size() - 1));
        for (const uint32_t* p = text.row(w.begin - (w.begin > 0)); p < end; p += LINE / sizeof *p) prefetch(p);
        prefetch(end);
        prefetch(&length[w.begin]);
        prefetch(&cls[w.begin]);
    }
    // ... and the counts of the words of its segmentation.
    NLP_ZERO_HOT void prefetch_chosen(const Stretch& w) const {
        for (uint32_t i = w.begin; i < w.end; i += length[i]) model.held.prefetch(text.id(i, length[i]));
    }
    int class_before(uint32_t i) const {
        if (!i || !text.symbol(i - 1)) return model.k;
        while (!length[--i]) {}
        return cls[i];
    }
    static void shuffle(std::vector<Stretch>& all, Rng& rng) {
        for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.below(i)]);
    }
    void put(const Stretch& w, int sign) {
        int before = w.left;
        for (uint32_t i = w.begin; i < w.end; i += length[i]) {
            const uint32_t id = text.id(i, length[i]);
            if (sign > 0) model.add(id, length[i], cls[i]);
            else model.remove(id, length[i], cls[i]);
            model.link(before, cls[i], sign);
            before = cls[i];
        }
        model.link(before, w.right, sign);
    }

    void respell() {
        std::vector<uint32_t> letters[3];
        for (auto& table : letters) table.assign(text.symbols(), 0);
        std::vector<bool> seen(text.ids());
        for (size_t i = 0; i < text.size(); ++i) {
            const int l = length[i];
            if (l < 2) continue;
            const uint32_t id = text.id(i, l);
            if (id && seen[id]) continue;
            seen[id] = true;
            ++letters[0][text.symbol(i)];
            for (int j = 1; j + 1 < l; ++j) ++letters[1][text.symbol(i + j)];
            ++letters[2][text.symbol(i + l - 1)];
        }
        model.respell(letters);
    }

    // P(word of `l` symbols at i | z) = x * fresh(l, z), plus (count - d) / (N_z + theta) for each class that has the
    // word. alpha, beta: rows by position; beta is alpha times the transition matrix of classes.  Each row of alpha
    // sums to one.
    template <class V>
    NLP_ZERO_HOT void forward(const Stretch& w, Work& work) const {
        const int n = int(w.end - w.begin), k = model.k, width = model.width, most = model.max_length;
        work.alpha.resize(size_t(n + 1) * width);
        work.beta.resize(size_t(n + 1) * width);
        work.x.resize(size_t(n + 1) * (most + 1));
        work.shrink.resize(n + 1);
        std::copy_n(&model.trans[size_t(w.left) * width], width, work.beta.begin());
        for (int j = 1; j <= n; ++j) {
            const int longest = std::min(most, j);
            float* __restrict x = &work.x[size_t(j) * (most + 1)];
            float* __restrict a = &work.alpha[size_t(j) * width];
            double ratio = 1, tail = model.last[text.symbol(w.begin + j - 1)];
            for (int l = 1; l <= longest; ++l) {
                const uint32_t* ids = text.row(w.begin + j - l);
                if (l > 1) ratio *= work.shrink[j - l + 1];
                const double p0 = model.plen(l) * (l == 1 ? model.single(ids[0]) : tail * model.first[ids[0]]);
                if (l > 1) tail *= model.middle[ids[0]];
                x[l] = float(std::min(model.base(ids[l - 1], p0) * ratio, 1e30));
            }
            const float *b = &work.beta[size_t(j - 1) * width], *g = &model.fresh[width];
            each_group(width, [&](auto n, int y) NLP_ZERO_HOT_LAMBDA {
                add_lengths<V, n()>(x, b + y, g + y, longest, width, a + y);
            });
            ratio = 1;
            for (int l = 1; l <= longest; ++l) {
                if (l > 1) ratio *= work.shrink[j - l + 1];
                const uint32_t id = text.id(w.begin + j - l, l);
                if (!model.held.occurs(id)) continue;
                const float* __restrict before = &work.beta[size_t(j - l) * width];
                const float factor = float(std::min(ratio, 1e30));
                model.held.each(id, [&](uint32_t z, uint32_t count) NLP_ZERO_HOT_LAMBDA {
                    a[z] += kept(z, count, factor) * before[z];
                });
            }
            const float inverse = 1 / total<V>(a, width);
            work.shrink[j] = inverse;
            scale<V>(a, inverse, width);
            if (j < n) multiply<V>(a, model.trans.data(), k, width, &work.beta[size_t(j) * width]);
        }
    }
    float kept(uint32_t z, uint32_t count, float ratio) const {
        return (float(count) - float(model.discount())) * model.inverse[z] * ratio;
    }
    // P(word of l symbols that ends at j | z), in the scale of row j before it was shrunk.
    float emission(const Stretch& w, const Work& work, int j, int l, int z, double ratio) const {
        const float p = work.x[size_t(j) * (model.max_length + 1) + l] * model.fresh[size_t(l) * model.width + z];
        const uint32_t id = text.id(w.begin + j - l, l);
        const uint32_t count = model.held.occurs(id) ? model.held.count(id, uint32_t(z)) : 0;
        return count ? p + kept(uint32_t(z), count, float(std::min(ratio, 1e30))) : p;
    }

    template <class V>
    NLP_ZERO_HOT void draw(const Stretch& w, Work& work, Rng& rng) {
        const int width = model.width;
        work.weight.assign(size_t(std::max(width, (model.max_length + 7) / 8 * 8)), 0.0f);
        float* __restrict weight = work.weight.data();
        std::fill(length.begin() + w.begin, length.begin() + w.end, uint8_t(0));
        int next = w.right;
        for (int j = int(w.end - w.begin); j > 0;) {
            const float* __restrict into = &model.back[size_t(next) * width];
            const float* __restrict a = &work.alpha[size_t(j) * width];
            multiply_each<V>(a, into, width, weight);
            const int z = pick<V>(weight, width, rng);
            const int most = std::min(model.max_length, j);
            double ratio = 1;
            for (int l = 1; l <= most; ++l) {
                if (l > 1) ratio *= work.shrink[j - l + 1];
                weight[l - 1] = work.beta[size_t(j - l) * width + z] * emission(w, work, j, l, z, ratio);
            }
            const int padded = (most + 7) / 8 * 8;
            std::fill(weight + most, weight + padded, 0.0f);
            const int l = 1 + pick<V>(weight, padded, rng);
            j -= l;
            length[w.begin + j] = uint8_t(l);
            cls[w.begin + j] = uint8_t(z);
            next = z;
        }
    }
    // Draw a place in proportion to its weight; n is a multiple of eight.  Places of weight 0 are never drawn.
    template <class V>
    static NLP_ZERO_HOT int pick(const float* __restrict weight, int n, Rng& rng) {
        float group[MAX_WIDTH / 8];
        double all = 0;
        int groups = 0;
        for (int y = 0; y < n; y += 8) all += group[groups++] = total<V>(weight + y, 8);
        double u = rng.uniform() * all;
        int g = 0;
        while (g + 1 < groups && u >= group[g]) u -= group[g++];
        while (g > 0 && !(group[g] > 0)) u = group[--g];  // rounding led beyond the last one
        const float* in = weight + 8 * g;
        int c = 0, last = 0;
        for (; c < 8; u -= in[c++]) {
            if (in[c] > 0) last = c;
            if (u < in[c]) break;
        }
        return 8 * g + last;
    }

    // Add the probability of every span, summed over classes, by a backward pass.
    template <class V>
    NLP_ZERO_HOT void add_marginals(const Stretch& w, Work& work) {
        const int n = int(w.end - w.begin), k = model.k, width = model.width, most = model.max_length;
        work.outside.resize(size_t(n + 1) * width);
        work.weight.resize(size_t(width));
        work.lanes.resize(size_t(most) * 8);
        work.x_after.resize(size_t(most) + 1);
        float* __restrict gamma = work.weight.data();
        double all = 0;
        for (int z = 0; z < width; ++z) {
            const float last = z < k ? model.trans[size_t(z) * width + w.right] : 0;
            work.outside[size_t(n) * width + z] = last;
            all += work.alpha[size_t(n) * width + z] * double(last);
        }
        for (int i = n - 1; i >= 0; --i) {
            const int longest = std::min(most, n - i);
            const float* __restrict b = &work.beta[size_t(i) * width];
            for (int l = 1; l <= longest; ++l)
                work.x_after[l] = float(work.x[size_t(i + l) * (most + 1) + l] * work.shrink[i + l]);
            std::fill(work.lanes.begin(), work.lanes.end(), 0.0f);
            const float *o = &work.outside[size_t(i + 1) * width], *g = &model.fresh[width], *x = work.x_after.data();
            float* lanes = work.lanes.data();
            each_group(width, [&](auto n, int y) NLP_ZERO_HOT_LAMBDA {
                add_spans<V, n()>(x, o + y, g + y, b + y, longest, width, gamma + y, lanes);
            });
            double ratio = 1;
            float* __restrict out = &marginals[(size_t(w.begin) + i) * most];
            for (int l = 1; l <= longest; ++l) {
                const int j = i + l;
                if (l > 1) ratio *= work.shrink[j - 1];
                float sum = total<V>(lanes + 8 * (l - 1), 8);
                if (const uint32_t id = text.id(w.begin + i, l); model.held.occurs(id)) {
                    const float* __restrict after = &work.outside[size_t(j) * width];
                    const float factor = float(std::min(ratio * work.shrink[j], 1e30));
                    model.held.each(id, [&](uint32_t z, uint32_t count) NLP_ZERO_HOT_LAMBDA {
                        const float v = kept(z, count, factor) * after[z];
                        sum += v * b[z];
                        gamma[z] += v;
                    });
                }
                out[l - 1] += float(sum / all);
            }
            // The ratios above have brought gamma to the scale of row i + 1.
            if (i) multiply<V>(gamma, model.back.data(), k, width, &work.outside[size_t(i) * width]);
        }
    }
};

}  // namespace nlpzero::bayes
