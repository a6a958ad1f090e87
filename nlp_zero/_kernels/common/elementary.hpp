// Logarithms and exponentials with the same bits on every machine.
//
// The C library's functions differ in the last bit between libraries, their versions and processors, and where a number
// decides, one bit can change a result.  These use only operations that IEEE 754 defines, in a fixed order.  The error is
// below 0.7 units in the last place for `log` and `exp`, below 3 for `log2`, `log1p` and `expm1`, and below 16 for `erfc`.
#pragma once
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "elementary_tables.hpp"

#ifdef __FAST_MATH__
#error "nlp-zero must be compiled without -ffast-math: results would depend on the compiler."
#endif
static_assert(FLT_EVAL_METHOD == 0, "double must be evaluated as double; on 32-bit x86: -msse2 -mfpmath=sse");

namespace nlpzero {

inline uint64_t bits_of(double x) {
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}
inline double double_of(uint64_t bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

namespace elementary {

constexpr uint64_t LEAST_NORMAL = uint64_t(1) << 52, INFINITE = uint64_t(0x7FF) << 52;
constexpr uint64_t FIRST_BITS = 0x3FE6000000000000u;  // of FIRST_MANTISSA
constexpr double INF = std::numeric_limits<double>::infinity();

// A positive, normal number: mantissa * 2^power, mantissa in [FIRST_MANTISSA, 2 * FIRST_MANTISSA); and its table entry.
struct Parts {
    double power, mantissa;
    const LogEntry* entry;
    explicit Parts(uint64_t bits) {
        const uint64_t above = bits - FIRST_BITS;
        power = double(int64_t(above) >> 52);
        mantissa = double_of(bits - (above >> 52 << 52));
        entry = LOG_TABLE + (above >> (52 - ELEMENTARY_BITS) & ((1 << ELEMENTARY_BITS) - 1));
    }
};

inline bool is_normal(uint64_t bits) { return bits - LEAST_NORMAL < INFINITE - LEAST_NORMAL; }

// The logarithm of mantissa * 2^power.  Sums of heads are exact, and r is at most 2^-7.
inline double log_of(const Parts& x, double power) {
    const double head = double_of(bits_of(x.mantissa) & ~uint64_t(0x3FFFFFF)), tail = x.mantissa - head;
    const double r = (head * x.entry->reciprocal - 1) + tail * x.entry->reciprocal, r2 = r * r;
    const double whole = power * LN2_HEAD + x.entry->head, sum = whole + r, lost = (whole - sum) + r;
    const double series = ((r * (1.0 / 3) - 0.5) + r2 * (r * (1.0 / 5) - 0.25)) +
                          r2 * r2 * ((r * (1.0 / 7) - 1.0 / 6) + r2 * (r * (1.0 / 9) - 0.125));
    return sum + (((power * LN2_REST + x.entry->rest) + lost) + r2 * series);
}

struct Power { double significand; int64_t power; };  // significand * 2^power

inline Power exp_of(double x) {
    const double steps = (x * EXP_STEPS + 0x1.8p52) - 0x1.8p52;  // the nearest whole number
    const double r = (x - steps * EXP_STEP_HEAD) - steps * EXP_STEP_REST, r2 = r * r;
    const int64_t k = int64_t(steps);
    const ExpEntry& entry = EXP_TABLE[k & ((1 << ELEMENTARY_BITS) - 1)];
    const double series = r2 * ((0.5 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120)));
    return {entry.power + entry.power * (entry.rest + (r + series)), k >> ELEMENTARY_BITS};
}

}  // namespace elementary

// The natural logarithm; -inf of 0, NaN of negative numbers.
inline double log(double x) {
    using namespace elementary;
    const uint64_t bits = bits_of(x);
    if (is_normal(bits)) {
        const Parts parts(bits);
        return log_of(parts, parts.power);
    }
    if (x == 0) return -INF;
    if (x < 0) return std::numeric_limits<double>::quiet_NaN();
    if (!(x < INF)) return x;
    const Parts parts(bits_of(x * 0x1p54));  // subnormal
    return log_of(parts, parts.power - 54);
}

// The binary logarithm; exact where it is a whole number.
inline double log2(double x) {
    using namespace elementary;
    if (!is_normal(bits_of(x))) return log(x) * 0x1.71547652b82fep+0;
    const Parts parts(bits_of(x));
    return parts.power + log_of(parts, 0) * 0x1.71547652b82fep+0;
}

inline double exp(double x) {
    using namespace elementary;
    if (std::fabs(x) < 700) {
        const Power y = exp_of(x);
        return double_of(bits_of(y.significand) + (uint64_t(y.power) << 52));
    }
    if (!(x < 710)) return x < INF ? INF : x;  // also NaN
    if (x < -750) return 0;
    const Power y = exp_of(x);
    return std::ldexp(y.significand, int(y.power));
}

// ln(1 + x), also for small x: the error of 1 + x is divided out again.
inline double log1p(double x) {
    const double sum = 1 + x;
    if (sum == 1) return x;
    return sum == x ? log(x) : log(sum) * (x / (sum - 1));
}

// exp(x) - 1, also for small x.
inline double expm1(double x) {
    const double power = exp(x), less = power - 1;
    if (power == 1) return x;
    return less == -1 || less == power ? less : less * (x / log(power));
}

// The complementary error function.  For x >= 1/2: the trapezoidal rule, with the pole of the integrand taken into
// account; Chiarella and Reichl, "On the evaluation of integrals related to the error function", 1968.
inline double erfc(double x) {
    if (x < 0) return 2 - erfc(-x);
    if (x < 0.5) {  // the Taylor series of the error function
        double term = x * 0x1.20dd750429b6dp+0, sum = term;  // 2 / sqrt(pi)
        for (int n = 1; n < 16; ++n) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 1 - sum;
    }
    if (!(x < 28)) return x == x ? 0 : x;
    double sum = 1 / (2 * x * x);
    for (int n = 1; n <= 13; ++n) sum += exp(-0.25 * n * n) / (0.25 * n * n + x * x);
    const double head = double(float(x)), square = exp(-head * head) * exp((head - x) * (head + x));  // exp(-x^2)
    const double result = x * square * sum * 0x1.45f306dc9c883p-2;  // 1 / pi, for steps of 1/2
    return x < 6 ? result - 2 / expm1(12.566370614359172 * x) : result;  // 4 pi
}

}  // namespace nlpzero
