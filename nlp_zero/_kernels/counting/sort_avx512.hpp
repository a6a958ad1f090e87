// Sorting keys of 64 bits on processors with AVX-512: a quicksort whose short parts are sorted in registers.
//
// A register holds eight keys.  Rows of registers are sorted by networks: eight registers lane by lane, after which they
// are transposed; then sorted rows are merged in pairs, as bitonic sequences (Batcher, AFIPS 1968).
#pragma once
#include <algorithm>
#include <utility>

#include "avx512.hpp"

namespace nlpzero::counting {

#ifdef NLP_ZERO_AVX512
#define NLP_ZERO_SORT NLP_ZERO_TARGET("avx512f,popcnt")

class RegisterSort {
public:
    static constexpr size_t MOST = 64;  // keys; twice as many fit into the registers, but take longer than one more partition

    NLP_ZERO_SORT static void sort(const uint64_t* keys, size_t n, uint64_t* sorted) {  // perhaps the same place
        if (n <= 8) sort_rows<1>(keys, n, sorted);
        else if (n <= 16) sort_rows<2>(keys, n, sorted);
        else if (n <= 32) sort_rows<4>(keys, n, sorted);
        else sort_rows<8>(keys, n, sorted);
    }
    // The fifth of eight keys.
    NLP_ZERO_SORT static uint64_t median(const uint64_t* sample) {
        uint64_t sorted[LANES];
        _mm512_storeu_si512(sorted, sort_lanes(_mm512_loadu_si512(sample)));
        return sorted[LANES / 2];
    }

private:
    using Row = __m512i;
    static constexpr __mmask8 ALL = 0xFF;  // GCC 12 warns of forms without a mask

    NLP_ZERO_SORT NLP_ZERO_HOT static void exchange(Row& a, Row& b) {
        const Row low = _mm512_maskz_min_epu64(ALL, a, b);
        b = _mm512_maskz_max_epu64(ALL, a, b);
        a = low;
    }
    // Compare the lanes of two arrangements of the same keys: keep the greater keys in `upper` lanes.
    NLP_ZERO_SORT NLP_ZERO_HOT static Row compare(Row a, Row b, __mmask8 upper) {
        return _mm512_mask_max_epu64(_mm512_maskz_min_epu64(ALL, a, b), upper, a, b);
    }
    NLP_ZERO_SORT NLP_ZERO_HOT static Row reverse(Row a) {
        return _mm512_maskz_permutexvar_epi64(ALL, _mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0), a);
    }
    NLP_ZERO_SORT NLP_ZERO_HOT static Row swap_neighbours(Row a) { return _mm512_maskz_permutex_epi64(ALL, a, 0xB1); }
    NLP_ZERO_SORT NLP_ZERO_HOT static Row swap_pairs(Row a) { return _mm512_maskz_permutex_epi64(ALL, a, 0x4E); }
    NLP_ZERO_SORT NLP_ZERO_HOT static Row swap_halves(Row a) { return _mm512_maskz_shuffle_i64x2(ALL, a, a, 0x4E); }

    NLP_ZERO_SORT NLP_ZERO_HOT static Row merge_lanes(Row a) {  // a bitonic row
        a = compare(a, swap_halves(a), 0xF0);
        a = compare(a, swap_pairs(a), 0xCC);
        return compare(a, swap_neighbours(a), 0xAA);
    }
    NLP_ZERO_SORT NLP_ZERO_HOT static Row sort_lanes(Row a) {
        a = compare(a, swap_neighbours(a), 0xAA);
        a = compare(a, _mm512_maskz_permutex_epi64(ALL, a, 0x1B), 0xCC);
        a = compare(a, swap_neighbours(a), 0xAA);
        a = compare(a, reverse(a), 0xF0);
        a = compare(a, swap_pairs(a), 0xCC);
        return compare(a, swap_neighbours(a), 0xAA);
    }
    template <int N>
    NLP_ZERO_SORT NLP_ZERO_HOT static void merge_bitonic(Row* row) {
        NLP_ZERO_UNROLL for (int distance = N / 2; distance; distance /= 2)
            NLP_ZERO_UNROLL for (int i = 0; i < N; ++i)
                if (!(i & distance)) exchange(row[i], row[i + distance]);
        NLP_ZERO_UNROLL for (int i = 0; i < N; ++i) row[i] = merge_lanes(row[i]);
    }
    template <int N>
    NLP_ZERO_SORT NLP_ZERO_HOT static void merge_halves(Row* row) {  // both are sorted
        Row low[N / 2], high[N / 2];
        NLP_ZERO_UNROLL for (int i = 0; i < N / 2; ++i) {
            low[i] = row[i];
            high[i] = reverse(row[N - 1 - i]);
            exchange(low[i], high[i]);
        }
        NLP_ZERO_UNROLL for (int i = 0; i < N / 2; ++i) {
            row[i] = low[i];
            row[N / 2 + i] = high[i];
        }
        merge_bitonic<N / 2>(row);
        merge_bitonic<N / 2>(row + N / 2);
    }
    NLP_ZERO_SORT NLP_ZERO_HOT static void transpose(Row* row) {  // eight rows
        Row twos[8], fours[8];
        NLP_ZERO_UNROLL for (int i = 0; i < 8; i += 2) {
            twos[i] = _mm512_maskz_unpacklo_epi64(ALL, row[i], row[i + 1]);
            twos[i + 1] = _mm512_maskz_unpackhi_epi64(ALL, row[i], row[i + 1]);
        }
        NLP_ZERO_UNROLL for (int i = 0; i < 8; ++i) {
            const Row a = twos[i & 5], b = twos[(i & 5) + 2];
            fours[i] = i & 2 ? _mm512_maskz_shuffle_i64x2(ALL, a, b, 0xDD) : _mm512_maskz_shuffle_i64x2(ALL, a, b, 0x88);
        }
        NLP_ZERO_UNROLL for (int i = 0; i < 4; ++i) {
            row[i] = _mm512_maskz_shuffle_i64x2(ALL, fours[i], fours[4 + i], 0x88);
            row[4 + i] = _mm512_maskz_shuffle_i64x2(ALL, fours[i], fours[4 + i], 0xDD);
        }
    }
    template <int N>
    NLP_ZERO_SORT NLP_ZERO_HOT static void sort_rows_in_place(Row* row) {
        if constexpr (N == 1) {
            row[0] = sort_lanes(row[0]);
        } else if constexpr (N == 8) {
            constexpr int NETWORK[19][2] = {{0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}, {0, 1}, {2, 3},
                                            {4, 5}, {6, 7}, {2, 4}, {3, 5}, {1, 4}, {3, 6}, {1, 2}, {3, 4}, {5, 6}};
            NLP_ZERO_UNROLL for (int i = 0; i < 19; ++i) exchange(row[NETWORK[i][0]], row[NETWORK[i][1]]);
            transpose(row);
            NLP_ZERO_UNROLL for (int i = 0; i < 8; i += 2) merge_halves<2>(row + i);
            merge_halves<4>(row);
            merge_halves<4>(row + 4);
            merge_halves<8>(row);
        } else {
            sort_rows_in_place<N / 2>(row);
            sort_rows_in_place<N / 2>(row + N / 2);
            merge_halves<N>(row);
        }
    }
    template <int N>
    NLP_ZERO_SORT static void sort_rows(const uint64_t* keys, size_t n, uint64_t* sorted) {
        Row row[N];
        __mmask8 used[N];
        NLP_ZERO_UNROLL for (int i = 0; i < N; ++i) {
            const size_t left = n > LANES * i ? n - LANES * i : 0;
            used[i] = left < LANES ? __mmask8((1u << left) - 1) : ALL;
            row[i] = _mm512_mask_loadu_epi64(_mm512_set1_epi64(-1), used[i], keys + LANES * i);
        }
        sort_rows_in_place<N>(row);
        NLP_ZERO_UNROLL for (int i = 0; i < N; ++i) _mm512_mask_storeu_epi64(sorted + LANES * i, used[i], row[i]);
    }
};

// For each mask of lanes, the lanes that are set and then the others, a byte for each.
struct LaneOrder {
    uint64_t lanes[256];
    constexpr LaneOrder() : lanes() {
        for (int mask = 0; mask < 256; ++mask) {
            int place = 0;
            for (int set = 1; set >= 0; --set)
                for (int lane = 0; lane < 8; ++lane)
                    if ((mask >> lane & 1) == set) lanes[mask] |= uint64_t(lane) << 8 * place++;
        }
    }
};
inline constexpr LaneOrder LANE_ORDER;

// Move the keys below `pivot` to the front, and the others to the back of `other`; returns the number of the first.
NLP_ZERO_SORT inline size_t partition_avx512(uint64_t* keys, uint64_t* other, size_t n, uint64_t pivot) {
    const __m512i pivots = _mm512_set1_epi64(int64_t(pivot));
    size_t below = 0, i = 0;
    // A group of keys is written to both places: its lower keys lead, its others end it.
    for (; i + LANES <= n; i += LANES) {
        const __m512i key = _mm512_loadu_si512(keys + i);
        const uint32_t low = _mm512_cmplt_epu64_mask(key, pivots);
        const __m512i lanes = _mm512_maskz_cvtepu8_epi64(0xFF, _mm_cvtsi64_si128(int64_t(LANE_ORDER.lanes[low])));
        const __m512i parted = _mm512_maskz_permutexvar_epi64(0xFF, lanes, key);
        _mm512_storeu_si512(keys + below, parted);
        _mm512_storeu_si512(other + (n - LANES - (i - below)), parted);
        below += size_t(_mm_popcnt_u32(low));
    }
    for (; i < n; ++i) {
        const uint64_t key = keys[i];
        keys[below] = other[n - 1 - (i - below)] = key;
        below += key < pivot;
    }
    return below;
}

// Sort n keys, with room for n others; the result is in the place of `keys`, or else of `other`.  The pivot is a median of
// eight keys.  Keys of which `depth` pivots made no short parts are left to the standard library, whose time is bounded.
NLP_ZERO_SORT inline void sort_avx512(uint64_t* keys, uint64_t* other, size_t n, bool in_keys = true, int depth = 64) {
    while (n > RegisterSort::MOST) {
        if (!depth--) {
            std::sort(keys, keys + n);
            if (!in_keys) std::copy(keys, keys + n, other);
            return;
        }
        uint64_t sample[LANES];
        for (size_t k = 0; k < LANES; ++k) sample[k] = keys[(2 * k + 1) * (n / (2 * LANES))];
        const uint64_t pivot = RegisterSort::median(sample);
        size_t below = partition_avx512(keys, other, n, pivot);
        if (below) {
            sort_avx512(keys, other, below, in_keys, depth);
        } else {  // the pivot is the lowest key, and all keys have moved
            std::swap(keys, other);
            in_keys = !in_keys;
            if (pivot == ~uint64_t(0)) below = n;
            else below = partition_avx512(keys, other, n, pivot + 1);
            if (!in_keys) std::copy(keys, keys + below, other);
        }
        std::swap(keys, other);
        in_keys = !in_keys;
        keys += below;
        other += below;
        n -= below;
    }
    RegisterSort::sort(keys, n, in_keys ? keys : other);
}
#undef NLP_ZERO_SORT
#endif

}  // namespace nlpzero::counting
