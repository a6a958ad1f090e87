// The inner loops of TreeWriter (ngrams.hpp) for processors with AVX-512: eight keys at a time, and the same results.
#pragma once
#include "avx512.hpp"

namespace nlpzero::counting {

#ifdef NLP_ZERO_AVX512
// Append the last of equal keys of keys[i, stop), and the place after it, to distinct[m, ...) and end[m, ...).  Reads
// keys[stop] too.  Goes as far as whole groups of keys do.
NLP_ZERO_TARGET("avx512f,avx512vl,popcnt")
inline void collect_avx512(const uint64_t* keys, size_t& i, size_t stop, uint64_t* distinct, uint32_t* end, size_t& m) {
    const __m256i places = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8);
    for (; i + LANES <= stop; i += LANES) {
        const __m512i key = _mm512_loadu_si512(keys + i), next = _mm512_loadu_si512(keys + i + 1);
        const __mmask8 last = _mm512_cmpneq_epi64_mask(key, next);
        const __m256i place = _mm256_add_epi32(places, _mm256_set1_epi32(int(i)));
        _mm512_storeu_si512(distinct + m, _mm512_maskz_compress_epi64(last, key));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(end + m), _mm256_maskz_compress_epi32(last, place));
        m += size_t(_mm_popcnt_u32(last));
    }
}

NLP_ZERO_TARGET("avx512f,avx512vl")
inline void put_avx512(uint32_t* to, __mmask8 kept, __m256i values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_maskz_compress_epi32(kept, values));
}

// Append the nodes of m distinct keys to one level, at `size`; `begin` is where the keys of the first begin.  Leaves the
// distinct prefixes, their end places and the ends of their children in the same arrays, as keys of the level below;
// returns their number.  keys[m] is the key after them.  Nodes that occur fewer than min_count times are left out.
NLP_ZERO_TARGET("avx512f,avx512vl,avx512vpopcntdq,popcnt")
inline size_t emit_avx512(uint64_t* keys, uint32_t* end, uint32_t* child, size_t m, int bits, uint32_t mask,
                          uint32_t min_count, uint32_t* symbol, uint32_t* count, uint32_t* children, size_t& size,
                          uint32_t& begin) {
    constexpr __mmask8 ALL = 0xFF;  // GCC 12 warns of forms without a mask
    const __m256i upto = _mm256_setr_epi32(1, 3, 7, 15, 31, 63, 127, 255);
    const __m512i masks = _mm512_set1_epi64(mask);
    const __m256i least = _mm256_set1_epi32(int(min_count));
    const __m128i shift = _mm_cvtsi32_si128(bits);
    const uint64_t after = keys[m] >> bits;
    __m256i before = _mm256_set1_epi32(int(begin));
    begin = m ? end[m - 1] : begin;
    size_t n = 0;
    for (size_t j = 0; j < m; j += LANES) {
        const __mmask8 valid = m - j >= LANES ? ALL : __mmask8((1u << (m - j)) - 1);
        const __m512i key = _mm512_loadu_si512(keys + j), next = _mm512_loadu_si512(keys + j + 1);
        const __m256i place = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(end + j));
        const __m256i last = _mm512_maskz_cvtepi64_epi32(ALL, _mm512_and_si512(key, masks));
        const __m256i times = _mm256_sub_epi32(place, _mm256_alignr_epi32(place, before, 7));
        const __mmask8 frequent = _mm256_cmpge_epu32_mask(times, least);
        const __mmask8 kept = _mm256_test_epi32_mask(last, last) & frequent & valid;  // 0 is the end of a run
        put_avx512(symbol + size, kept, last);
        put_avx512(count + size, kept, times);
        if (children)
            put_avx512(children + size, kept, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(child + j)));
        const __m512i prefix = _mm512_maskz_srl_epi64(ALL, key, shift);
        const __mmask8 differs = _mm512_cmpneq_epi64_mask(prefix, _mm512_maskz_srl_epi64(ALL, next, shift)) & valid;
        const __m256i nodes = _mm256_popcnt_epi32(_mm256_and_si256(upto, _mm256_set1_epi32(kept)));
        _mm512_storeu_si512(keys + n, _mm512_maskz_compress_epi64(differs, prefix));
        put_avx512(end + n, differs, place);
        put_avx512(child + n, differs, _mm256_add_epi32(nodes, _mm256_set1_epi32(int(uint32_t(size)))));
        size += size_t(_mm_popcnt_u32(kept));
        n += size_t(_mm_popcnt_u32(differs));
        before = place;
    }
    keys[n] = after;
    return n;
}
#endif

}  // namespace nlpzero::counting
