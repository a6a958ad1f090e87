// What compilers spell differently: prefetching and atomic access to plain arrays.
#pragma once
#include <cstdint>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

namespace nlpzero {

// Ask for the memory at p, which is read soon.
inline void prefetch(const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p);
#else
    (void)p;
#endif
}

// Ask for the memory at p, which is written soon.
inline void prefetch_to_write(const void* p) {
#if defined(__GNUC__)
    __builtin_prefetch(p, 1);
#else
    (void)p;
#endif
}

// Relaxed atomic access to entries of arrays that several threads change; std::atomic_ref needs C++20.
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
inline void atomic_add(uint32_t* p, uint32_t n) {
#if defined(_MSC_VER)
    _InterlockedExchangeAdd(reinterpret_cast<volatile long*>(p), long(n));
#else
    __atomic_fetch_add(p, n, __ATOMIC_RELAXED);
#endif
}

}  // namespace nlpzero
