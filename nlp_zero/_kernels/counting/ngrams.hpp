// Exact n-gram counts as a prefix tree in arrays, one level per order.
//
// Level n holds every n-gram once, in lexicographic order of its symbol ids: its last symbol, its count, and (except on
// the last level) the end of its children, the (n+1)-grams that begin with it, on level n + 1.  The children of node i
// of level n are [end[i-1], end[i]) with end[-1] = 0.
//
// Counting (sorter.hpp): positions are distributed into one bucket per first symbol; the next order - 1 symbols, packed
// into W words and zero-padded at run ends, are the key.  The last position of a run, whose key is 0, is only counted.
// Each bucket is sorted while it is in cache, by a least-significant-digit radix sort or a quicksort of AVX-512, and its
// distinct keys are unrolled into the tree.  The tree of a text does not depend on how the text was cut into parts.
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

#include "pages.hpp"
#include "sort_avx512.hpp"
#include "unroll_avx512.hpp"

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
        // Fewer page faults.  Also the pages at both ends: realloc copies memory of which only a part was advised.
        constexpr uintptr_t PAGE = 4096;
        const uintptr_t begin = uintptr_t(fresh) / PAGE * PAGE;
        const uintptr_t end = (uintptr_t(fresh) + n * sizeof(T) + PAGE - 1) / PAGE * PAGE;
        if (n * sizeof(T) > size_t(1) << 24) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
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

template <int W>
struct Key {
    uint64_t word[W];  // word[0] is the most significant
    bool operator==(const Key& o) const {
        uint64_t x = 0;
        for (int i = 0; i < W; ++i) x |= word[i] ^ o.word[i];
        return x == 0;
    }
    bool is_empty() const {
        uint64_t x = 0;
        for (const uint64_t w : word) x |= w;
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
// is.  Each pass moves keys from both ends: those of the front fill the place of a digit from its begin, those of the
// back from its end, so that the next counter seldom waits for the last one.
template <int W, int PASSES, int DIGIT>
inline Key<W>* radix_sort(Key<W>* a, Key<W>* scratch, size_t n) {
    constexpr uint32_t MASK = (1u << DIGIT) - 1;
    uint32_t count[PASSES][1 << DIGIT] = {}, end[1 << DIGIT];
    for (size_t i = 0; i < n; ++i)
        for (int j = 0; j < PASSES; ++j) ++count[j][a[i].bits(j * DIGIT, MASK)];
    for (int j = 0; j < PASSES; ++j) {
        uint32_t* const begin = count[j];
        if (begin[a[0].bits(j * DIGIT, MASK)] == n) continue;  // all keys share this digit
        uint32_t sum = 0;
        for (uint32_t d = 0; d <= MASK; ++d) {
            const uint32_t x = begin[d];
            begin[d] = sum;
            end[d] = sum += x;
        }
        for (size_t i = 0; i < n / 2; ++i) {
            const Key<W> front = a[i], back = a[n - 1 - i];
            scratch[begin[front.bits(j * DIGIT, MASK)]++] = front;
            scratch[--end[back.bits(j * DIGIT, MASK)]] = back;
        }
        if (n % 2) scratch[begin[a[n / 2].bits(j * DIGIT, MASK)]] = a[n / 2];
        std::swap(a, scratch);
    }
    return a;
}

// Sort a[0, n); `scratch` has room for n keys.  Returns `a` or `scratch`: where the result is.  Larger inputs use
// wider digits, whose counters cost more to clear.
template <int W>
inline Key<W>* sort_keys(Key<W>* a, Key<W>* scratch, size_t n, int bits) {
#ifdef NLP_ZERO_AVX512
    if (W == 1 && use_avx512()) {
        sort_avx512(a->word, scratch->word, n);
        return a;
    }
#endif
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
    if (bits <= 42) return radix_sort<W, 6, 7>(a, scratch, n);
    if (bits <= 48) return radix_sort<W, 6, 8>(a, scratch, n);
    return radix_sort<W, 8 * W, 8>(a, scratch, n);
}

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

// Appends sorted keys, those of one first symbol after the other, to a tree.  Keys go in steps of STEP: first the
// distinct ones and the places where they end are collected, then each adds a node to the top level, to the level below
// if its prefix differs from that of the next key, and so on.  A count is the difference of two places.  N-grams that
// occur fewer than min_count times are left out; those that begin with them are as rare.
template <int W>
class TreeWriter {
public:
    TreeWriter(Tree& tree, int bits) : tree_(tree), bits_(bits), mask_(bits == 32 ? ~0u : (1u << bits) - 1) {}

    // Offer the memory of keys that were appended: pages of the tree are made of it.
    void offer(const Key<W>* begin, const Key<W>* end) { spare_.offer(begin, end); }

    void append(const Key<W>* keys, size_t n, uint32_t min_count) {
        min_count_ = min_count;
        std::fill(begin_, begin_ + MAX_ORDER, 0);
        for (size_t i = 0; i < n;) {
            const size_t stop = std::min(n, i + STEP), last = std::min(stop, n - 1);
            size_t m = 0;
#ifdef NLP_ZERO_AVX512
            if (W == 1 && avx512_) collect_avx512(keys->word, i, last, distinct_->word, end_, m);
#endif
            for (; i < last; ++i) {
                distinct_[m] = keys[i];
                end_[m] = uint32_t(i + 1);
                m += !(keys[i] == keys[i + 1]);
            }
            if (stop < n) {
                distinct_[m] = keys[stop];
            } else {
                distinct_[m] = keys[last];
                end_[m++] = uint32_t(n);
                for (int w = 0; w < W; ++w) distinct_[m].word[w] = ~keys[last].word[w];  // every prefix differs
                i = n;
            }
            emit(m);
        }
    }

private:
    static constexpr size_t STEP = 1024;
    Tree& tree_;
    int bits_;
    uint32_t mask_;
    uint32_t min_count_ = 1;
    uint32_t begin_[MAX_ORDER];  // where the keys of the next node of each level begin
    const bool avx512_ = W == 1 && use_avx512();
    Key<W> distinct_[STEP + LANES + 1];  // and the key after them
    uint32_t end_[STEP + LANES], child_[STEP + LANES];
    SparePages spare_;
    struct Bare { const uint32_t* array = nullptr; char* page = nullptr; };  // the first page that was never written
    Bare bare_[MAX_ORDER][3];

    // Move spare pages to where the `added` entries after the first `size` will be written.
    void supply(Buffer<uint32_t>& buffer, size_t size, size_t added, Bare& bare) {
        uint32_t* const array = buffer.data();
        if (bare.array != array) bare = {array, SparePages::align(array + size)};
        const char* const end = reinterpret_cast<char*>(array + buffer.capacity());
        for (; bare.page < reinterpret_cast<char*>(array + size + added); bare.page += SparePages::PAGE)
            if (bare.page < end && size_t(end - bare.page) >= SparePages::PAGE) spare_.move_to(bare.page);
    }

    void emit(size_t m) {
        const int top = tree_.order - 1;
        for (int l = 1; l <= top; ++l) {
            Level& level = tree_.level[l];
            level.reserve(level.size + m + LANES, l < top);
            supply(level.symbol, level.size, m + LANES, bare_[l][0]);
            supply(level.count, level.size, m + LANES, bare_[l][1]);
            if (l < top) supply(level.end, level.size, m + LANES, bare_[l][2]);
        }
#ifdef NLP_ZERO_AVX512
        if (W == 1 && avx512_) {
            for (int l = top; l > 0 && m; --l) {
                Level& level = tree_.level[l];
                m = emit_avx512(distinct_->word, end_, child_, m, bits_, mask_, min_count_, level.symbol.data(),
                                level.count.data(), l < top ? level.end.data() : nullptr, level.size, begin_[l]);
            }
            return;
        }
#endif
        if (top > 1) emit_two_levels(m);
        else emit_one_level(m);
    }
    bool is_kept(uint32_t symbol, uint32_t times) const { return (symbol != 0) & (times >= min_count_); }  // 0 ends a run
    void emit_one_level(size_t m) {
        Level& level = tree_.level[1];
        uint32_t *const symbol = level.symbol.data(), *const count = level.count.data();
        size_t size = level.size;
        uint32_t begin = begin_[1];
        for (size_t j = 0; j < m; ++j) {
            symbol[size] = distinct_[j].bits(0, mask_);
            count[size] = end_[j] - begin;
            begin = end_[j];
            size += is_kept(symbol[size], count[size]);
        }
        level.size = size;
        begin_[1] = begin;
    }
    void emit_two_levels(size_t m) {
        const int top = tree_.order - 1;
        Level &high = tree_.level[top], &low = tree_.level[top - 1];
        uint32_t *const symbol = high.symbol.data(), *const count = high.count.data();
        uint32_t *const low_symbol = low.symbol.data(), *const low_count = low.count.data();
        uint32_t* const low_end = low.end.data();
        size_t size = high.size, low_size = low.size;
        uint32_t begin = begin_[top], low_begin = begin_[top - 1];
        Key<W> prefix = distinct_[0];
        uint32_t s = prefix.bits(0, mask_);
        prefix.shift_right(bits_);
        for (size_t j = 0; j < m; ++j) {
            const uint32_t end = end_[j];
            symbol[size] = s;
            count[size] = end - begin;
            begin = end;
            size += is_kept(s, count[size]);
            const uint32_t t = prefix.bits(0, mask_);
            low_symbol[low_size] = t;
            const uint32_t low_times = low_count[low_size] = end - low_begin;
            low_end[low_size] = uint32_t(size);
            Key<W> next = distinct_[j + 1];
            s = next.bits(0, mask_);
            next.shift_right(bits_);
            const bool differs = !(next == prefix);
            low_size += differs & is_kept(t, low_times);
            low_begin = differs ? end : low_begin;
            if (differs) emit_lower_levels(prefix, next, end, low_size);
            prefix = next;
        }
        high.size = size;
        low.size = low_size;
        begin_[top] = begin;
        begin_[top - 1] = low_begin;
    }
    void emit_lower_levels(Key<W> prefix, Key<W> next, uint32_t end, size_t children) {
        for (int l = tree_.order - 3; l > 0; --l) {
            prefix.shift_right(bits_);
            next.shift_right(bits_);
            if (prefix == next) return;
            Level& level = tree_.level[l];
            const uint32_t s = prefix.bits(0, mask_);
            level.symbol[level.size] = s;
            level.count[level.size] = end - begin_[l];
            level.end[level.size] = uint32_t(children);
            level.size += is_kept(s, end - begin_[l]);
            begin_[l] = end;
            children = level.size;
        }
    }
};

}  // namespace nlpzero::counting
