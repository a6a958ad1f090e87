// Exact n-gram counts as a prefix tree in arrays, one level per order.
//
// Level n holds every n-gram once, in lexicographic order of its symbol ids: its last symbol, its count, and (except on
// the last level) the end of its children, the (n+1)-grams that begin with it, on level n + 1.  The children of node i
// of level n are [end[i-1], end[i]) with end[-1] = 0.
//
// Counting (sorter.hpp): positions are distributed into one bucket per first symbol; the next order - 1 symbols, packed
// into W words and zero-padded at run ends, are the key.  Each bucket is sorted by a least-significant-digit radix sort
// while it is in cache, and its distinct keys are unrolled into the tree.  The tree of a text does not depend on how
// the text was cut into parts.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include "alphabet.hpp"

namespace nlpzero::counting {

constexpr int MAX_ORDER = 8;

// A growable array of plain values that does not initialize new entries and grows by remapping pages where possible.
template <class T>
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(size_t n) { reserve(n); }
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept { swap(other); return *this; }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(data_); }

    T* data() { return data_; }
    const T* data() const { return data_; }
    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }
    size_t capacity() const { return capacity_; }

    void reserve(size_t n) {
        if (n <= capacity_) return;
        const size_t wanted = std::max(n, capacity_ + capacity_ / 2);
        resize_exactly(wanted);
    }
    void resize_exactly(size_t n) {
        if (n > PTRDIFF_MAX / sizeof(T)) throw std::bad_alloc();
        void* fresh = std::realloc(static_cast<void*>(data_), std::max<size_t>(n, 1) * sizeof(T));
        if (!fresh) throw std::bad_alloc();
        data_ = static_cast<T*>(fresh);
        capacity_ = n;
#ifdef __linux__
        const uintptr_t page = (reinterpret_cast<uintptr_t>(fresh) + 4095) & ~uintptr_t(4095);  // fewer page faults
        if (n * sizeof(T) > size_t(1) << 24)
            madvise(reinterpret_cast<void*>(page), (n * sizeof(T) - 4096) & ~size_t(4095), MADV_HUGEPAGE);
#endif
    }
    void swap(Buffer& other) { std::swap(data_, other.data_); std::swap(capacity_, other.capacity_); }
    T* release() { T* p = data_; data_ = nullptr; capacity_ = 0; return p; }

private:
    T* data_ = nullptr;
    size_t capacity_ = 0;
};

struct Level {
    Buffer<uint32_t> symbol, count, end;
    size_t size = 0;
    void reserve(size_t n, bool inner) {
        symbol.reserve(n);
        count.reserve(n);
        if (inner) end.reserve(n);  // the top level has no children
    }
};

struct Tree {
    int order = 0;
    std::array<Level, MAX_ORDER> level;
};

// Drop n-grams of two or more symbols that occur fewer than min_count times from the part of the tree that starts at
// node first[n] of each level.
inline void prune_tail(Tree& tree, const std::array<size_t, MAX_ORDER>& first, uint32_t min_count) {
    const int order = tree.order;
    // Level by level is enough: the count of a parent is at least that of its children, so no kept node loses its
    // parent.
    for (int n = order - 1; n >= 0; --n) {
        Level& level = tree.level[n];
        Level* below = n + 1 < order ? &tree.level[n + 1] : nullptr;
        size_t child = below ? first[n + 1] : 0, kept_child = child;
        for (size_t i = first[n]; i < level.size; ++i) {
            if (below) {  // children are not compacted yet: count those that are kept
                for (; child < level.end[i]; ++child) kept_child += below->count[child] >= min_count;
                level.end[i] = uint32_t(kept_child);
            }
        }
    }
    for (int n = 1; n < order; ++n) {
        Level& level = tree.level[n];
        size_t w = first[n];
        for (size_t i = first[n]; i < level.size; ++i) {
            level.symbol[w] = level.symbol[i];
            if (n + 1 < order) level.end[w] = level.end[i];
            const uint32_t c = level.count[i];
            level.count[w] = c;
            w += c >= min_count;
        }
        level.size = w;
    }
}

template <int W>
struct Key {
    uint64_t word[W];  // word[0] is the most significant
    bool operator==(const Key& o) const {
        uint64_t x = 0;
        for (int i = 0; i < W; ++i) x |= word[i] ^ o.word[i];
        return x == 0;
    }
    uint32_t bits(int shift, uint32_t mask) const {  // a field of at most 32 bits whose low end is at `shift`
        const int i = W - 1 - (shift >> 6), s = shift & 63;
        uint64_t x = word[i] >> s;
        if (W > 1 && s > 32 && i > 0) x |= word[i - 1] << (64 - s);
        return uint32_t(x) & mask;
    }
    void shift_right(int b) {
        for (int i = W - 1; i > 0; --i) word[i] = word[i] >> b | word[i - 1] << (64 - b);
        word[0] >>= b;
    }
    void clear_unless(bool kept) {
        for (uint64_t& w : word) w &= uint64_t(0) - uint64_t(kept);
    }
    void shift_right_and_put(int b, uint64_t v, int top) {  // *this = *this >> b | v << top
        shift_right(b);
        const int i = W - 1 - (top >> 6), s = top & 63;
        word[i] |= v << s;
        if (W > 1 && s && i > 0 && s + b > 64) word[i - 1] |= v >> (64 - s);
    }
};

template <int W>
inline void insertion_sort(Key<W>* a, size_t n) {
    for (size_t i = 1; i < n; ++i) {
        const Key<W> x = a[i];
        size_t j = i;
        for (; j > 0; --j) {
            int k = 0;
            while (k < W - 1 && a[j - 1].word[k] == x.word[k]) ++k;
            if (a[j - 1].word[k] <= x.word[k]) break;
            a[j] = a[j - 1];
        }
        a[j] = x;
    }
}

// Least-significant-digit radix sort of keys of up to PASSES * DIGIT bits.  Returns `a` or `scratch`: where the result
// is.
template <int W, int PASSES, int DIGIT>
inline Key<W>* radix_sort(Key<W>* a, Key<W>* scratch, size_t n) {
    constexpr uint32_t MASK = (1u << DIGIT) - 1;
    uint32_t count[PASSES][1 << DIGIT] = {};
    for (size_t i = 0; i < n; ++i)
        for (int j = 0; j < PASSES; ++j) ++count[j][a[i].bits(j * DIGIT, MASK)];
    for (int j = 0; j < PASSES; ++j) {
        if (count[j][a[0].bits(j * DIGIT, MASK)] == n) continue;  // all keys share this digit
        uint32_t sum = 0;
        for (uint32_t& c : count[j]) { const uint32_t x = c; c = sum; sum += x; }
        for (size_t i = 0; i < n; ++i) scratch[count[j][a[i].bits(j * DIGIT, MASK)]++] = a[i];
        std::swap(a, scratch);
    }
    return a;
}

// Sort a[0, n); `scratch` has room for n keys.  Larger inputs use wider digits, whose counters cost more to clear.
template <int W>
inline Key<W>* sort_keys(Key<W>* a, Key<W>* scratch, size_t n, int bits) {
    if (n <= 24) {
        insertion_sort(a, n);
        return a;
    }
    if (W == 1 && n > 1500) {
        if (bits <= 33) return radix_sort<W, 3, 11>(a, scratch, n);
        if (bits <= 44) return radix_sort<W, 4, 11>(a, scratch, n);
        if (bits <= 48) return radix_sort<W, 4, 12>(a, scratch, n);
        return radix_sort<W, 6, 11>(a, scratch, n);
    }
    if (bits <= 24) return radix_sort<W, 3, 8>(a, scratch, n);
    if (bits <= 48) return radix_sort<W, 6, 8>(a, scratch, n);
    return radix_sort<W, 8 * W, 8>(a, scratch, n);
}

template <class Sym>
struct Piece { const Sym* data; size_t size; };  // encoded text that ends with a boundary

// Keep each of the sorted keys once, with its count; returns the number of distinct keys.
template <int W>
inline size_t squeeze(Key<W>* keys, size_t n, uint32_t* count) {
    size_t m = 0;
    uint32_t times = 0;
    for (size_t i = 0; i < n; ++i) {
        const Key<W> key = keys[i];
        const bool last = i + 1 == n || !(key == keys[i + 1]);
        keys[m] = key;
        count[m] = ++times;
        times = last ? 0 : times;
        m += last;
    }
    return m;
}

// Unroll the m distinct keys of one first symbol into the tree, from the longest n-grams to the shortest.  Each level
// leaves the list of its prefixes with their counts and the ends of their children, which is the input of the level
// before.
template <int W>
inline void unroll(Tree& tree, Key<W>* keys, size_t m, uint32_t* count, uint32_t* end, int bits) {
    const int order = tree.order;
    const uint32_t mask = bits == 32 ? ~0u : (1u << bits) - 1;
    for (int l = order - 1; l > 0; --l) {
        Level& level = tree.level[l];
        level.reserve(level.size + m + 1, l + 1 < order);
        uint32_t* const symbols = level.symbol.data();
        uint32_t* const counts = level.count.data();
        uint32_t* const ends = level.end.data();
        size_t w = level.size, groups = 0;
        uint32_t sum = 0;
        Key<W> prefix = keys[0];
        prefix.shift_right(bits);
        for (size_t i = 0; i < m; ++i) {
            const uint32_t s = keys[i].bits(0, mask);
            symbols[w] = s;
            counts[w] = count[i];
            if (l + 1 < order) ends[w] = end[i];
            w += s != 0;  // 0 is the end of a run
            sum += count[i];
            Key<W> next = i + 1 < m ? keys[i + 1] : keys[i];
            next.shift_right(bits);
            const bool last = i + 1 == m || !(next == prefix);
            keys[groups] = prefix;
            count[groups] = sum;
            end[groups] = uint32_t(w);
            sum = last ? 0 : sum;
            groups += last;
            prefix = next;
        }
        level.size = w;
        m = groups;
    }
}

// Encoded text, kept in pieces of 16-bit symbols until an id needs more.
class SymbolStore {
public:
    size_t positions() const { return size_t(totals_[0]); }
    uint64_t total(int n) const { return totals_[n - 1]; }  // n-grams of order n in the text

    // Encode and keep a piece of text.  False if it is not UTF-8 (at offset `invalid`); nothing is kept then.
    bool add(Alphabet& alphabet, const Text& text, size_t& invalid) {
        if (!wide_) {
            Buffer<uint16_t> out(text.size + 1);
            invalid = ~size_t(0);
            const size_t n = alphabet.encode(text, out.data(), 0xFFFF, true, invalid);
            if (n != Alphabet::GAVE_UP) return keep(narrow_pieces_, std::move(out), n, alphabet.size());
            if (invalid != ~size_t(0)) return false;
            widen();
        }
        Buffer<uint32_t> out(text.size + 1);
        const size_t n = alphabet.encode(text, out.data(), Alphabet::JOINED - 1, true, invalid);
        return n != Alphabet::GAVE_UP && keep(wide_pieces_, std::move(out), n, alphabet.size());
    }

    // How often each id occurs; 0 for ids that occur only in text that was refused.
    const std::vector<uint64_t>& frequency() const { return frequency_; }

    // Call visit(pieces), a vector of Piece<uint16_t> or Piece<uint32_t>.
    template <class Visit>
    void visit(Visit&& visit) const {
        if (wide_) visit(views(wide_pieces_));
        else visit(views(narrow_pieces_));
    }

    // Remove the piece that was added last.
    void drop_last() {
        if (wide_ ? wide_pieces_.empty() : narrow_pieces_.empty()) throw std::out_of_range("No text was added.");
        if (wide_) drop_last(wide_pieces_);
        else drop_last(narrow_pieces_);
    }

private:
    template <class Sym>
    struct Kept { Buffer<Sym> data; size_t size; };
    std::vector<Kept<uint16_t>> narrow_pieces_;
    std::vector<Kept<uint32_t>> wide_pieces_;
    bool wide_ = false;
    std::array<uint64_t, MAX_ORDER> totals_{};
    std::vector<uint64_t> frequency_;

    template <class Sym>
    bool keep(std::vector<Kept<Sym>>& pieces, Buffer<Sym>&& out, size_t n, size_t symbols) {
        // All memory is allocated first, so that a piece is both kept and counted, or neither.
        if (symbols >= frequency_.size()) frequency_.resize(symbols + symbols / 2 + 1);
        out.resize_exactly(n);
        pieces.push_back({std::move(out), n});
        register_piece(pieces.back().data.data(), n, 1);
        return true;
    }
    template <class Sym>
    void register_piece(const Sym* piece, size_t n, uint64_t sign) {  // sign -1 removes it
        size_t run = 0;
        for (size_t i = 0; i < n; ++i) {
            const size_t symbol = piece[i];
            if (symbol) {
                frequency_[symbol] += sign;
                ++run;
                continue;
            }
            for (size_t k = 0; k < MAX_ORDER && k < run; ++k) totals_[k] += sign * (run - k);
            run = 0;
        }
    }
    template <class Sym>
    void drop_last(std::vector<Kept<Sym>>& pieces) {
        register_piece(pieces.back().data.data(), pieces.back().size, ~uint64_t(0));
        pieces.pop_back();
    }
    template <class Sym>
    static std::vector<Piece<Sym>> views(const std::vector<Kept<Sym>>& pieces) {
        std::vector<Piece<Sym>> result;
        for (const auto& piece : pieces) result.push_back({piece.data.data(), piece.size});
        return result;
    }
    void widen() {
        std::vector<Kept<uint32_t>> pieces;
        pieces.reserve(narrow_pieces_.size());
        for (const auto& piece : narrow_pieces_) {
            Buffer<uint32_t> out(piece.size);
            std::copy(piece.data.data(), piece.data.data() + piece.size, out.data());
            pieces.push_back({std::move(out), piece.size});
        }
        wide_pieces_.swap(pieces);
        narrow_pieces_.clear();
        wide_ = true;
    }
};

}  // namespace nlpzero::counting
