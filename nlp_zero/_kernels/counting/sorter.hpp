// Counting one part of a text.  The positions of encoded stores, each with its own alphabet, are distributed into one
// bucket per first symbol and counted bucket by bucket, into a tree or a run.  Threads may share both steps: stores are
// distributed, and ranges of buckets counted, independently.
#pragma once
#include <memory>
#include <string>

#include "../common/portable.hpp"
#include "ngrams.hpp"
#include "runs.hpp"
#include "symbol_store.hpp"

namespace nlpzero::counting {

class NgramSorter {
public:
    // The symbols of the part in the order of their text; their rank, from 1, is their id in trees and runs.
    std::vector<std::string> symbols;
    std::vector<uint64_t> begin;  // bucket r holds positions [begin[r], begin[r + 1])

    virtual ~NgramSorter() = default;
    // Count only n-grams whose first symbol is in [from, to); call it before `deal`.  The keys of another range are
    // dropped, and their memory is used again.
    virtual void restrict_to(size_t from, size_t to) = 0;
    virtual void deal(size_t store) = 0;
    // Sort the keys of a range ahead of what follows: one thread can extend a tree while others sort.
    virtual void sort(size_t from, size_t to) = 0;
    // A range can become a tree, extend the sorter's own tree, or be written as a run, once: its keys are lost then.
    virtual void tree(size_t from, size_t to, uint32_t min_count, Tree& tree) = 0;
    virtual void extend_tree(size_t from, size_t to, uint32_t min_count) = 0;
    virtual Tree& own_tree() = 0;
    virtual void run(size_t from, size_t to, RunWriter& run) = 0;

    static std::unique_ptr<NgramSorter> of(const std::vector<const SymbolStore*>& stores,
                                           const std::vector<const Alphabet*>& alphabets, int order);
};

template <int W>
class SorterOf : public NgramSorter {
public:
    SorterOf(const std::vector<const SymbolStore*>& stores, int order, int bits)
        : stores_(stores), order_(order), bits_(bits), writer_(tree_, bits) {
        tree_.order = order;
    }

    // rank[k][id] is the final id of a symbol of store k.  Computes where each store's share of each bucket begins.
    void lay_out(std::vector<std::vector<uint32_t>>&& rank) {
        rank_ = std::move(rank);
        begin.assign(symbols.size() + 2, 0);
        for (size_t k = 0; k < stores_.size(); ++k) {
            const auto& frequency = stores_[k]->frequency();
            for (size_t id = 1; id < frequency.size(); ++id)
                if (frequency[id]) begin[rank_[k][id] + 1] += frequency[id];
        }
        for (size_t r = 1; r < begin.size(); ++r) begin[r] += begin[r - 1];
        share_.assign(1, begin);
        share_.resize(stores_.size());
        for (size_t k = 0; k + 1 < stores_.size(); ++k) {
            share_[k + 1] = share_[k];
            const auto& frequency = stores_[k]->frequency();
            for (size_t id = 1; id < frequency.size(); ++id)
                if (frequency[id]) share_[k + 1][rank_[k][id]] += frequency[id];
        }
        for (const SymbolStore* store : stores_) positions_.push_back(store->positions());
        dealt_.assign(stores_.size(), std::vector<uint64_t>(symbols.size() + 1));
        if (order_ > 1) keys_ = Buffer<Key<W>>(room(begin.back()));
        from_ = 0;
        to_ = symbols.size() + 1;
        sorted_.assign(to_, 0);
        taken_.assign(to_, 0);
    }

    void restrict_to(size_t from, size_t to) override {
        from_ = from;
        to_ = std::max(from, to);
        const size_t needed = order_ > 1 ? room(begin[to_] - begin[from_]) : 0;
        if (needed > keys_.capacity()) keys_ = Buffer<Key<W>>(needed);
    }

    void deal(size_t k) override {
        if (order_ < 2) return;
        if (k >= stores_.size() || stores_[k]->positions() != positions_[k])
            throw std::invalid_argument("A text was changed after its n-grams were laid out.");
        // One slot per symbol, small, since there are thousands.  That of boundaries, whose rank is 0, clears the key: no
        // branch is needed.  The empty key of the end of a run is written, too, where the next key of its bucket will be; a
        // bucket has room for all.
        constexpr uint32_t COUNTED = 1u << 31;
        struct Slot { uint32_t put, rank; };
        Key<W>* const keys = keys_.data();
        const uint32_t ignored = uint32_t(room(begin[to_] - begin[from_], k + 1) - 1);  // receives keys of other symbols
        std::vector<Slot> slot(rank_[k].size(), Slot{ignored, 0});
        for (size_t id = 1; id < slot.size(); ++id) {
            const uint32_t rank = rank_[k][id];
            if (rank >= from_ && rank < to_ && rank) slot[id] = {uint32_t(share(k, rank) - keys), rank | COUNTED};
            else slot[id].rank = rank;
        }
        const int top = (order_ - 2) * bits_;
        stores_[k]->visit([&](const auto* symbol, size_t i) {
            Key<W> key = {};
            const auto put = [&] {
                Slot& to = slot[symbol[--i]];
                keys[to.put] = key;
                to.put += to.rank >> 31 & uint32_t(!key.is_empty());
                const uint32_t rank = to.rank & ~COUNTED;
                key.shift_right_and_put(bits_, uint64_t(rank), top);
                key.clear_unless(rank != 0);
            };
            while (i > AHEAD) {
                prefetch_to_write(keys + slot[symbol[i - AHEAD - 1]].put);
                put();
            }
            while (i > 0) put();
        });
        for (size_t id = 1; id < slot.size(); ++id) {
            const uint32_t rank = slot[id].rank & ~COUNTED;
            if (slot[id].rank & COUNTED) dealt_[k][rank] = uint64_t(keys + slot[id].put - share(k, rank));
        }
    }

    void sort(size_t from, size_t to) override {
        check_range(from, to);
        if (order_ < 2) return;
        Scratch scratch(widest(from, to));
        for (size_t r = from; r < to; ++r) {
            const size_t n = gather(r);
            const Key<W>* const sorted = sort_bucket(r, n, scratch);
            if (sorted != bucket(begin[r])) std::copy(sorted, sorted + n, bucket(begin[r]));
            sorted_[r] = 1;
        }
    }

    void tree(size_t from, size_t to, uint32_t min_count, Tree& tree) override {
        TreeWriter<W> writer(tree, bits_);
        append(from, to, to, min_count, tree, writer);
    }
    void extend_tree(size_t from, size_t to, uint32_t min_count) override {
        append(from, to, to_, min_count, tree_, writer_);
    }
    Tree& own_tree() override { return tree_; }

    void run(size_t from, size_t to, RunWriter& run) override {
        check_range(from, to);
        take(from, to);
        Scratch scratch(order_ > 1 ? widest(from, to) : 0);
        const uint32_t mask = bits_ == 32 ? ~0u : (1u << bits_) - 1;
        uint32_t symbol[MAX_ORDER] = {};
        for (size_t r = from; r < to; ++r) {
            const size_t n = begin[r + 1] - begin[r];
            symbol[0] = uint32_t(r);
            std::fill(symbol + 1, symbol + MAX_ORDER, 0);
            const size_t continued = order_ > 1 ? gather(r) : 0;
            if (continued < n) run.push(symbol, n - continued);
            if (!continued) continue;
            Key<W>* sorted = sort_bucket(r, continued, scratch);
            const size_t distinct = squeeze<W>(sorted, continued, scratch.count.data());
            for (size_t i = 0; i < distinct; ++i) {
                for (int j = 1; j < order_; ++j) symbol[j] = sorted[i].bits((order_ - 1 - j) * bits_, mask);
                run.push(symbol, scratch.count[i]);
            }
        }
    }

private:
    static constexpr size_t AHEAD = 64;  // symbols between the prefetch of a bucket and the write
    static constexpr size_t LINES = 16;  // keys that are at least two cache lines, which processors fetch in pairs
    struct Scratch {
        Buffer<Key<W>> keys;
        Buffer<uint32_t> count;
        explicit Scratch(size_t n) : keys(n), count(n) {}
    };
    std::vector<const SymbolStore*> stores_;
    std::vector<std::vector<uint32_t>> rank_;
    std::vector<std::vector<uint64_t>> share_;
    Buffer<Key<W>> keys_;
    int order_, bits_;
    size_t from_ = 0, to_ = 0;
    std::vector<std::vector<uint64_t>> dealt_;  // how many keys of each store are in each bucket
    std::vector<size_t> positions_;  // of each store when it was laid out
    std::vector<uint8_t> sorted_;    // whether the keys of a bucket are sorted
    std::vector<uint8_t> taken_;     // whether they became a part of a tree or run
    Tree tree_;
    TreeWriter<W> writer_;

    // Entries for n keys and those that the first stores ignore.  Each store has its own place for these, or threads would
    // wait for each other's cache lines.
    size_t room(size_t n, size_t stores) const { return n + 1 + stores * LINES; }
    size_t room(size_t n) const { return room(n, stores_.size()); }
    void check_range(size_t from, size_t to) const {
        if (from > to || from < from_ || to > to_) throw std::out_of_range("No such range of first symbols.");
    }
    void take(size_t from, size_t to) {  // the keys of a tree are lost
        for (size_t r = from; r < to; ++r) {
            if (taken_[r]) throw std::invalid_argument("The n-grams of a range were counted twice.");
            taken_[r] = 1;
        }
    }
    Key<W>* bucket(uint64_t position) { return keys_.data() + (position - begin[from_]); }
    Key<W>* share(size_t k, size_t r) { return bucket(share_[k][r]); }
    // Move the keys of all stores in a bucket to its beginning; returns their number.
    size_t gather(size_t r) {
        Key<W>* const keys = share(0, r);
        size_t n = dealt_[0][r];
        for (size_t k = 1; k < stores_.size(); n += std::exchange(dealt_[k++][r], 0))
            if (share(k, r) != keys + n) std::copy(share(k, r), share(k, r) + dealt_[k][r], keys + n);
        return dealt_[0][r] = n;
    }
    // Returns where the n sorted keys of a bucket are: in their place or in `scratch`.
    Key<W>* sort_bucket(size_t r, size_t n, Scratch& scratch) {
        if (sorted_[r]) return bucket(begin[r]);
        return sort_keys<W>(bucket(begin[r]), scratch.keys.data(), n, (order_ - 1) * bits_);
    }
    // Append a range to a tree, in which there will be room for those up to `last`.
    void append(size_t from, size_t to, size_t last, uint32_t min_count, Tree& tree, TreeWriter<W>& writer) {
        check_range(from, to);
        take(from, to);
        Scratch scratch(order_ > 1 ? widest(from, to) : 0);
        tree.level[0].reserve(tree.level[0].size + (last - from), order_ > 1);
        for (int l = 1; l < order_ && min_count == 1; ++l)  // once; unused pages cost nothing
            if (!tree.level[l].size) tree.level[l].reserve((begin[last] - begin[from]) / 2, l + 1 < order_);
        for (size_t r = from; r < to; ++r) {
            const size_t n = begin[r + 1] - begin[r];
            const size_t continued = order_ > 1 ? gather(r) : 0;
            if (continued >= min_count) writer.append(sort_bucket(r, continued, scratch), continued, min_count);
            if (order_ > 1) writer.offer(bucket(begin[r]), bucket(begin[r + 1]));
            Level& level = tree.level[0];
            level.symbol[level.size] = uint32_t(r);
            level.count[level.size] = uint32_t(n);
            if (order_ > 1) level.end[level.size] = uint32_t(tree.level[1].size);
            ++level.size;
        }
    }
    size_t widest(size_t from, size_t to) const {  // of the buckets that are not sorted
        size_t n = 0;
        for (size_t r = from; r < to; ++r)
            if (!sorted_[r]) n = std::max<size_t>(n, begin[r + 1] - begin[r]);
        return n;
    }
};

inline std::unique_ptr<NgramSorter> NgramSorter::of(const std::vector<const SymbolStore*>& stores,
                                                    const std::vector<const Alphabet*>& alphabets, int order) {
    struct Used {
        const std::string* text;
        size_t store, id;
        uint64_t head = 0;  // the first bytes: seldom must more be compared
        Used(const std::string& text, size_t store, size_t id) : text(&text), store(store), id(id) {
            for (size_t i = 0; i < std::min(text.size(), sizeof(head)); ++i) head |= uint64_t(uint8_t(text[i])) << (56 - 8 * i);
        }
        bool operator<(const Used& o) const { return head != o.head ? head < o.head : *text < *o.text; }
    };
    std::vector<Used> used;
    std::vector<std::vector<uint32_t>> rank(stores.size());
    for (size_t k = 0; k < stores.size(); ++k) {
        const auto& frequency = stores[k]->frequency();
        const auto& text = alphabets[k]->symbols();
        rank[k].assign(text.size() + 1, 0);
        for (size_t id = 1; id <= text.size() && id < frequency.size(); ++id)
            if (frequency[id]) used.emplace_back(text[id - 1], k, id);
    }
    std::sort(used.begin(), used.end());
    std::vector<std::string> symbols;
    for (const Used& u : used) {
        if (symbols.empty() || symbols.back() != *u.text) symbols.push_back(*u.text);
        rank[u.store][u.id] = uint32_t(symbols.size());
    }
    int bits = 1;
    while ((size_t(1) << bits) <= symbols.size()) ++bits;
    const int needed = std::max(1, (order - 1) * bits);
    auto make = [&](auto width) -> std::unique_ptr<NgramSorter> {
        auto part = std::make_unique<SorterOf<decltype(width)::value>>(stores, order, bits);
        part->symbols = std::move(symbols);
        part->lay_out(std::move(rank));
        return part;
    };
    if (needed <= 64) return make(std::integral_constant<int, 1>());
    if (needed <= 128) return make(std::integral_constant<int, 2>());
    return make(std::integral_constant<int, 4>());
}

}  // namespace nlpzero::counting
