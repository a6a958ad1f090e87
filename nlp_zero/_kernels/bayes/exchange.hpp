// Classes of words by the exchange algorithm (Kneser and Ney 1993; Martin, Liermann and Ney 1998; mkcls): each word in
// turn moves to the class that makes the class bigram model of the text most likely.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "../common/elementary.hpp"
#include <vector>

namespace nlpzero::bayes {

class Exchange {
public:
    // Tokens are word ids below `words`; larger ids belong to the fixed class number `classes` (ends of runs, and words
    // too rare to be clustered), as the first and the last token must.  Words are sorted by falling count.
    // `start`: the first class of each word, -1 for any.
    Exchange(const std::vector<uint32_t>& tokens, uint32_t words, int classes, const int32_t* start = nullptr)
        : tokens_(tokens), words_(words), k_(classes), width_(classes + 1), class_(words), total_(words) {
        for (uint32_t w = 0; w < words; ++w)
            class_[w] = start && start[w] >= 0 ? start[w] : int(w % uint32_t(classes));
        for (uint32_t t : tokens) if (t < words) ++total_[t];
        list_neighbours();
        for (size_t x = 1; x < 4096; ++x) table_[x] = double(x) * nlpzero::log(double(x));
        for (Pairs* pairs : {&pair_, &turned_}) {
            pairs->count.assign(size_t(width_) * width_, 0);
            pairs->worth.assign(size_t(width_) * width_, 0);
            pairs->rise.assign(size_t(width_) * width_, 0);
        }
        size_.assign(width_, 0);
        count_pairs();
        growth_.assign(width_, 0);
    }

    // One pass over all words; returns how many moved.
    size_t pass() {
        size_t moved = 0;
        std::vector<int64_t> before(width_), after(width_);
        std::vector<double> gains(k_);
        std::vector<AdjacentClass> adjacent;
        for (uint32_t w = 0; w < words_; ++w) {
            std::fill(before.begin(), before.end(), 0);
            std::fill(after.begin(), after.end(), 0);
            int64_t self = 0;
            for (uint32_t e = begin_[w]; e < begin_[w + 1]; ++e) {
                if (next_[e] == w) ++self;
                else ++after[of(next_[e])];
                if (last_[e] != w) ++before[of(last_[e])];
            }
            adjacent.clear();
            for (int c = 0; c < width_; ++c)
                if (before[c] || after[c]) adjacent.push_back({c, before[c], after[c]});
            const int old = class_[w];
            shift(old, adjacent, self, total_[w], -1);
            compare(adjacent, before, after, self, gains);
            int best = old;
            double most = gains[old];
            for (int z = 0; z < k_; ++z)
                if (gains[z] > most + 1e-9) { most = gains[z]; best = z; }
            shift(best, adjacent, self, total_[w], 1);
            class_[w] = best;
            moved += best != old;
        }
        return moved;
    }

    int of(uint32_t token) const { return token < words_ ? class_[token] : k_; }
    // The class that fits best between two classes (ties: the first one).
    int fit(int before, int after) const {
        int best = 0;
        double most = -1;
        for (int z = 0; z < k_; ++z) {
            const double in = double(pairs(before, z)) + 0.1, out = double(pairs(z, after)) + 0.1;
            const double fit = in * out / (double(size(z)) + 1);
            if (fit > most) { most = fit; best = z; }
        }
        return best;
    }
    int64_t size(int z) const { return size_[z]; }
    int64_t pairs(int a, int b) const { return pair_.count[size_t(a) * width_ + b]; }

private:
    struct AdjacentClass { int c; int64_t before, after; };  // a class, and how often it is before and after a word

    const std::vector<uint32_t>& tokens_;
    uint32_t words_;
    int k_, width_;
    std::vector<int> class_;
    std::vector<int64_t> total_, size_;
    struct Pairs {
        std::vector<int64_t> count;
        std::vector<double> worth, rise;  // count * ln count, and how much more it is with one pair more
    };
    Pairs pair_, turned_;           // by the first class, and by the second
    std::vector<double> growth_;    // of each class: what its size is worth, less if it grows by `grown_`
    int64_t grown_ = -1;
    std::vector<uint32_t> begin_, next_, last_;  // of each word: the tokens after and before each occurrence
    double table_[4096] = {0};

    double xlogx(int64_t x) const { return x < 4096 ? table_[x] : double(x) * nlpzero::log(double(x)); }

    void list_neighbours() {
        begin_.assign(size_t(words_) + 1, 0);
        for (uint32_t w = 0; w < words_; ++w) begin_[w + 1] = begin_[w] + uint32_t(total_[w]);
        std::vector<uint32_t> at(begin_.begin(), begin_.end() - 1);
        next_.assign(begin_.back(), words_);
        last_.assign(begin_.back(), words_);
        for (size_t i = 0; i < tokens_.size(); ++i) {
            const uint32_t t = tokens_[i];
            if (t >= words_) continue;
            if (i + 1 < tokens_.size()) next_[at[t]] = tokens_[i + 1];
            if (i) last_[at[t]] = tokens_[i - 1];
            ++at[t];
        }
    }
    void count_pairs() {
        int before = of(tokens_[0]);
        size_[before] = 1;
        for (size_t i = 1; i < tokens_.size(); ++i) {
            const int here = of(tokens_[i]);
            ++pair_.count[size_t(before) * width_ + here];
            ++size_[here];
            before = here;
        }
        for (int a = 0; a < width_; ++a)
            for (int b = 0; b < width_; ++b) add_pairs(a, b, 0);
    }
    void add_pairs(int a, int b, int64_t n) {
        const size_t here = size_t(a) * width_ + b, there = size_t(b) * width_ + a;
        turned_.count[there] = pair_.count[here] += n;
        pair_.worth[here] = turned_.worth[there] = xlogx(pair_.count[here]);
        pair_.rise[here] = turned_.rise[there] = xlogx(pair_.count[here] + 1) - pair_.worth[here];
    }
    void shift(int z, const std::vector<AdjacentClass>& adjacent, int64_t self, int64_t total, int sign) {
        for (const AdjacentClass& b : adjacent) {
            if (b.before) add_pairs(b.c, z, sign * b.before);
            if (b.after) add_pairs(z, b.c, sign * b.after);
        }
        add_pairs(z, z, sign * self);
        size_[z] += sign * total;
        if (total != grown_) {
            grown_ = total;
            for (int c = 0; c < k_; ++c) measure_growth(c);
        }
        measure_growth(z);
    }
    void measure_growth(int z) { growth_[z] = 2 * (xlogx(size_[z]) - xlogx(size_[z] + grown_)); }

    // How much more likely the model becomes if a word that is in no class joins each class.  Most words are rare, so
    // there are few classes next to them, and the same growth is compared again and again.
    void compare(const std::vector<AdjacentClass>& adjacent, const std::vector<int64_t>& before,
                 const std::vector<int64_t>& after, int64_t self, std::vector<double>& gains) const {
        std::copy_n(growth_.begin(), k_, gains.begin());
        for (const AdjacentClass& b : adjacent) {
            const double own = b.c < k_ ? gains[b.c] : 0;  // pairs of two words of the class are counted below
            if (b.before) add_worth(pair_, b.c, b.before, gains.data());
            if (b.after) add_worth(turned_, b.c, b.after, gains.data());
            if (b.c < k_) gains[b.c] = own;
        }
        for (int z = 0; z < k_; ++z) {
            const int64_t inside = pairs(z, z), more = before[z] + after[z] + self;
            if (more) gains[z] = gains[z] + xlogx(inside + more) - xlogx(inside);
        }
    }
    void add_worth(const Pairs& pairs, int c, int64_t more, double* gains) const {
        const int64_t* const count = &pairs.count[size_t(c) * width_];
        const double *const worth = &pairs.worth[size_t(c) * width_], *const rise = &pairs.rise[size_t(c) * width_];
        if (more == 1) {  // most are, and the compiler adds several at a time
            for (int z = 0; z < k_; ++z) gains[z] += rise[z];
            return;
        }
        for (int z = 0; z < k_; ++z) gains[z] += xlogx(count[z] + more) - worth[z];
    }
};

}  // namespace nlpzero::bayes
