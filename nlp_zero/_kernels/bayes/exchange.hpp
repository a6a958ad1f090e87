// Classes of words by the exchange algorithm (Kneser and Ney 1993; Martin, Liermann and Ney 1998; mkcls): each word in
// turn moves to the class that makes the class bigram model of the text most likely.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
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
        pair_.assign(size_t(width_) * width_, 0);
        size_.assign(width_, 0);
        for (size_t i = 0; i + 1 < tokens.size(); ++i) ++pair_[size_t(of(tokens[i])) * width_ + of(tokens[i + 1])];
        for (uint32_t t : tokens) ++size_[of(t)];
        for (size_t x = 1; x < 4096; ++x) table_[x] = double(x) * std::log(double(x));
    }

    // One pass over all words; returns how many moved.
    size_t pass() {
        size_t moved = 0;
        std::vector<int64_t> before(width_), after(width_);
        std::vector<Beside> beside;
        for (uint32_t w = 0; w < words_; ++w) {
            std::fill(before.begin(), before.end(), 0);
            std::fill(after.begin(), after.end(), 0);
            int64_t self = 0;
            for (uint32_t e = begin_[w]; e < begin_[w + 1]; ++e) {
                if (next_[e] == w) ++self;
                else ++after[of(next_[e])];
                if (last_[e] != w) ++before[of(last_[e])];
            }
            beside.clear();
            for (int c = 0; c < width_; ++c)
                if (before[c] || after[c]) beside.push_back({c, before[c], after[c]});
            const int old = class_[w];
            shift(old, beside, self, total_[w], -1);
            int best = old;
            double most = gain(old, beside, before[old] + after[old] + self, total_[w]);
            for (int z = 0; z < k_; ++z) {
                const double g = z == old ? most : gain(z, beside, before[z] + after[z] + self, total_[w]);
                if (g > most + 1e-9) { most = g; best = z; }
            }
            shift(best, beside, self, total_[w], 1);
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
    int64_t pairs(int a, int b) const { return pair_[size_t(a) * width_ + b]; }

private:
    struct Beside { int c; int64_t before, after; };  // a class, and how often it is before and after a word

    const std::vector<uint32_t>& tokens_;
    uint32_t words_;
    int k_, width_;
    std::vector<int> class_;
    std::vector<int64_t> total_, pair_, size_;
    std::vector<uint32_t> begin_, next_, last_;  // of each word: the tokens after and before each occurrence
    double table_[4096] = {0};

    double xlogx(int64_t x) const { return x < 4096 ? table_[x] : double(x) * std::log(double(x)); }

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
    void shift(int z, const std::vector<Beside>& beside, int64_t self, int64_t total, int sign) {
        for (const Beside& b : beside) {
            pair_[size_t(b.c) * width_ + z] += sign * b.before;
            pair_[size_t(z) * width_ + b.c] += sign * b.after;
        }
        pair_[size_t(z) * width_ + z] += sign * self;
        size_[z] += sign * total;
    }
    // `more`: pairs of two words of class z that the word adds.
    double gain(int z, const std::vector<Beside>& beside, int64_t more, int64_t total) const {
        double g = 2 * (xlogx(size_[z]) - xlogx(size_[z] + total));
        for (const Beside& b : beside) {
            if (b.c == z) continue;
            const int64_t in = pair_[size_t(b.c) * width_ + z], out = pair_[size_t(z) * width_ + b.c];
            if (b.before) g += xlogx(in + b.before) - xlogx(in);
            if (b.after) g += xlogx(out + b.after) - xlogx(out);
        }
        const int64_t inside = pair_[size_t(z) * width_ + z];
        return more ? g + xlogx(inside + more) - xlogx(inside) : g;
    }
};

}  // namespace nlpzero::bayes
