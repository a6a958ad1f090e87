// Random numbers that are the same on every platform.
#pragma once
#include <cstdint>

namespace nlpzero {

struct Stream {  // SplitMix64; each pair of seed and index has its own stream
    uint64_t state = 0;
    Stream() = default;
    Stream(uint64_t seed, uint64_t index)
        : state(mix(mix(seed + 0x9E3779B97F4A7C15u) ^ (index * 0xD1342543DE82EF95u + 1))) {}
    static uint64_t mix(uint64_t x) {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
        return x ^ (x >> 31);
    }
    uint64_t bits() { return mix(state += 0x9E3779B97F4A7C15u) >> 11; }  // 53
    static double fraction(uint64_t bits) { return double(bits) * 0x1p-53; }
    double uniform() { return fraction(bits()); }  // [0, 1)
};

}  // namespace nlpzero
