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
    int first_depth = 0;
    int depth = 0;  // of the last n-gram, without the top level
    uint32_t last[MAX_ORDER] = {};
    uint64_t sum[MAX_ORDER] = {};  // counts of the last n-gram and its prefixes, without nodes that are not closed yet

    explicit TreePiece(int order) : order(order) {
        for (int l = 0; l < order; ++l) reserve(l);
    }

    void push(const uint32_t* symbol, uint64_t count) {
        const int top = order - 1;
        int l = 0;
        while (l < top && symbol[l] && symbol[l] == last[l]) ++l;
        if (l < top) {
            close(l);
            for (; l < top && symbol[l]; ++l) append(l, symbol[l], 0);
            depth = l;
            std::fill(last + l, last + top, 0);
        }
        if (l) sum[l - 1] += count;  // 0 only for damaged trees, or if the order is 1
        last[top] = 0;
        if (l == top && symbol[top]) append(l++, symbol[top], count);
        if (!first_depth) first_depth = l;
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
        here.symbol.reserve(here.size + 1);
        here.count.reserve(here.symbol.capacity());
        here.end.reserve(l + 1 < order ? here.symbol.capacity() : 1);
    }
    void append(int l, uint32_t symbol, uint64_t count) {
        Level& here = level[l];
        if (here.size == here.symbol.capacity()) reserve(l);
        here.symbol[here.size] = symbol;
        here.count[here.size++] = count;
        last[l] = symbol;
    }
    void close(int l) {  // the last nodes of the levels from l, except for the top level
        for (; depth > l; --depth) {
            Level& here = level[depth - 1];
            here.count[here.size - 1] = sum[depth - 1];
            here.end[here.size - 1] = level[depth].size;
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

// Sort entries by the bits of their keys that differ; `scratch` has room for n entries.  Returns where the result is.
template <int W>
inline Entry<W>* sort_entries(Entry<W>* a, Entry<W>* scratch, size_t n) {
    Key<W> differs{};
    for (size_t i = 1; i < n; ++i)
        for (int w = 0; w < W; ++w) differs.word[w] |= a[i].key.word[w] ^ a[0].key.word[w];
    const int digit = n > 1500 ? 11 : 8;
    const uint32_t mask = (1u << digit) - 1;
    uint32_t place[1 << 11];
    for (int shift = 0; shift < 64 * W; shift += digit) {
        while (shift < 64 * W && !(differs.bits(shift, 1))) ++shift;  // from the next bit that differs
        if (shift >= 64 * W) break;
        std::fill(place, place + mask + 1, 0u);
        for (size_t i = 0; i < n; ++i) ++place[a[i].key.bits(shift, mask)];
        uint32_t sum = 0;
        for (uint32_t d = 0; d <= mask; ++d) {
            const uint32_t size = place[d];
            place[d] = sum;
            sum += size;
        }
        for (size_t i = 0; i < n; ++i) scratch[place[a[i].key.bits(shift, mask)]++] = a[i];
        std::swap(a, scratch);
    }
    return a;
}

// Goes in rounds: every source has a batch of its next n-grams, and those up to the least of their last ones are
// complete.  They are sorted by their bits, which takes the same time for many sources as for few.
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
        const size_t n = std::max<size_t>(1, sources_.size());
        room_ = std::min(Source::ROOM, std::max(LEAST_ROOM, ROUND_ENTRIES / n));
        started_.assign(n, 0);
        ended_.assign(n, 0);
        entries_.resize(n * room_);
        scratch_.resize(n * room_);
    }

    void feed(size_t source, const uint8_t* block, size_t size) override { sources_[source]->feed(block, size); }
    void stop_at(const std::vector<uint32_t>& high) override {
        high_ = pack(high);
        bounded_ = !high.empty();
    }

    int advance(TreePiece* tree, RunWriter* run) override {
        for (;;) {
            for (; next_ < sources_.size(); ++next_)
                if (!fill_batch(next_)) return int(next_);
            next_ = 0;
            const size_t n = gather();
            if (!n) return -1;
            const Entry<W>* const sorted = sort_entries(entries_.data(), scratch_.data(), n);
            for (size_t i = 0; i < n;) {
                const Key<W> key = sorted[i].key;
                uint64_t count = 0;
                for (; i < n && sorted[i].key == key; ++i) count += sorted[i].count;
                emit(key, count, tree, run);
            }
        }
    }

private:
    using Source = RunSource<W>;
    static constexpr size_t ROUND_ENTRIES = 1 << 14, LEAST_ROOM = 32;  // a round stays in the cache
    std::vector<std::unique_ptr<Source>> sources_;
    Packing packing_;
    Key<W> low_, high_;
    bool bounded_;
    size_t room_, next_ = 0;  // n-grams of a batch, and the source whose batch is filled next
    std::vector<uint8_t> started_, ended_;  // whether a source has reached `low`, and whether its batch is its last one
    std::vector<Entry<W>> entries_, scratch_;

    Key<W> pack(const std::vector<uint32_t>& symbol) const {
        Key<W> key{};
        for (size_t j = 0; j < symbol.size(); ++j) packing_.put(key, int(j), symbol[j]);
        return key;
    }
    static bool less(const Key<W>& a, const Key<W>& b) {
        int i = 0;
        while (i + 1 < W && a.word[i] == b.word[i]) ++i;
        return a.word[i] < b.word[i];
    }
    static const Entry<W>* lower_bound(const Source& source, const Key<W>& key) {
        return std::partition_point(source.begin(), source.end(), [&](const Entry<W>& e) { return less(e.key, key); });
    }

    // Fill the batch of a source with n-grams at `low` or above; false if it must be fed first.
    bool fill_batch(size_t i) {
        Source& source = *sources_[i];
        do {
            const auto status = source.top_up(room_);
            if (status == Source::HUNGRY) return false;
            ended_[i] = status == Source::DONE;
            if (!started_[i]) source.take_until(lower_bound(source, low_));
            started_[i] = source.begin() != source.end();
        } while (!started_[i] && !ended_[i]);
        return true;
    }
    // Take the n-grams below `high` of which no source has more, and return their number.
    size_t gather() {
        const Key<W>* last = nullptr;
        for (size_t i = 0; i < sources_.size(); ++i) {
            if (ended_[i]) continue;
            const Key<W>& key = sources_[i]->end()[-1].key;
            if (!last || less(key, *last)) last = &key;
        }
        size_t n = 0;
        for (const auto& source : sources_) {
            const Entry<W>* end = source->end();
            if (last) end = std::partition_point(source->begin(), end, [&](const auto& e) { return !less(*last, e.key); });
            if (bounded_) end = std::min(end, lower_bound(*source, high_));
            std::copy(source->begin(), end, entries_.data() + n);
            n += size_t(end - source->begin());
            source->take_until(end);
        }
        return n;
    }
    void emit(const Key<W>& key, uint64_t count, TreePiece* tree, RunWriter* run) {
        uint32_t symbol[MAX_ORDER];
        packing_.unpack(key, symbol);
        if (tree) tree->push(symbol, count);
        else run->push(symbol, count);
    }
};

inline std::unique_ptr<Merge> Merge::of(const Sources& sources, int order, int bits, const std::vector<uint32_t>& low,
                                        const std::vector<uint32_t>& high) {
    const Packing packing{order, bits};
    if (order * bits <= 64) return std::make_unique<MergeOf<1>>(sources, packing, low, high);
    if (order * bits <= 128) return std::make_unique<MergeOf<2>>(sources, packing, low, high);
    return std::make_unique<MergeOf<4>>(sources, packing, low, high);
}

}  // namespace nlpzero::counting
