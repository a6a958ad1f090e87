// Counting candidates of templates: pairs of anchors by the distinct fillings between them, and neighbours.
//
// A pair is counted once for each different filling (a fingerprint of the words between), so that a phrase that is only
// repeated does not look like a pattern.  Fingerprints are kept in one table.  When it holds `limit` of them it is
// thinned: only those whose last `level` bits are zero stay, and count 2^level each (adaptive sampling: Wegman;
// Flajolet 1990).  Until then counts are exact.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../common/random.hpp"

namespace nlpzero::templates {

class DistinctPairs {
public:
    DistinctPairs(size_t anchors, size_t window, size_t limit)
        : side(anchors + 1), window(window), limit(limit), counts(side * side), table(1024) {}

    // words: any numbers; anchors: 1 .. anchors, 0 for other words.
    void add(const int32_t* words, const int32_t* anchors, size_t n) {
        for (size_t i = 0; i + 2 < n; ++i) {
            if (!anchors[i]) continue;
            uint64_t filling = Stream::mix(uint64_t(words[i + 1]) + 1);
            for (size_t k = i + 2; k < n && k < i + window; ++k) {
                if (anchors[k]) insert(uint32_t(anchors[i] * side + anchors[k]), filling);
                filling = Stream::mix(filling * 3 + uint64_t(words[k]) + 1);
            }
        }
    }

    size_t level() const { return thinned; }
    const std::vector<uint32_t>& pair_counts() const { return counts; }  // of (a, b) at a * side + b, to be shifted by level()

private:
    struct Entry {
        uint64_t print = 0;
        uint32_t pair = 0;
    };
    size_t side, window, limit, used = 0, thinned = 0;
    std::vector<uint32_t> counts;
    std::vector<Entry> table;

    bool kept(uint64_t print) const { return (print & ((uint64_t(1) << thinned) - 1)) == 0; }

    void insert(uint32_t pair, uint64_t filling) {
        // times 3: a plain sum or exclusive or would take (x, y) for (y, x)
        const uint64_t print = Stream::mix(filling * 3 + Stream::mix(pair)) | uint64_t(1) << 63;  // never 0
        if (!kept(print)) return;
        if (!put(print, pair)) return;
        ++counts[pair];
        if (++used >= limit) thin();
        else if (2 * used > table.size()) rebuild(2 * table.size());
    }

    bool put(uint64_t print, uint32_t pair) {
        size_t at = size_t(print >> 20) & (table.size() - 1);
        for (; table[at].print; at = (at + 1) & (table.size() - 1))
            if (table[at].print == print) return false;
        table[at] = {print, pair};
        return true;
    }

    void thin() {
        ++thinned;
        for (const Entry& e : table)
            if (e.print && !kept(e.print)) --counts[e.pair], --used;
        rebuild(table.size());
    }

    void rebuild(size_t size) {
        std::vector<Entry> old(size);
        old.swap(table);
        for (const Entry& e : old)
            if (e.print && kept(e.print)) put(e.print, e.pair);
    }
};

// Segments (stretches of words >= 0 between negative numbers) that were not seen recently, as words and lengths.
// "Recently": a table of fingerprints where a newer one takes the place of an older one.
class FreshSegments {
public:
    explicit FreshSegments(size_t size) : table(size) {}  // a power of 2

    void add(const int32_t* words, size_t n, std::vector<int32_t>& out, std::vector<int64_t>& lengths) {
        for (size_t start = 0; start < n;) {
            if (words[start] < 0) { ++start; continue; }
            size_t end = start;
            uint64_t print = 0;
            while (end < n && words[end] >= 0) print = Stream::mix(print * 3 + uint64_t(words[end++]) + 1);
            print |= 1;
            uint64_t& place = table[size_t(print >> 20) & (table.size() - 1)];
            if (place != print) {
                place = print;
                out.insert(out.end(), words + start, words + end);
                lengths.push_back(int64_t(end - start));
            }
            start = end;
        }
    }

private:
    std::vector<uint64_t> table;
};

// Different fillings of templates, how often each occurs, and where it occurs first.
class Fillings {
public:
    struct Entry {
        uint64_t print;
        int32_t owner;
        uint32_t count;
        int64_t spans;  // index of its first span
    };
    std::vector<Entry> entries;  // in the order of their first occurrence
    std::vector<int64_t> spans;  // start and length of each slot, entry after entry

    explicit Fillings(size_t limit) : limit(limit), index(1024, -1) {}

    // The templates of a tree over a clause of `length` words: rows of start, end, label (>= 0: a template; SLOT) and
    // depth, depth first.  The neighbours of a template without slots stand for its filling.
    void add_tree(const int32_t* rows, size_t n, const int32_t* words, int64_t length, int64_t base) {
        constexpr int32_t SLOT = -2;
        for (size_t r = 0; r < n; ++r) {
            const int32_t *row = rows + 4 * r, start = row[0], end = row[1], label = row[2], depth = row[3];
            if (label < 0) continue;
            slots.clear();
            for (const int32_t* in = row + 4; in < rows + 4 * n && in[3] > depth; in += 4)
                if (in[2] == SLOT && in[3] == depth + 1) slots.insert(slots.end(), {in[0], in[1] - in[0]});
            if (slots.empty()) slots = {start - (start > 0), start > 0, end, end < length};
            add(label, words, slots.data(), slots.size() / 2, base);
        }
    }

    // slots: start and length of each in `words`; `base` is where `words` begins in the whole.
    void add(int32_t owner, const int32_t* words, const int64_t* slots, size_t n, int64_t base) {
        uint64_t print = Stream::mix(uint64_t(uint32_t(owner)));
        for (size_t s = 0; s < n; ++s) {
            for (int64_t k = 0; k < slots[2 * s + 1]; ++k) print = Stream::mix(print * 3 + uint32_t(words[slots[2 * s] + k]));
            print = Stream::mix(print + s + 1);
        }
        size_t at = size_t(print >> 20) & (index.size() - 1);
        for (; index[at] >= 0; at = (at + 1) & (index.size() - 1))
            if (entries[size_t(index[at])].print == print) { ++entries[size_t(index[at])].count; return; }
        if (entries.size() >= limit) return;
        index[at] = int64_t(entries.size());
        entries.push_back({print, owner, 1, int64_t(spans.size())});
        for (size_t s = 0; s < 2 * n; ++s) spans.push_back(slots[s] + (s % 2 ? 0 : base));
        if (2 * entries.size() > index.size()) grow();
    }

private:
    size_t limit;
    std::vector<int64_t> index, slots;

    void grow() {
        index.assign(2 * index.size(), -1);
        for (size_t e = 0; e < entries.size(); ++e) {
            size_t at = size_t(entries[e].print >> 20) & (index.size() - 1);
            while (index[at] >= 0) at = (at + 1) & (index.size() - 1);
            index[at] = int64_t(e);
        }
    }
};

// Pairs of anchors in neighbouring clauses of a sentence: the first among the first LEFT words of a clause, the second
// among the first RIGHT words of the next.  A word with itself counts only where both clauses begin with it, for a topic
// that is taken up again may occur anywhere.  Equal pairs of clauses count once.
class ClausePairs {
public:
    static constexpr size_t LEFT = 4, RIGHT = 2;
    static constexpr int32_t CLAUSE_END = -2, MARK = -3;  // other negative numbers end a sentence
    std::vector<uint32_t> counts, left, right;
    uint64_t total = 0;

    explicit ClausePairs(size_t anchors, size_t remembered)
        : counts((anchors + 1) * (anchors + 1)), left(anchors + 1), right(anchors + 1), side(anchors + 1), seen(remembered) {}

    void count(const int32_t* words, const int32_t* anchors, size_t n) {
        scan(words, anchors, n, [&](const std::vector<size_t>& a, const std::vector<size_t>& b, size_t start, size_t next) {
            ++total;
            for (size_t p : a) ++left[size_t(anchors[p])];
            for (size_t p : b) ++right[size_t(anchors[p])];
            for (size_t p : a)
                for (size_t r : b)
                    if (together(anchors, p, r, start, next)) ++counts[size_t(anchors[p]) * side + size_t(anchors[r])];
        });
    }

    // The fillings of the pairs that became templates: owner[a * side + b] >= 0.
    void fill(const int32_t* words, const int32_t* anchors, size_t n, const int32_t* owner, Fillings& fillings, int64_t base) {
        scan(words, anchors, n, [&](const std::vector<size_t>& a, const std::vector<size_t>& b, size_t start, size_t next) {
            for (size_t p : a)
                for (size_t r : b) {
                    const int32_t t = owner[size_t(anchors[p]) * side + size_t(anchors[r])];
                    if (t < 0 || !together(anchors, p, r, start, next)) continue;
                    const int64_t slot[2] = {int64_t(p + 1), int64_t(r - p - 1)};
                    fillings.add(t, words, slot, 1, base);
                }
        });
    }

    void forget() { std::fill(seen.begin(), seen.end(), 0); }

private:
    size_t side;
    std::vector<uint64_t> seen;

    static bool together(const int32_t* anchors, size_t p, size_t r, size_t start, size_t next) {
        return anchors[p] != anchors[r] || (p == start && r == next);
    }

    template <class Found>
    void scan(const int32_t* words, const int32_t* anchors, size_t n, Found found) {
        std::vector<size_t> a, b;
        for (size_t start = 0; start < n;) {
            size_t end = start;
            while (end < n && (words[end] >= 0 || words[end] == MARK)) ++end;
            const size_t next = end + 1;
            if (end < n && words[end] == CLAUSE_END && end > start && next < n && words[next] >= 0) {
                first(words, anchors, start, end, LEFT, a);
                first(words, anchors, next, n, RIGHT, b);
                if (!a.empty() && !b.empty() && fresh(words, start, next, n)) found(a, b, start, next);
            }
            start = next;
        }
    }

    static void first(const int32_t* words, const int32_t* anchors, size_t at, size_t end, size_t limit, std::vector<size_t>& out) {
        out.clear();
        for (size_t k = at; k < end && k < at + limit && (words[k] >= 0 || words[k] == MARK); ++k) {
            bool known = anchors[k] == 0;
            for (size_t o : out) known |= anchors[o] == anchors[k];
            if (!known) out.push_back(k);
        }
    }

    bool fresh(const int32_t* words, size_t start, size_t next, size_t n) {
        uint64_t print = 0;
        for (size_t k = start; k < n && k < next + RIGHT && (k < next || words[k] >= 0); ++k)
            print = Stream::mix(print * 3 + uint32_t(words[k]));
        print |= 1;
        uint64_t& place = seen[size_t(print >> 20) & (seen.size() - 1)];
        if (place == print) return false;
        place = print;
        return true;
    }
};

}  // namespace nlpzero::templates
