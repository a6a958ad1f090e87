// Counts and probabilities of the latent-class Pitman-Yor unigram model.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "../common/portable.hpp"
#include "../common/huge_pages.hpp"
#include "text.hpp"

namespace nlpzero::bayes {

// The classes of each word.  Most words are in one class, which is kept in place; the others have short lists in one
// pool.
class ClassCounts {
public:
    explicit ClassCounts(size_t ids) : head_(ids, Held{0, 0, 0, 0}), occurs_((ids + 63) / 64), free_(9) {}

    int size(uint32_t id) const { return head_[id].size; }
    // Whether a word is in any class; id 0 never is.
    bool occurs(uint32_t id) const { return occurs_[id / 64] >> id % 64 & 1; }
    NLP_ZERO_HOT void prefetch(uint32_t id) const { nlpzero::prefetch(&head_[id]); }

    // Call f(class, count) for every class of a word.
    template <class F>
    NLP_ZERO_HOT void each(uint32_t id, F f) const {
        const Held& head = head_[id];
        for (const Held* h = list(head), *e = h + head.size; h < e; ++h) f(uint32_t(h->z), h->count);
    }
    // The number of tokens of a word in a class.
    uint32_t count(uint32_t id, uint32_t z) const {
        const Held& head = head_[id];
        for (const Held* h = list(head), *e = h + head.size; h < e; ++h)
            if (h->z == z) return h->count;
        return 0;
    }

    bool add(uint32_t id, uint32_t z) {  // true if the word was not in the class before
        Held& head = head_[id];
        for (Held* h = list(head), *e = h + head.size; h < e; ++h)
            if (h->z == z) { ++h->count; return false; }
        if (!head.size) {
            head = {1, uint8_t(z), 0, 1};
            occurs_[id / 64] |= uint64_t(1) << id % 64;
            return true;
        }
        if (head.size == 1) {
            const uint32_t at = take(1);
            pool_[at] = head;
            head = {at, 0, 1, 1};
        } else if (head.size == 1u << head.space) {
            grow(head);
        }
        pool_[head.count + head.size++] = {1, uint8_t(z), 0, 0};
        return true;
    }
    bool remove(uint32_t id, uint32_t z) {  // true if the word is no longer in the class
        Held& head = head_[id];
        Held* h = list(head);
        while (h->z != z) ++h;
        if (--h->count) return false;
        if (head.size == 1) {
            head.size = 0;
            occurs_[id / 64] &= ~(uint64_t(1) << id % 64);
            return true;
        }
        *h = pool_[head.count + --head.size];
        if (head.size == 1) {
            const Held last = pool_[head.count];
            free_[head.space].push_back(head.count);
            head = {last.count, last.z, 0, 1};
        }
        return true;
    }

    // Make the order of the lists independent of their history, so that sampling from a saved state gives the same
    // result.
    void sort() {
        for (Held& head : head_)
            if (head.size > 1)
                std::sort(list(head), list(head) + head.size, [](const Held& a, const Held& b) { return a.z < b.z; });
    }

private:
    // A class of a word, and the number of its tokens in it.  The head of a word in one class is its entry.
    struct Held {
        uint32_t count;  // of the head of a longer list: its place in the pool
        uint8_t z;
        uint8_t space;   // of the head: the list has room for 2^space entries
        uint16_t size;   // of the head: entries
    };
    HugeVector<Held> head_;
    HugeVector<uint64_t> occurs_;  // one bit for each id: they fit into a near cache, and most candidates do not occur
    HugeVector<Held> pool_;
    std::vector<std::vector<uint32_t>> free_;  // by space

    // The entries of a word; without a branch, which would be hard to foresee.
    NLP_ZERO_HOT const Held* list(const Held& head) const {
        const Held* const far = pool_.data() + head.count;
        return head.size == 1 ? &head : far;
    }
    NLP_ZERO_HOT Held* list(Held& head) { return const_cast<Held*>(std::as_const(*this).list(head)); }
    uint32_t take(uint8_t space) {
        if (free_[space].empty()) {
            pool_.resize(pool_.size() + (size_t(1) << space));
            return uint32_t(pool_.size() - (size_t(1) << space));
        }
        const uint32_t at = free_[space].back();
        free_[space].pop_back();
        return at;
    }
    void grow(Held& head) {
        const uint32_t at = take(uint8_t(head.space + 1));
        std::copy_n(pool_.begin() + head.count, head.size, pool_.begin() + at);
        free_[head.space].push_back(head.count);
        head.count = at;
        ++head.space;
    }
};

struct Hyper {
    double d = 0.7, theta = 10, d1 = 0.8, theta1 = 10;  // discounts and strengths: classes, shared base
    double chain = 10, ratio = 100, spelling = 100;     // prior strengths: class chain, type lengths, characters
    std::vector<double> length;                         // prior of word lengths from 1
};

class Model {
public:
    // k: number of classes; width: floats per row, a multiple of 8 with room for the boundary class k.
    const int k, width, max_length;
    ClassCounts held;

    Model(const Candidates& text, int classes, const Hyper& hyper)
        : k(classes), width((classes + 8) / 8 * 8), max_length(int(hyper.length.size())), held(text.ids()),
          hyper_(hyper), pair_(size_t(k + 1) * width), out_(k + 1), tokens_(k), types_(k),
          of_length_(size_t(k) * (max_length + 1)), trans(size_t(k + 1) * width), back(size_t(k + 1) * width),
          fresh(size_t(max_length + 1) * width), inverse(width), frequency_(text.symbols()), first(text.symbols()),
          middle(text.symbols()), last(text.symbols()), shared_length_(max_length + 1) {
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

    // Compute the tables of probabilities; call it before sampling whenever counts have changed.
    void prepare() {
        std::vector<double> into(k + 1, 1.0);  // how often each class occurs: the prior of a row
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
            const double mass = hyper_.theta + hyper_.d * double(types_[z]);
            for (int l = 1; l <= max_length; ++l)
                fresh[size_t(l) * width + z] = float(mass * inv * length_ratio(z, l));
        }
    }

    // Estimate the spelling model and the shared distribution of lengths from the current word types; `letters` counts,
    // for words of two or more symbols, how often each symbol is the first, a middle and the last one.
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
    // The shared base probability P1 of a word, given its spelling probability.
    double base(uint32_t id, double p0) const {
        return (held.occurs(id) ? (held.size(id) - hyper_.d1) * shared : 0) + unseen * p0;
    }
    int64_t live() const { return live_; }

private:
    Hyper hyper_;
    std::vector<int64_t> pair_, out_, tokens_, types_, of_length_;
    int64_t live_ = 0, pairs_ = 0;
    int64_t live_length_[256] = {0};

public:
    HugeVector<float> trans, back;  // A(b | a) by rows a, and by rows b
    HugeVector<float> fresh;        // by length and class: the factor of P1
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
