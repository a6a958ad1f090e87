// The k-way merge of runs and count trees, to a run or to a piece of a tree, and the joining of such pieces.
#pragma once
#include "runs.hpp"

namespace nlpzero {

// Open n-gram of each order at the end of a piece of a tree: more of it may come.
struct OpenPath {
    int depth = 0;
    uint32_t symbol[MAX_ORDER] = {};
    uint64_t count[MAX_ORDER] = {};
};

// A piece of a tree, built from n-grams in order.  Entry 0 of each level is free, for what the piece before left open.
struct TreePiece {
    struct Level {
        Buffer<uint32_t> symbol;
        Buffer<uint64_t> count, end;
        size_t begin = 1, size = 1;
    };
    int order;
    std::array<Level, MAX_ORDER> level;
    int first_depth = 0;
    uint32_t last[MAX_ORDER] = {};

    explicit TreePiece(int order) : order(order) {
        for (int l = 0; l < order; ++l) reserve(level[l]);
    }

    void push(const uint32_t* symbol, uint64_t count) {
        int l = 0;
        for (; l < order && symbol[l] && symbol[l] == last[l]; ++l) level[l].count[level[l].size - 1] += count;
        for (; l < order && symbol[l]; ++l) {
            Level& here = level[l];
            reserve(here);
            here.symbol[here.size] = symbol[l];
            here.count[here.size] = count;
            here.end[here.size++] = l + 1 < order ? level[l + 1].size : 0;
            if (l) level[l - 1].end[level[l - 1].size - 1] = here.size;
        }
        if (!first_depth) first_depth = l;
        std::copy(symbol, symbol + order, last);
    }

    // Put what was left open before in front, leave open what may go on (nothing if this is the last piece), and drop
    // closed n-grams of two or more symbols that came less than min_count times.
    void join(OpenPath& open, uint64_t min_count, bool is_last) {
        int shared = 0;
        while (shared < open.depth && shared < first_depth && level[shared].symbol[1] == open.symbol[shared]) {
            level[shared].count[1] += open.count[shared];
            ++shared;
        }
        for (int l = shared; l < open.depth; ++l) {
            level[l].begin = 0;
            level[l].symbol[0] = open.symbol[l];
            level[l].count[0] = open.count[l];
            level[l].end[0] = 1;
        }
        open.depth = 0;
        for (; !is_last && open.depth < order && last[open.depth]; ++open.depth) {
            Level& here = level[open.depth];
            --here.size;
            open.symbol[open.depth] = here.symbol[here.size];
            open.count[open.depth] = here.count[here.size];
        }
        if (min_count > 1) prune(min_count);
        for (int l = 0; l + 1 < order; ++l)
            for (size_t i = level[l].begin; i < level[l].size; ++i) level[l].end[i] -= level[l + 1].begin;
    }

private:
    static void reserve(Level& here) {
        here.symbol.reserve(here.size + 1);
        here.count.reserve(here.size + 1);
        here.end.reserve(here.size + 1);
    }
    void prune(uint64_t min_count) {
        for (int l = 0; l + 1 < order; ++l) {  // ends first, while the level below is as it was
            Level &here = level[l], &below = level[l + 1];
            size_t child = below.begin, kept = below.begin;
            for (size_t i = here.begin; i < here.size; ++i) {
                for (; child < here.end[i]; ++child) kept += below.count[child] >= min_count;
                here.end[i] = kept;
            }
        }
        for (int l = 1; l < order; ++l) {
            Level& here = level[l];
            size_t kept = here.begin;
            for (size_t i = here.begin; i < here.size; ++i) {
                here.symbol[kept] = here.symbol[i];
                here.end[kept] = here.end[i];
                const uint64_t count = here.count[i];
                here.count[kept] = count;
                kept += count >= min_count;
            }
            here.size = kept;
        }
    }
};

// What is merged.
struct Sources {
    std::vector<std::unique_ptr<RunSource>> all;
    void add_run(int order, const uint32_t* map, size_t map_size) {
        all.push_back(std::make_unique<BlockSource>(order, map, map_size));
    }
    void add_tree(const std::vector<StoredLevel>& levels, const uint32_t* map, const uint32_t* low) {
        all.push_back(std::make_unique<TreeSource>(levels, map, low));
    }
};

// Merges sources whose n-grams, in the final ids, lie in [low, high); `high` may be empty.  Symbols take `bits` bits.
class Merge {
public:
    virtual ~Merge() = default;
    // Works until a source must be fed (its number is returned) or all is done (-1).
    virtual int advance(TreePiece* tree, RunWriter* run) = 0;
    virtual RunSource& source(size_t i) = 0;

    static std::unique_ptr<Merge> of(Sources& sources, int order, int bits, const std::vector<uint32_t>& low,
                                     const std::vector<uint32_t>& high);
};

template <int W>
class MergeOf : public Merge {
public:
    MergeOf(std::vector<std::unique_ptr<RunSource>>&& sources, int order, int bits, const std::vector<uint32_t>& low,
            const std::vector<uint32_t>& high)
        : sources_(std::move(sources)), order_(order), bits_(bits), low_(pack(low.data())), bounded_(!high.empty()) {
        if (bounded_) high_ = pack(high.data());
        heads_.resize(sources_.size());
        for (size_t i = 0; i < sources_.size(); ++i) fresh_.push_back(sources_.size() - 1 - i);
    }

    RunSource& source(size_t i) override { return *sources_[i]; }

    int advance(TreePiece* tree, RunWriter* run) override {
        while (!fresh_.empty()) {  // sources that have not shown their first n-gram
            const size_t i = fresh_.back();
            const auto status = load(i);
            if (status == RunSource::HUNGRY) return int(i);
            fresh_.pop_back();
            if (status == RunSource::READY) {
                heap_.push_back(i);
                std::push_heap(heap_.begin(), heap_.end(), [&](size_t a, size_t b) { return after(a, b); });
            }
        }
        if (waiting_) {
            waiting_ = false;
            if (!refill()) return int(heap_[0]);
        }
        while (!heap_.empty()) {
            const size_t top = heap_[0];
            const RunSource& from = *sources_[top];
            if (pending_ && !(heads_[top] == key_)) emit(tree, run);
            if (!pending_) {
                key_ = heads_[top];
                std::copy(from.symbol, from.symbol + order_, symbol_);
                pending_ = true;
            }
            count_ += from.count;
            if (!refill()) return int(top);
        }
        if (pending_) emit(tree, run);
        return -1;
    }

private:
    std::vector<std::unique_ptr<RunSource>> sources_;
    int order_, bits_;
    Key<W> low_, high_{}, key_{};
    bool bounded_, pending_ = false, waiting_ = false;
    uint32_t symbol_[MAX_ORDER] = {};
    uint64_t count_ = 0;
    std::vector<Key<W>> heads_;
    std::vector<size_t> heap_, fresh_;  // heap_[0] has the smallest head

    Key<W> pack(const uint32_t* symbol) const {
        Key<W> key{};
        for (int j = 0; j < order_; ++j) {
            for (int i = 0; i + 1 < W; ++i) key.word[i] = key.word[i] << bits_ | key.word[i + 1] >> (64 - bits_);
            key.word[W - 1] = key.word[W - 1] << bits_ | symbol[j];
        }
        return key;
    }
    static bool less(const Key<W>& a, const Key<W>& b) {
        int i = 0;
        while (i + 1 < W && a.word[i] == b.word[i]) ++i;
        return a.word[i] < b.word[i];
    }
    bool after(size_t a, size_t b) const { return less(heads_[b], heads_[a]); }

    RunSource::Status load(size_t i) {
        for (;;) {
            const auto status = sources_[i]->next();
            if (status != RunSource::READY) return status;
            heads_[i] = pack(sources_[i]->symbol);
            if (less(heads_[i], low_)) continue;
            return bounded_ && !less(heads_[i], high_) ? RunSource::DONE : RunSource::READY;
        }
    }
    // Replace the smallest head by the next of its source; false when that must be fed first.
    bool refill() {
        const size_t top = heap_[0];
        const auto status = load(top);
        if (status == RunSource::HUNGRY) { waiting_ = true; return false; }
        if (status == RunSource::DONE) {
            heap_[0] = heap_.back();
            heap_.pop_back();
            if (heap_.empty()) return true;
        }
        const size_t moving = heap_[0], n = heap_.size();
        size_t at = 0;
        for (size_t child; (child = 2 * at + 1) < n; at = child) {
            child += child + 1 < n && after(heap_[child], heap_[child + 1]);
            if (!after(moving, heap_[child])) break;
            heap_[at] = heap_[child];
        }
        heap_[at] = moving;
        return true;
    }
    void emit(TreePiece* tree, RunWriter* run) {
        if (tree) tree->push(symbol_, count_);
        else run->push(symbol_, count_);
        pending_ = false;
        count_ = 0;
    }
};

inline std::unique_ptr<Merge> Merge::of(Sources& sources, int order, int bits, const std::vector<uint32_t>& low,
                                        const std::vector<uint32_t>& high) {
    if (order * bits <= 64) return std::make_unique<MergeOf<1>>(std::move(sources.all), order, bits, low, high);
    if (order * bits <= 128) return std::make_unique<MergeOf<2>>(std::move(sources.all), order, bits, low, high);
    return std::make_unique<MergeOf<4>>(std::move(sources.all), order, bits, low, high);
}

}  // namespace nlpzero
