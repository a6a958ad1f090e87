// Moves that cut all occurrences of a string in another way at once: what one-at-a-time sampling cannot reach.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bayes_sampler.hpp"

namespace nlpzero {

class TypeMoves {
public:
    TypeMoves(Sampler& sampler) : s_(sampler), m_(sampler.model), t_(sampler.text) {}
    size_t tried = 0, merged = 0, split = 0;
    double gained = 0;

    void pass(Rng& rng, bool merges, bool splits, double margin) {
        margin_ = margin;
        m_.prepare();
        logs();
        gather(merges, splits);
        std::vector<uint32_t> order(groups_.size());
        for (size_t i = 0; i < order.size(); ++i) order[i] = uint32_t(i);
        for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
        size_t done = 0;
        for (uint32_t g : order) {
            move(groups_[g]);
            if (++done % 256 == 0) { m_.prepare(); logs(); }
        }
    }

private:
    struct Group { uint32_t begin, end; uint8_t length, left; bool merge; };  // places; left: symbols of the first part
    Sampler& s_;
    Model& m_;
    const Candidates& t_;
    double margin_ = 0;
    std::vector<Group> groups_;
    std::vector<uint32_t> places_;
    std::vector<float> log_;  // of trans

    void logs() {
        log_.resize(m_.trans.size());
        for (size_t i = 0; i < log_.size(); ++i) log_[i] = m_.trans[i] > 0 ? std::log(m_.trans[i]) : 0;
    }

    void gather(bool merges, bool splits) {
        struct Item { uint64_t key; uint32_t place; };
        std::vector<Item> items;
        const size_t n = t_.size();
        for (size_t i = 0; i < n; ++i) {
            const int l = s_.length[i];
            if (!l) continue;
            if (splits && l > 1 && t_.id(i, l))
                for (int a = 1; a < l; ++a) items.push_back({uint64_t(t_.id(i, l)) << 9 | uint64_t(a) << 1, uint32_t(i)});
            if (!merges || t_.room(i) <= uint32_t(l)) continue;
            const int both = l + s_.length[i + l];
            if (both <= m_.max_length && t_.id(i, both)) items.push_back({uint64_t(t_.id(i, both)) << 9 | uint64_t(l) << 1 | 1, uint32_t(i)});
        }
        std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.key < b.key; });
        groups_.clear();
        places_.clear();
        for (size_t b = 0, e; b < items.size(); b = e) {
            for (e = b; e < items.size() && items[e].key == items[b].key; ++e) {}
            if (e - b < 2) continue;
            const bool merge = items[b].key & 1;
            const int a = int(items[b].key >> 1 & 255);
            const uint32_t i = items[b].place;
            const int l = merge ? a + s_.length[i + a] : s_.length[i];
            groups_.push_back({uint32_t(places_.size()), uint32_t(places_.size() + (e - b)), uint8_t(l), uint8_t(a), merge});
            for (size_t k = b; k < e; ++k) places_.push_back(items[k].place);
        }
    }

    bool stands(const Group& g, uint32_t i) const {
        return g.merge ? s_.length[i] == g.left && s_.length[i + g.left] == g.length - g.left : s_.length[i] == g.length;
    }

    void move(const Group& g) {
        const int k = m_.k, width = m_.width;
        std::vector<double> before(k + 1), after(k + 1);
        double n = 0;
        for (uint32_t p = g.begin; p < g.end; ++p) {
            const uint32_t i = places_[p];
            if (!stands(g, i)) continue;
            ++before[s_.before(i).cls];
            ++after[s_.at(i + g.length).cls];
            ++n;
        }
        if (n < 2) return;
        ++tried;
        std::vector<double> in(k), out(k);
        for (int z = 0; z < k; ++z) {
            for (int a = 0; a <= k; ++a) {
                if (before[a]) in[z] += before[a] * log_[size_t(a) * width + z];
                if (after[a]) out[z] += after[a] * log_[size_t(z) * width + a];
            }
        }
        const uint32_t i0 = places_[g.begin];
        int z1 = 0, z2 = -1;
        double most = -1e300;
        if (g.merge) {
            for (int z = 0; z < k; ++z) {
                const double f = in[z] + out[z] + series(i0, g.length, z, n);
                if (f > most) { most = f; z1 = z; }
            }
        } else {
            std::vector<double> u(k), v(k);
            for (int z = 0; z < k; ++z) {
                u[z] = in[z] + series(i0, g.left, z, n);
                v[z] = out[z] + series(i0 + g.left, g.length - g.left, z, n);
            }
            for (int a = 0; a < k; ++a)
                for (int b = 0; b < k; ++b) {
                    const double f = u[a] + v[b] + n * log_[size_t(a) * width + b];
                    if (f > most) { most = f; z1 = a; z2 = b; }
                }
        }
        double gain = 0;
        undo_.clear();
        for (uint32_t p = g.begin; p < g.end; ++p) {
            const uint32_t i = places_[p];
            if (!stands(g, i)) continue;
            const int old1 = s_.cls[i], old2 = g.merge ? s_.cls[i + g.left] : -1;
            undo_.push_back({i, uint8_t(old1), uint8_t(old2 < 0 ? 0 : old2)});
            gain -= take(i, g.merge ? g.left : g.length, g.merge ? g.length - g.left : 0);
            gain += put(i, g.merge ? g.length : g.left, g.merge ? 0 : g.length - g.left, z1, z2);
        }
        if (gain > margin_) {
            gained += gain;
            ++(g.merge ? merged : split);
            return;
        }
        for (size_t p = undo_.size(); p-- > 0;) {
            const Undo& x = undo_[p];
            take(x.place, g.merge ? g.length : g.left, g.merge ? 0 : g.length - g.left);
            put(x.place, g.merge ? g.left : g.length, g.merge ? g.length - g.left : 0, x.z1, x.z2);
        }
    }
    struct Undo { uint32_t place; uint8_t z1, z2; };
    std::vector<Undo> undo_;

    uint32_t in_class(uint32_t id, int z) const {
        if (id)
            for (const Held* h = m_.held.begin(id), *e = m_.held.end(id); h < e; ++h) if (int(h->z) == z) return h->count;
        return 0;
    }
    // log probability of one more token in the class
    double one(uint32_t i, int l, int z) const {
        const uint32_t id = t_.id(i, l), c = in_class(id, z);
        const double all = 1 / m_.all(z);
        if (c) return std::log((c - m_.discount()) * all);
        return std::log(m_.fresh_now(z, l) * m_.base_now(id, s_.spelling(i, l)) * all);
    }
    // of n more tokens, about
    double series(uint32_t i, int l, int z, double n) const {
        const uint32_t id = t_.id(i, l), c = in_class(id, z);
        const double N = m_.all(z), d = m_.discount();
        double f = 0;
        if (!c) f = std::log(m_.fresh_now(z, l) * m_.base_now(id, s_.spelling(i, l))) + std::lgamma(n - d) - std::lgamma(1 - d);
        else f = std::lgamma(c + n - d) - std::lgamma(c - d);
        return f - (std::lgamma(N + n) - std::lgamma(N));
    }
    // Take the words at i out, or put new ones in; both return the log probability given everything else.
    double take(uint32_t i, int l1, int l2) {
        const Side a = s_.before(i), b = s_.at(i + l1 + l2);
        const Side u = s_.at(i), v = l2 ? s_.at(i + l1) : u;
        double f = leave(v, b, i + l1 + l2);
        if (l2) f += leave(u, v, i + l1);
        f += leave(a, u, i);
        s_.length[i] = 0;
        if (l2) s_.length[i + l1] = 0;
        return f;
    }
    double put(uint32_t i, int l1, int l2, int z1, int z2) {
        const Side a = s_.before(i), b = s_.at(i + l1 + l2);
        s_.length[i] = uint8_t(l1);
        s_.cls[i] = uint8_t(z1);
        if (l2) { s_.length[i + l1] = uint8_t(l2); s_.cls[i + l1] = uint8_t(z2); }
        const Side u = s_.at(i), v = l2 ? s_.at(i + l1) : u;
        double f = enter(a, u, i);
        if (l2) f += enter(u, v, i + l1);
        return f + enter(v, b, i + l1 + l2);
    }
    double leave(const Side& a, const Side& b, uint32_t i) {
        m_.take(a.id, a.cls, b.id, b.length, b.cls);
        return one_more(a, b, i);
    }
    double enter(const Side& a, const Side& b, uint32_t i) {
        const double f = one_more(a, b, i);
        m_.put(a.id, a.cls, b.id, b.length, b.cls);
        return f;
    }
    double one_more(const Side& a, const Side& b, uint32_t i) const {
        if (a.id && b.id && m_.pairs.total(a.id)) {
            double f = 0;
            m_.pairs.each(a.id, b.id, [&](const Pair& p) { if (p.z == b.cls) f = m_.direct(p); });
            if (f > 0) return std::log(f);
        }
        return std::log(m_.escape(a.id) * m_.link_now(a.cls, b.cls)) + (b.length ? one(i, b.length, b.cls) : 0);
    }
};

}  // namespace nlpzero
