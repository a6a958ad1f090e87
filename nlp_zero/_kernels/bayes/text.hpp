// Candidate words of an encoded text, and a first segmentation of it by branching entropy (nVBE).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <vector>

#include "../common/elementary.hpp"
#include "../common/huge_pages.hpp"
#include "../common/portable.hpp"

namespace nlpzero::bayes {

// SplitMix64 (Steele, Lea and Flood 2014); each pair of seed and stream number has its own stream.
class Rng {
public:
    Rng(uint64_t seed, uint64_t stream) : state_(mix(seed) ^ mix(stream * 0x9E3779B97F4A7C15u + 0xD1B54A32D192ED03u)) {}
    uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15u); }
    double uniform() { return double(next() >> 11) * 0x1.0p-53; }
    uint64_t below(uint64_t n) { return next() % n; }  // n is tiny compared with 2^64

private:
    uint64_t state_;
    static uint64_t mix(uint64_t x) {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
        return x ^ (x >> 31);
    }
};

// Ids of all substrings of up to `levels` symbols inside runs.  A substring of two or more symbols that occurs only
// once has id 0: its count is 0 whenever its own run is taken out of the counts, so nothing needs to be stored about
// it.
class Candidates {
public:
    Candidates(const uint32_t* text, size_t n, int levels)
        : levels_(size_t(levels)), size_(n), id_(n * size_t(levels)), room_(n) {
        for (size_t i = n, room = 0; i-- > 0;) room_[i] = uint32_t(room = text[i] ? room + 1 : 0);
        uint32_t largest = 0;
        for (size_t i = 0; i < n; ++i) largest = std::max(largest, text[i]);
        for (size_t i = 0; i < n; ++i) id_[i * levels_] = text[i];
        begin_ = {1, largest + 1};
        count_.assign(largest + 1, 0);
        place_.assign(largest + 1, 0);
        for (size_t i = n; i-- > 0;) { ++count_[text[i]]; place_[text[i]] = uint32_t(i); }
        for (int l = 1; l < levels; ++l) extend(l);
    }

    size_t size() const { return size_; }
    size_t ids() const { return count_.size(); }       // ids are below this
    uint32_t symbols() const { return begin_[1]; }      // symbols are below this
    uint32_t symbol(size_t i) const { return id_[i * levels_]; }
    uint32_t room(size_t i) const { return room_[i]; }  // symbols from i to the end of its run
    uint32_t id(size_t i, int length) const { return id_[i * levels_ + size_t(length) - 1]; }
    const uint32_t* row(size_t i) const { return &id_[i * levels_]; }  // ids by length from 1
    uint32_t count(uint32_t id) const { return count_[id]; }
    int levels() const { return int(levels_); }

    // Cut each run so that the sum of a(w) |w| is greatest; length[i] becomes the length of the piece at i, else 0.
    void cut_by_entropy(int max_length, double single, uint8_t* length) const {
        std::vector<double> left(ids()), right(ids()), autonomy(ids());
        std::vector<double> lonely(size_t(max_length) + 1);  // minus the mean rise of entropy
        for (int l = 1; l <= max_length; ++l) {
            branching(l, left, right);
            double rise = 0;
            size_t types = begin_[l] - begin_[l - 1];
            for (uint32_t x = begin_[l - 1]; x < begin_[l]; ++x) {
                if (!count_[x]) { --types; continue; }  // a symbol that is not in the sample
                autonomy[x] = left[x] + right[x];
                if (l > 1) autonomy[x] -= right[id(place_[x], l - 1)] + left[id(place_[x] + 1, l - 1)];
                rise += autonomy[x];
            }
            for (size_t i = 0; l > 1 && i < size(); ++i)
                if (room_[i] >= uint32_t(l) && !id(i, l)) { rise += once(i, l, left, right); ++types; }
            lonely[l] = types ? -rise / double(types) : 0;
            for (uint32_t x = begin_[l - 1]; x < begin_[l]; ++x) autonomy[x] += lonely[l];
        }
        std::vector<double> best(size() + 1, 0.0);
        std::fill(length, length + size(), uint8_t(0));
        for (size_t i = size(); i-- > 0;) {
            const int most = int(std::min<uint32_t>(room_[i], uint32_t(max_length)));
            for (int l = 1; l <= most; ++l) {
                const uint32_t x = id(i, l);
                const double a = x ? autonomy[x] : lonely[l] + once(i, l, left, right);
                const double score = best[i + l] + a * (l > 1 ? l : single);
                if (l == 1 || score >= best[i]) { best[i] = score; length[i] = uint8_t(l); }
            }
        }
        keep_path(length);
    }

    // Given the best piece at every position, keep only the pieces of the path.
    void keep_path(uint8_t* length) const {
        for (size_t i = 0; i < size();) {
            const size_t next = i + std::max<size_t>(length[i], 1);
            while (++i < next) length[i] = 0;
        }
    }

private:
    static constexpr size_t AHEAD = 16;  // positions whose place in a table is prefetched
    size_t levels_, size_;
    HugeVector<uint32_t> id_;  // by position, then length: a stretch of text has its ids side by side
    std::vector<uint32_t> room_, count_, place_, begin_;

    // Substrings of l + 1 symbols: pairs of overlapping ones of l symbols that occur twice themselves.
    void extend(int l) {
        std::vector<uint32_t> place(size());  // of each position in the table
        size_t pairs = 0, slots = 16;
        auto possible = [&](size_t i) { return room_[i] > uint32_t(l) && id(i, l) && id(i + 1, l); };
        for (size_t i = 0; i < size(); ++i) pairs += possible(i);
        while (slots < 2 * pairs) slots *= 2;
        struct Slot { uint64_t key; uint32_t count, id; };
        HugeVector<Slot> table(slots, Slot{0, 0, 0});
        const auto key_of = [&](size_t i) { return uint64_t(id(i, l)) << 32 | id(i + 1, l); };
        const auto home_of = [&](uint64_t key) {
            const uint64_t x = key * 0x9E3779B97F4A7C15u;
            return size_t(x ^ x >> 29) & (slots - 1);
        };
        for (size_t i = 0; i < size(); ++i) {
            if (i + AHEAD < size() && possible(i + AHEAD)) prefetch(&table[home_of(key_of(i + AHEAD))]);
            if (!possible(i)) continue;
            const uint64_t key = key_of(i);
            size_t h = home_of(key);
            while (table[h].count && table[h].key != key) h = (h + 1) & (slots - 1);
            table[h].key = key;
            ++table[h].count;
            place[i] = uint32_t(h);
        }
        for (size_t i = 0; i < size(); ++i) {
            if (i + AHEAD < size()) prefetch(&table[place[i + AHEAD]]);
            if (!possible(i)) continue;
            Slot& slot = table[place[i]];
            if (slot.count > 1 && !slot.id) {
                slot.id = uint32_t(count_.size());
                count_.push_back(slot.count);
                place_.push_back(uint32_t(i));
            }
            id_[i * levels_ + size_t(l)] = slot.id;
        }
        begin_.push_back(uint32_t(count_.size()));
    }

    // Branching entropies in nats of the substrings of l symbols.  Neighbours that occur once, and ends of runs, count
    // as different symbols, so that their terms c ln c are 0.
    void branching(int l, std::vector<double>& left, std::vector<double>& right) const {
        for (uint32_t x = begin_[l - 1]; x < begin_[l]; ++x)
            left[x] = right[x] = count_[x] ? nlpzero::log(double(count_[x])) : 0;
        for (uint32_t y = begin_[l]; y < begin_[l + 1]; ++y) {
            const double term = double(count_[y]) * nlpzero::log(double(count_[y]));
            const uint32_t head = id(place_[y], l), tail = id(place_[y] + 1, l);
            right[head] -= term / double(count_[head]);
            left[tail] -= term / double(count_[tail]);
        }
    }
    // Rise of entropy of a substring that occurs once; its own entropies are 0.
    double once(size_t i, int l, const std::vector<double>& left, const std::vector<double>& right) const {
        const uint32_t head = id(i, l - 1), tail = id(i + 1, l - 1);
        return -(head ? right[head] : 0) - (tail ? left[tail] : 0);
    }
};

}  // namespace nlpzero::bayes
