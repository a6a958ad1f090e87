// Numbers as text, the same everywhere whatever the locale is: what printf writes for "%.6g".
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace nlpzero::counting {

inline void append_integer(std::string& out, int64_t x) {
    char digits[24];
    int n = 0;
    uint64_t rest = x < 0 ? 0 - uint64_t(x) : uint64_t(x);
    do { digits[n++] = char('0' + rest % 10); rest /= 10; } while (rest);
    if (x < 0) out += '-';
    while (n) out += digits[--n];
}

// Six significant digits of x > 0 as a whole number, and the decimal exponent of the first.
inline void six_digits(double x, int64_t& digits, int& exponent) {
    static const double POWER[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (x >= 1e-4 && x < 1e5) {
        exponent = -4;
        while (exponent < 4 && x >= (exponent < -1 ? 1 / POWER[-exponent - 1] : POWER[exponent + 1])) ++exponent;
        const double scaled = x * POWER[5 - exponent], whole = std::floor(scaled), rest = scaled - whole;
        // `scaled` is off by 1e-10 at most: only near a half, or where the exponent may be wrong, is that not enough.
        if (std::fabs(rest - 0.5) > 1e-6 && whole >= 1e5 && whole < 999999) {
            digits = int64_t(whole) + (rest > 0.5);
            return;
        }
    }
    char text[40];
    std::snprintf(text, sizeof text, "%.5e", x);  // a digit, the locale's point, five digits, e, the exponent
    std::string all;
    const char* p = text;
    for (; *p != 'e'; ++p) if (*p >= '0' && *p <= '9') all += *p;
    digits = std::atoll(all.c_str());
    exponent = std::atoi(p + 1);
}

inline void append_number(std::string& out, double x) {
    if (std::isnan(x)) { out += "nan"; return; }
    if (std::signbit(x)) { out += '-'; x = -x; }
    if (std::isinf(x)) { out += "inf"; return; }
    if (x == 0) { out += '0'; return; }
    int64_t whole;
    int exponent;
    six_digits(x, whole, exponent);
    int last = 6;  // digits that are left without zeros at the end
    for (; last > 1 && whole % 10 == 0; --last) whole /= 10;
    char digits[8];
    for (int k = last; k-- > 0; whole /= 10) digits[k] = char('0' + whole % 10);
    const bool scientific = exponent < -4 || exponent >= 6;
    const int point = scientific ? 1 : exponent + 1;  // digits before it
    if (point <= 0) out.append("0.").append(size_t(-point), '0');
    for (int k = 0; k < last; ++k) {
        if (k == point && k) out += '.';
        out += digits[k];
    }
    if (scientific) {
        out += exponent < 0 ? "e-" : "e+";
        if (std::abs(exponent) < 10) out += '0';
        append_integer(out, std::abs(exponent));
    } else if (last < point) {
        out.append(size_t(point - last), '0');
    }
}

}  // namespace nlpzero::counting
