// Prefetching and atomic access to plain arrays, which depend on the compiler.
#pragma once
#include <cstdint>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

// Code that is faster with 256-bit registers is compiled for both kinds of processor, and `has_avx2` chooses.  The operations
// and their order are the same (no fused multiply-add), so the results are the same.  Sanitizers do not allow it.
#if defined(__GNUC__) && defined(__x86_64__) && !defined(_GLIBCXX_ASSERTIONS) && !defined(__SANITIZE_THREAD__)
#define NLP_ZERO_AVX2 __attribute__((target("avx2")))
#endif

// For small functions in hot loops, which compilers do not always inline.
#if defined(__GNUC__)
#define NLP_ZERO_HOT inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define NLP_ZERO_HOT __forceinline
#else
#define NLP_ZERO_HOT inline
#endif

namespace nlpzero {

// Prefetch the memory at p, which will be read soon.
inline void prefetch(const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p);
#elif defined(_MSC_VER) && defined(_M_X64)
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
#else
    (void)p;
#endif
}

// Prefetch the memory at p, which will be written soon.
inline void prefetch_to_write(const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 1);
#else
    prefetch(p);
#endif
}

// Relaxed atomic access to entries of arrays that several threads change; std::atomic_ref would need C++20.
inline uint8_t atomic_load(const uint8_t* p) {
#if defined(_MSC_VER)
    return uint8_t(__iso_volatile_load8(reinterpret_cast<const volatile char*>(p)));
#else
    return __atomic_load_n(p, __ATOMIC_RELAXED);
#endif
}
inline void atomic_or(uint8_t* p, uint8_t bits) {
#if defined(_MSC_VER)
    _InterlockedOr8(reinterpret_cast<volatile char*>(p), char(bits));
#else
    __atomic_fetch_or(p, bits, __ATOMIC_RELAXED);
#endif
}
inline void atomic_add(uint32_t* p, uint32_t n) {
#if defined(_MSC_VER)
    _InterlockedExchangeAdd(reinterpret_cast<volatile long*>(p), long(n));
#else
    __atomic_fetch_add(p, n, __ATOMIC_RELAXED);
#endif
}

#ifdef NLP_ZERO_AVX2
inline bool has_avx2() { return __builtin_cpu_supports("avx2"); }
#endif

}  // namespace nlpzero
