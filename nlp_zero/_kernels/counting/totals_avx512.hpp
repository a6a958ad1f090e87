// The numbers of n-grams of each order in encoded text (symbol_store.hpp) for processors with AVX-512: 64 symbols at a time.
#pragma once
#include "avx512.hpp"

namespace nlpzero::counting {

#ifdef NLP_ZERO_AVX512
// The bits of those of at most 64 symbols that are not boundaries.
NLP_ZERO_TARGET("avx512f,avx512bw")
inline uint64_t symbol_bits(const uint16_t* symbols, size_t n) {
    const uint64_t used = n < 64 ? (uint64_t(1) << n) - 1 : ~uint64_t(0);
    const __m512i low = _mm512_maskz_loadu_epi16(__mmask32(used), symbols);
    const __m512i high = _mm512_maskz_loadu_epi16(__mmask32(used >> 32), symbols + 32);
    return _mm512_test_epi16_mask(low, low) | uint64_t(_mm512_test_epi16_mask(high, high)) << 32;
}

// Add the numbers of n-grams of orders 1 ... ORDERS to `totals`.
template <int ORDERS>
NLP_ZERO_TARGET("avx512f,avx512bw,popcnt")
inline void add_totals_avx512(const uint16_t* symbols, size_t n, uint64_t* totals) {
    uint64_t sums[ORDERS] = {};
    uint64_t bits = symbol_bits(symbols, n);
    for (size_t i = 0; i < n; i += 64) {
        const uint64_t next = n - i > 64 ? symbol_bits(symbols + i + 64, n - i - 64) : 0;
        uint64_t begins = bits;  // of n-grams
        sums[0] += uint64_t(_mm_popcnt_u64(begins));
        NLP_ZERO_UNROLL for (int k = 1; k < ORDERS; ++k) {
            begins &= bits >> k | next << (64 - k);
            sums[k] += uint64_t(_mm_popcnt_u64(begins));
        }
        bits = next;
    }
    for (int k = 0; k < ORDERS; ++k) totals[k] += sums[k];
}
#endif

}  // namespace nlpzero::counting
