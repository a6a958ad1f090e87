// What depends on the compiler: inlining, instruction sets, vectors, prefetching, bits, and atomic access to plain arrays.
// Other headers use no builtins or attributes of a compiler (tests/test_portable.py).
#pragma once
#include <cstdint>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

// For small functions in hot loops, which compilers do not always inline.
#if defined(__GNUC__)
#define NLP_ZERO_HOT inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define NLP_ZERO_HOT __forceinline
#else
#define NLP_ZERO_HOT inline
#endif

// The same for lambdas, behind their parameters.  A lambda that is not inlined into a function for newer processors is
// compiled for older ones.
#if defined(__GNUC__)
#define NLP_ZERO_HOT_LAMBDA __attribute__((always_inline))
#else
#define NLP_ZERO_HOT_LAMBDA
#endif

// Before a loop of few, constant turns over registers.
#if defined(__GNUC__)
#define NLP_ZERO_UNROLL _Pragma("GCC unroll 32")
#else
#define NLP_ZERO_UNROLL
#endif

// Code for newer x86-64 processors is compiled in addition to portable code, and chosen at run time with `has_avx2` and
// the like; the results are the same.  Under MSVC there is only the portable code.
#if defined(__GNUC__) && defined(__x86_64__)
#define NLP_ZERO_TARGET(features) __attribute__((target(features)))
#endif

namespace nlpzero {

#ifdef NLP_ZERO_TARGET
inline bool has_avx2() { return __builtin_cpu_supports("avx2"); }
inline bool has_avx512() {  // and what the kernels use of its extensions
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq");
}
#endif

// Four or eight floats that are computed with side by side: as many as a register has.  Eight are slow without 256-bit
// registers.  Arrays of them stay in registers, which arrays of floats often do not; the results are the same.  In memory
// they begin at multiples of their size.  The types are members, because template arguments lose their attributes.
#if defined(__GNUC__)
struct Fours { typedef float Vector __attribute__((vector_size(16), may_alias)); };
struct Eights { typedef float Vector __attribute__((vector_size(32), may_alias)); };
#else
template <int N>
struct Floats {
    float at[N];
    float operator[](int c) const { return at[c]; }
    Floats& operator+=(const Floats& b) { for (int c = 0; c < N; ++c) at[c] += b.at[c]; return *this; }
    Floats& operator*=(float b) { for (int c = 0; c < N; ++c) at[c] *= b; return *this; }
    friend Floats operator*(Floats a, const Floats& b) { for (int c = 0; c < N; ++c) a.at[c] *= b.at[c]; return a; }
    friend Floats operator*(float a, Floats b) { return b *= a; }
};
struct Fours { using Vector = Floats<4>; };
struct Eights { using Vector = Floats<8>; };
#endif
template <class V>
NLP_ZERO_HOT typename V::Vector* vectors(float* p) { return reinterpret_cast<typename V::Vector*>(p); }
template <class V>
NLP_ZERO_HOT const typename V::Vector* vectors(const float* p) {
    return reinterpret_cast<const typename V::Vector*>(p);
}

// Prefetch the memory at p, which will be read soon.  Functions that do nothing else must be NLP_ZERO_HOT as well: GCC
// removes calls of functions without an effect.
NLP_ZERO_HOT void prefetch(const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p);
#elif defined(_MSC_VER) && defined(_M_X64)
    _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0);
#elif defined(_MSC_VER) && defined(_M_ARM64)
    __prefetch(p);
#else
    (void)p;
#endif
}

// Prefetch the memory at p, which will be written soon.
NLP_ZERO_HOT void prefetch_to_write(const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 1);
#else
    prefetch(p);
#endif
}

// The same number, of which the compiler knows nothing: what is computed from it is not replaced by branches.
template <class Number>
NLP_ZERO_HOT Number opaque(Number x) {
#if defined(__GNUC__)
    __asm__("" : "+r"(x));
#endif
    return x;
}

// The place of the lowest bit of a number that is not 0, and how many bits are set.
inline int lowest_bit(uint64_t bits) {
#if defined(_MSC_VER)
    unsigned long place;
    _BitScanForward64(&place, bits);
    return int(place);
#else
    return __builtin_ctzll(bits);
#endif
}
inline int count_bits(uint64_t bits) {
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    return int(((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
}

// Relaxed atomic access to entries of arrays that several threads change; std::atomic_ref would need C++20.
inline uint8_t atomic_load(const uint8_t* p) {
#if defined(_MSC_VER)
    return *static_cast<const volatile uint8_t*>(p);
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
inline uint32_t atomic_add(uint32_t* p, uint32_t n) {  // returns the sum
#if defined(_MSC_VER)
    return uint32_t(_InterlockedExchangeAdd(reinterpret_cast<volatile long*>(p), long(n))) + n;
#else
    return __atomic_add_fetch(p, n, __ATOMIC_RELAXED);
#endif
}

}  // namespace nlpzero
