// Whether the inner loops for processors with AVX-512 are used.  Each gives the same results as its portable form.
#pragma once
#include <cstddef>
#include <cstdint>

#include "../common/portable.hpp"
#ifdef NLP_ZERO_TARGET
#define NLP_ZERO_AVX512 1
#include <immintrin.h>
#endif

namespace nlpzero::counting {

constexpr size_t LANES = 8;  // keys in a register; arrays that are written need room for this many more entries

inline bool& avx512_allowed() {  // switched off by tests
    static bool allowed = true;
    return allowed;
}
inline bool use_avx512() {
#ifdef NLP_ZERO_AVX512
    static const bool supported = has_avx512();
    return supported && avx512_allowed();
#else
    return false;
#endif
}

}  // namespace nlpzero::counting
