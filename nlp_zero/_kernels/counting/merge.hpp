// Merging of runs and count trees into a run or into pieces of a tree, and joining of such pieces.
#pragma once
#include "runs.hpp"

namespace nlpzero::counting {

// The last n-gram of each order in a piece of a tree, which may continue in the next piece.
struct OpenPath {
    int depth = 0;
    uint32_t symbol[MAX_ORDER] = {};
    uint64_t count[MAX_ORDER] = {};
};

// A piece of a tree, built from n-grams in order.  Entry 0 of each level is reserved for the open n-gram of the piece
// before.  The count of a node, and where its children end, are written when the node is closed.
struct TreePiece {
    struct Level {
        Buffer<uint32_t> symbol;
        Buffer<uint64_t> count, end;
        size_t begin = 1, size = 1;
    };
    int order;
    std::array<Level, MAX_ORDER> level;
    int first_depth = 0, depth = 0;  // of the first n-gram and of the last
    uint32_t last[MAX_ORDER] = {};
    uint64_t sum[MAX_ORDER] = {};  // counts of the last n-gram and its prefixes, without nodes that are not closed yet

    explicit TreePiece(int order) : order(order) {
        for (int l = 0; l < order; ++l) reserve(l);
    }

    void push(const uint32_t* symbol, uint64_t count) {
        int l = 0;
        while (l < order && symbol[l] && symbol[l] == last[l]) ++l;
        close(l);
        for (; l < order && symbol[l]; ++l) {
            Level& here = level[l];
            reserve(l);
            here.symbol[here.size++] = symbol[l];
            last[l] = symbol[l];
        }
        if (l) sum[l - 1] += count;  // 0 only for damaged trees
        depth = l;
        if (!first_depth) first_depth = l;
        for (; l < order; ++l) last[l] = 0;
    }

    // Insert the open n-grams of the piece before at the front, leave the last n-grams open (none if this is the last
    // piece), and drop closed n-grams of two or more symbols that occur fewer than min_count times.
    void join(OpenPath& open, uint64_t min_count, bool is_last) {
        close(0);
        int shared = 0;
        while (shared < open.depth && shared < first_depth && level[shared].symbol[1] == open.symbol[shared]) {
            level[shared].count[1] += open.count[shared];
            ++shared;
        }
        for (int l = shared; l < open.depth; ++l) {
            level[l].begin = 0;
            level[l].symbol[0] = open.symbol[l];
            level[l].count[0] = open.count[l];
            if (l + 1 < order) level[l].end[0] = 1;
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
    void reserve(int l) {
        Level& here = level[l];
        if (here.size < here.symbol.capacity()) return;
        here.symbol.reserve(here.size + 1);
        here.count.reserve(here.symbol.capacity());
        here.end.reserve(l + 1 < order ? here.symbol.capacity() : 1);
    }
    void close(int l) {  // the last nodes of the levels from l
        for (; depth > l; --depth) {
            Level& here = level[depth - 1];
            here.count[here.size - 1] = sum[depth - 1];
            if (depth < order) here.end[here.size - 1] = level[depth].size;
            if (depth > 1) sum[depth - 2] += sum[depth - 1];
            sum[depth - 1] = 0;
        }
    }
    void prune(uint64_t min_count) {
        for (int l = 0; l + 1 < order; ++l) {  // ends first, while the level below is not pruned yet
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
                if (l + 1 < order) here.end[kept] = here.end[i];
                const uint64_t count = here.count[i];
                here.count[kept] = count;
                kept += count >= min_count;
            }
            here.size = kept;
        }
    }
};

// The sources of a merge: runs, given by their maps, and trees.
struct Sources {
    struct Source { std::vector<StoredLevel> levels; const uint32_t* map; size_t map_size; };
    std::vector<Source> all;
    void add_run(const uint32_t* map, size_t map_size) { all.push_back({{}, map, map_size}); }
    void add_tree(const std::vector<StoredLevel>& levels, const uint32_t* map) { all.push_back({levels, map, 0}); }
};

// Merges sources whose n-grams, in the final ids, lie in [low, high); `high` may be empty.  Symbols take `bits` bits.
// After `stop_at`, a merge continues where it has ended, up to another bound.
class Merge {
public:
    virtual ~Merge() = default;
    // Merge until a source needs its next block (returns its number) or until the end (returns -1).
    virtual int advance(TreePiece* tree, RunWriter* run) = 0;
    virtual void feed(size_t source, const uint8_t* block, size_t size) = 0;
    virtual void stop_at(const std::vector<uint32_t>& high) = 0;

    static std::unique_ptr<Merge> of(const Sources& sources, int order, int bits, const std::vector<uint32_t>& low,
                                     const std::vector<uint32_t>& high);
};

template <int W>
class MergeOf : public Merge {
public:
    MergeOf(const Sources& sources, Packing packing, const std::vector<uint32_t>& low,
            const std::vector<uint32_t>& high)
        : packing_(packing), low_(pack(low)), high_(pack(high)), bounded_(!high.empty()) {
        for (const auto& source : sources.all) {
            if (source.levels.empty())
                sources_.push_back(std::make_unique<BlockSource<W>>(packing, source.map, source.map_size));
            else
                sources_.push_back(std::make_unique<TreeSource<W>>(packing, source.levels, source.map, low.data()));
        }
        loser_.resize(std::max<size_t>(1, sources_.size()));
    }

    void feed(size_t source, const uint8_t* block, size_t size) override { sources_[source]->feed(block, size); }
    void stop_at(const std::vector<uint32_t>& high) override {
        high_ = pack(high);
        bounded_ = !high.empty();
    }

    int advance(TreePiece* tree, RunWriter* run) override {
        if (first_.size() < sources_.size()) {
            if (!load_first()) return int(first_.size());
            play();
        } else if (waiting_ && !replace_top()) {
            return int(top_.source);
        }
        while (alive_ && !(bounded_ && !less(top_.key, high_))) {
            if (pending_ && !(top_.key == key_)) emit(tree, run);
            key_ = top_.key;
            count_ += sources_[top_.source]->head().count;
            pending_ = true;
            if (!replace_top()) return int(top_.source);
        }
        if (pending_) emit(tree, run);
        return -1;
    }

private:
    using Source = RunSource<W>;
    struct Head { Key<W> key; size_t source; };
    std::vector<std::unique_ptr<Source>> sources_;
    Packing packing_;
    Key<W> low_, high_, key_{};
    bool bounded_, pending_ = false, waiting_ = false;
    uint64_t count_ = 0;
    // A tournament of the next n-grams of all sources: node i holds the loser of nodes 2i and 2i + 1, and the last
    // nodes are the sources.  A source that has ended takes part with a key that is larger than all others.
    std::vector<Head> first_, loser_;
    Head top_{};
    size_t alive_ = 0;  // sources that have not ended

    Key<W> pack(const std::vector<uint32_t>& symbol) const {
        Key<W> key{};
        for (size_t j = 0; j < symbol.size(); ++j) packing_.put(key, int(j), symbol[j]);
        return key;
    }
    static bool less(const Key<W>& a, const Key<W>& b) {
        bool is_less = a.word[W - 1] < b.word[W - 1];
        for (int i = W - 2; i >= 0; --i) is_less = (a.word[i] < b.word[i]) | ((a.word[i] == b.word[i]) & is_less);
        return is_less;
    }

    // Move a source to its next n-gram, at `low` or above; false if it must be fed first.
    bool load(Head& head) {
        Source& source = *sources_[head.source];
        for (;;) {
            const auto status = source.next();
            if (status == Source::HUNGRY) return false;
            if (status == Source::DONE) {
                --alive_;
                std::fill(head.key.word, head.key.word + W, ~uint64_t(0));
                return true;
            }
            head.key = source.head().key;
            if (!less(head.key, low_)) return true;
        }
    }
    bool load_first() {
        for (size_t i = first_.size(); i < sources_.size(); ++i) {
            Head head{{}, i};
            ++alive_;
            if (!load(head)) { --alive_; return false; }
            first_.push_back(head);
        }
        return true;
    }
    void play() {
        const size_t n = sources_.size();
        std::vector<Head> winner(2 * n);
        std::copy(first_.begin(), first_.end(), winner.begin() + ptrdiff_t(n));
        for (size_t i = n - 1; i > 0; --i) {
            const bool second = less(winner[2 * i + 1].key, winner[2 * i].key);
            winner[i] = winner[2 * i + second];
            loser_[i] = winner[2 * i + !second];
        }
        top_ = winner[1];
    }
    // Replace the smallest n-gram by the next one of its source; false if the source must be fed first.  There are no
    // branches on comparisons, whose results cannot be predicted.
    bool replace_top() {
        waiting_ = !load(top_);
        if (waiting_) return false;
        Head moving = top_;
        for (size_t i = (sources_.size() + moving.source) / 2; i > 0; i /= 2) {
            Head& other = loser_[i];
            const uint64_t loses = uint64_t(0) - uint64_t(less(other.key, moving.key));
            for (int w = 0; w < W; ++w) {
                const uint64_t change = (other.key.word[w] ^ moving.key.word[w]) & loses;
                other.key.word[w] ^= change;
                moving.key.word[w] ^= change;
            }
            const size_t change = (other.source ^ moving.source) & size_t(loses);
            other.source ^= change;
            moving.source ^= change;
        }
        top_ = moving;
        return true;
    }
    void emit(TreePiece* tree, RunWriter* run) {
        uint32_t symbol[MAX_ORDER];
        packing_.unpack(key_, symbol);
        if (tree) tree->push(symbol, count_);
        else run->push(symbol, count_);
        pending_ = false;
        count_ = 0;
    }
};

inline std::unique_ptr<Merge> Merge::of(const Sources& sources, int order, int bits, const std::vector<uint32_t>& low,
                                        const std::vector<uint32_t>& high) {
    const Packing packing{order, bits};  // no n-gram has all bits of its key
    if (order * bits < 64) return std::make_unique<MergeOf<1>>(sources, packing, low, high);
    if (order * bits < 128) return std::make_unique<MergeOf<2>>(sources, packing, low, high);
    return std::make_unique<MergeOf<4>>(sources, packing, low, high);
}

}  // namespace nlpzero::counting
