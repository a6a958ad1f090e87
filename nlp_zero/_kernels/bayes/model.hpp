// Counts and probabilities of the latent-class Pitman-Yor unigram model.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "../common/portable.hpp"
#include "text.hpp"

namespace nlpzero::bayes {

struct Held { uint32_t z, count; };  // tokens of one word in one class

// For every word the classes that hold it.  Most words are in one to three classes: short lists in one pool.
class ClassCounts {
public:
    explicit ClassCounts(size_t ids) : list_(ids, List{0, 0, 0}), free_(32) {}

    int size(uint32_t id) const { return list_[id].size; }
    const Held* begin(uint32_t id) const { return pool_.data() + list_[id].at; }
    const Held* end(uint32_t id) const { return begin(id) + list_[id].size; }
    void prefetch(uint32_t id) const { nlpzero::prefetch(&list_[id]); }

    bool add(uint32_t id, uint32_t z) {  // true when the class did not hold the word before
        List& list = list_[id];
        for (Held* h = pool_.data() + list.at, *e = h + list.size; h < e; ++h)
            if (h->z == z) { ++h->count; return false; }
        if (!list.size || list.size == 1u << list.space) grow(list);
        pool_[list.at + list.size++] = {z, 1};
        return true;
    }
    bool remove(uint32_t id, uint32_t z) {  // true when the class holds it no more
        List& list = list_[id];
        Held* h = pool_.data() + list.at;
        while (h->z != z) ++h;
        if (--h->count) return false;
        *h = pool_[list.at + --list.size];
        if (!list.size) free_[list.space].push_back(list.at);
        return true;
    }

    // One order of the lists, whatever came and went before: a state that was saved and read goes on exactly alike.
    void sort() {
        for (const List& list : list_)
            if (list.size > 1)
                std::sort(pool_.begin() + list.at, pool_.begin() + list.at + list.size,
                          [](const Held& a, const Held& b) { return a.z < b.z; });
    }

private:
    struct List { uint32_t at; uint16_t size, space; };  // in the pool, with room for 2^space
    std::vector<List> list_;
    std::vector<Held> pool_;
    std::vector<std::vector<uint32_t>> free_;  // by space

    void grow(List& list) {
        const uint16_t space = list.size ? uint16_t(list.space + 1) : 0;
        uint32_t at;
        if (free_[space].empty()) {
            at = uint32_t(pool_.size());
            pool_.resize(pool_.size() + (size_t(1) << space));
        } else {
            at = free_[space].back();
            free_[space].pop_back();
        }
        if (list.size) {
            std::copy_n(pool_.begin() + list.at, list.size, pool_.begin() + at);
            free_[list.space].push_back(list.at);
        }
        list.at = at;
        list.space = space;
    }
};

struct Hyper {
    double d = 0.7, theta = 10, d1 = 0.8, theta1 = 10;  // discounts and strengths of the classes and of what they share
    double chain = 10, ratio = 100, spelling = 100;     // prior strengths: class chain, type lengths, characters
    std::vector<double> length;                         // plen: prior of word lengths from 1
};

class Model {
public:
    const int k, width, max_length;  // classes; floats in a row, a multiple of 8 with room for the break class k
    ClassCounts held;

    Model(const Candidates& text, int classes, const Hyper& hyper)
        : k(classes), width((classes + 8) / 8 * 8), max_length(int(hyper.length.size())), held(text.ids()), hyper_(hyper),
          pair_(size_t(k + 1) * width), out_(k + 1), tokens_(k), types_(k), of_length_(size_t(k) * (max_length + 1)),
          trans(size_t(k + 1) * width), back(size_t(k + 1) * width), fresh(size_t(max_length + 1) * width),
          inverse(width), frequency_(text.symbols()), first(text.symbols()), middle(text.symbols()), last(text.symbols()),
          shared_length_(max_length + 1) {
        uint64_t total = 0;
        for (uint32_t s = 1; s < text.symbols(); ++s) total += text.count(s);
        for (uint32_t s = 1; s < text.symbols(); ++s) {
            frequency_[s] = double(text.count(s)) / double(std::max<uint64_t>(total, 1));
            first[s] = middle[s] = last[s] = float(frequency_[s]);
        }
    }

    void add(uint32_t id, int length, int z) {
        if (id ? held.add(id, uint32_t(z)) : true) hold(id ? held.size(id) == 1 : true, length, z, 1);
        ++tokens_[z];
    }
    void remove(uint32_t id, int length, int z) {
        if (id ? held.remove(id, uint32_t(z)) : true) hold(id ? held.size(id) == 0 : true, length, z, -1);
        --tokens_[z];
    }
    void link(int from, int to, int64_t n) { pair_[size_t(from) * width + to] += n; out_[from] += n; }

    // Work out the tables that probabilities are read off; to be called before sampling whenever counts have changed.
    void prepare() {
        std::vector<double> into(k + 1, 1.0);  // how often each class occurs: what a rare class's row leans on
        double links = k + 1;
        for (int a = 0; a <= k; ++a) {
            links += double(out_[a]);
            for (int b = 0; b <= k; ++b) into[b] += double(pair_[size_t(a) * width + b]);
        }
        for (int a = 0; a <= k; ++a)
            for (int b = 0; b <= k; ++b) {
                const double prior = hyper_.chain * into[b] / links;
                const double p = (double(pair_[size_t(a) * width + b]) + prior) / (double(out_[a]) + hyper_.chain);
                trans[size_t(a) * width + b] = back[size_t(b) * width + a] = float(p);
            }
        const double all = double(pairs_) + hyper_.theta1;
        shared = 1 / all;
        unseen = (hyper_.theta1 + hyper_.d1 * double(live_)) / all;
        for (int z = 0; z < k; ++z) {
            const double inv = 1 / (double(tokens_[z]) + hyper_.theta);
            inverse[z] = float(inv);
            for (int l = 1; l <= max_length; ++l)
                fresh[size_t(l) * width + z] = float((hyper_.theta + hyper_.d * double(types_[z])) * inv * length_ratio(z, l));
        }
    }

    // Spelling and the shared distribution of lengths, from the words that live now; `letters` counts, for words of
    // two or more symbols, how often each symbol occurs first, inside and last.
    void respell(const std::vector<uint32_t>* letters) {
        std::vector<float>* tables[3] = {&first, &middle, &last};
        for (int p = 0; p < 3; ++p) {
            double total = hyper_.spelling;
            for (uint32_t c : letters[p]) total += c;
            for (size_t s = 1; s < frequency_.size(); ++s)
                (*tables[p])[s] = float((letters[p][s] + hyper_.spelling * frequency_[s]) / total);
        }
        const double all = double(pairs_) + hyper_.theta1;
        for (int l = 1; l <= max_length; ++l) {
            int64_t held = 0;
            for (int z = 0; z < k; ++z) held += of_length_[size_t(z) * (max_length + 1) + l];
            const double mass = double(held) - hyper_.d1 * double(live_length_[l]);
            shared_length_[l] = (mass + (hyper_.theta1 + hyper_.d1 * double(live_)) * hyper_.length[l - 1]) / all;
        }
    }

    double discount() const { return hyper_.d; }
    double plen(int l) const { return hyper_.length[l - 1]; }
    double single(uint32_t s) const { return frequency_[s]; }
    // P1 of a word from its spelling probability
    double base(uint32_t id, double p0) const {
        const int n = id ? held.size(id) : 0;
        return (n ? (n - hyper_.d1) * shared : 0) + unseen * p0;
    }
    int64_t live() const { return live_; }

private:
    Hyper hyper_;
    std::vector<int64_t> pair_, out_, tokens_, types_, of_length_;
    int64_t live_ = 0, pairs_ = 0;
    int64_t live_length_[256] = {0};

public:
    std::vector<float> trans, back;  // A(b | a) by rows a, and by rows b
    std::vector<float> fresh;        // by length and class: what multiplies P1
    std::vector<float> inverse;      // 1 / (N_z + theta)
    double shared = 0, unseen = 0;

private:
    std::vector<double> frequency_;

public:
    std::vector<float> first, middle, last;  // p_pos of each symbol

private:
    std::vector<double> shared_length_;

    void hold(bool type, int length, int z, int sign) {
        types_[z] += sign;
        of_length_[size_t(z) * (max_length + 1) + length] += sign;
        pairs_ += sign;
        if (type) { live_ += sign; live_length_[length] += sign; }
    }
    double length_ratio(int z, int l) const {
        const double q = shared_length_[l];
        if (q <= 0) return 1;
        const double here = double(of_length_[size_t(z) * (max_length + 1) + l]);
        return (here + hyper_.ratio * q) / (double(types_[z]) + hyper_.ratio) / q;
    }
};

}  // namespace nlpzero::bayes
