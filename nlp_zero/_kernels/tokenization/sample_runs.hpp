// Drawing many paths from the transition probabilities of one lattice.
//
// A run is an edge and those behind it that are the only ones at their positions, up to the next choice.  A choice takes one
// random number and does not branch: such branches would often be mispredicted.
#pragma once
#include <cstring>

#include "../common/huge_pages.hpp"
#include "../common/portable.hpp"
#include "lattice.hpp"

namespace nlpzero::tokenization {

template <class Item>
class SampleRuns {
 public:
    static constexpr size_t LONGEST = 16;  // items of a run

    // `items` and `q` are those of the edges, of which each position has one at least.
    SampleRuns(const Lattice& lattice, const Item* items, const double* q)
        : lattice_(lattice), edges_(items), q_(q), sure_(lattice.n + 1), heads_(lattice.n + 1) {
        size_t runs = 2;
        for (size_t i = lattice.n; i-- > 0;) {
            const size_t edges = size_t(lattice.first[i + 1] - lattice.first[i]), behind = sure_[size_t(lattice.end[lattice.first[i]])];
            sure_[i] = uint8_t(edges > 1 ? 0 : behind == LONGEST ? 1 : behind + 1);
            runs += edges > 1 ? edges + edges / 2 : sure_[i] == LONGEST ? 2 : 0;
        }
        runs_.resize(runs);
        items_.reserve(3 * lattice.n + FEW);
        heads_[lattice.n] = add(END);
        for (size_t i = lattice.n; i-- > 0;) {
            if (!sure_[i]) add_choice(i);
            else if (sure_[i] == LONGEST) add_sure(i);
        }
        start_ = add(END);
        fill(*start_, nullptr, 0);
        items_.resize(items_.size() + FEW);
    }

    // Draw a path; returns the number of its items.  `out` has room for those of the longest path and LONGEST more.
    size_t draw(Stream& stream, Item* out) {
        const Item *const begin = out, *const items = items_.data();
        Stream numbers = stream;  // in a register
        uint64_t number = 0;
        for (Run* run = start_;;) {
            const Item* const from = items + run->first;
            std::memcpy(out, from, FEW * sizeof(Item));
            if (run->count > FEW) std::memcpy(out + FEW, from + FEW, (LONGEST - FEW) * sizeof(Item));
            out += run->count;
            ++run->uses;
            if (run->kind == END) break;
            if (run->kind == CHOICE) number = numbers.bits();
            // Pointers are loaded before it is known which one is needed.
            Run *const one = opaque(run->next[0]), *const two = opaque(run->next[1]), *const three = opaque(run->next[2]);
            const uint64_t first = run->limits[0], second = run->limits[1];
            run = number < first ? one : two;
            run = number < second ? run : three;
        }
        stream = numbers;
        return size_t(out - begin);
    }

    // Call take(item, n) for the items of the paths that were drawn since the last call; an item may be taken in several parts.
    template <class Take>
    void take_uses(Take take) {
        for (Run& run : runs_) {
            for (size_t k = 0; run.uses && k < run.count; ++k) take(items_[run.first + k], run.uses);
            run.uses = 0;
        }
    }

 private:
    static constexpr size_t FEW = 8;
    static constexpr uint64_t NUMBERS = uint64_t(1) << 53;  // greater than all random numbers
    enum Kind : uint8_t { CHOICE, SAME_CHOICE, END };       // the same: of the random number that was drawn last
    struct Run {  // on one cache line
        Run* next[3];
        uint64_t limits[2];  // random numbers below the first one lead to next[0], those from the second one on to next[2]
        size_t first;        // item
        uint32_t uses;       // in paths since `take_uses`
        uint8_t count;
        Kind kind;
        uint8_t unused[10];
    };

    const Lattice lattice_;
    const Item* const edges_;
    const double* const q_;
    std::vector<uint8_t> sure_;        // by position: how many edges are passed without a choice; at most LONGEST
    std::vector<const Run*> heads_;    // by position: how runs that end here go on
    HugeVector<Run> runs_;
    size_t used_ = 0;
    std::vector<Item> items_;
    Run* start_ = nullptr;

    Run* add(Kind kind) {
        Run* const run = &runs_[used_++];
        run->kind = kind;
        return run;
    }
    // Set a run that begins with an item, if there is one, and goes on from position i.
    void fill(Run& run, const Item* item, size_t i) {
        run.first = items_.size();
        if (item) items_.push_back(*item);
        for (size_t more = item && sure_[i] == LONGEST ? 0 : sure_[i]; more; --more) {
            const size_t e = size_t(lattice_.first[i]);
            items_.push_back(edges_[e]);
            i = size_t(lattice_.end[e]);
        }
        run.count = uint8_t(items_.size() - run.first);
        decide_as(run, *heads_[i]);
    }
    static void decide_as(Run& run, const Run& head) {
        run.kind = head.kind;
        std::copy_n(head.next, 3, run.next);
        std::copy_n(head.limits, 2, run.limits);
    }
    void add_sure(size_t i) {
        Run *const head = add(SAME_CHOICE), *const run = add(END);
        fill(*run, nullptr, i);
        std::fill_n(head->next, 3, run);
        heads_[i] = head;
    }
    void add_choice(size_t i) {
        const size_t begin = size_t(lattice_.first[i]);
        size_t last = size_t(lattice_.first[i + 1]) - begin - 1;
        while (last > 0 && q_[begin + last] == 0) --last;  // the last one that is possible has the rest of the probability
        Run* head = add(CHOICE);
        heads_[i] = head;
        Run* const runs = &runs_[used_];
        for (size_t k = 0; k <= last; ++k) fill(*add(END), edges_ + begin + k, size_t(lattice_.end[begin + k]));
        for (size_t k = 0;; k += 2) {
            for (size_t j = 0; j < 3; ++j) head->next[j] = runs + std::min(k + j, last);
            for (size_t j = 0; j < 2; ++j) head->limits[j] = k + j < last ? find_limit(begin, k + j) : NUMBERS;
            if (k + 2 >= last) break;
            head = head->next[2] = add(SAME_CHOICE);
        }
    }
    // The least random number that leads beyond edge begin + k, if q is subtracted edge by edge until nothing is left.  That
    // rounds, but a greater number never leads to an earlier edge.
    uint64_t find_limit(size_t begin, size_t k) const {
        auto beyond = [&](uint64_t number) {
            double left = Stream::fraction(number) - q_[begin];
            for (size_t j = 1; left >= 0 && j <= k; ++j) left -= q_[begin + j];
            return left >= 0;
        };
        double sum = 0;
        for (size_t j = 0; j <= k; ++j) sum += q_[begin + j];
        uint64_t number = uint64_t((sum < 1 ? sum : 1) * double(NUMBERS));
        while (number < NUMBERS && !beyond(number)) ++number;
        while (number > 0 && beyond(number - 1)) --number;
        return number;
    }
};

}  // namespace nlpzero::tokenization
