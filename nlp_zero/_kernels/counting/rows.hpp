// Numbers as text, as printf writes "%.6g", but the same in every locale; and numbers from text.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace nlpzero::counting {

constexpr size_t NUMBER_BYTES = 24;  // of a number as text, at most

// Write a number and return the end of its text.
inline char* write_integer(char* out, int64_t x) {
    char digits[NUMBER_BYTES];
    int n = 0;
    uint64_t rest = x < 0 ? 0 - uint64_t(x) : uint64_t(x);
    do { digits[n++] = char('0' + rest % 10); rest /= 10; } while (rest);
    if (x < 0) *out++ = '-';
    while (n) *out++ = digits[--n];
    return out;
}

// Six significant digits of x > 0 as a whole number, and the decimal exponent of the first.
inline void six_digits(double x, uint32_t& digits, int& exponent) {
    static const double POWER[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (x >= 1e-4 && x < 1e5) {
        if (x >= 1) {
            exponent = 0;
            while (exponent < 4 && x >= POWER[exponent + 1]) ++exponent;
        } else {
            exponent = -1;
            while (exponent > -4 && x * POWER[-exponent] < 1) --exponent;
        }
        const double scaled = x * POWER[5 - exponent];
        const uint32_t whole = uint32_t(scaled);
        const double rest = scaled - whole;
        // `scaled` is off by at most 1e-10, which matters only near a half, or where the exponent may be wrong.
        if (std::fabs(rest - 0.5) > 1e-6 && whole >= 100000 && whole < 999999) {
            digits = whole + (rest > 0.5);
            return;
        }
    }
    char text[40];
    std::snprintf(text, sizeof text, "%.5e", x);  // a digit, the locale's point, five digits, e, the exponent
    std::string all;
    const char* p = text;
    for (; *p != 'e'; ++p) if (*p >= '0' && *p <= '9') all += *p;
    digits = uint32_t(std::atoll(all.c_str()));
    exponent = std::atoi(p + 1);
}

inline char* write_text(char* out, const char* text) {
    while (*text) *out++ = *text++;
    return out;
}

inline char* write_number(char* out, double x) {
    if (std::isnan(x)) return write_text(out, "nan");
    if (std::signbit(x)) { *out++ = '-'; x = -x; }
    if (std::isinf(x)) return write_text(out, "inf");
    if (x == 0) { *out++ = '0'; return out; }
    uint32_t whole;
    int exponent;
    six_digits(x, whole, exponent);
    int last = 6;  // digits without trailing zeros
    for (; last > 1 && whole % 10 == 0; --last) whole /= 10;
    char digits[8];
    for (int k = last; k-- > 0; whole /= 10) digits[k] = char('0' + whole % 10);
    const bool scientific = exponent < -4 || exponent >= 6;
    const int point = scientific ? 1 : exponent + 1;  // digits before it
    if (point <= 0) {
        out = write_text(out, "0.");
        for (int k = point; k < 0; ++k) *out++ = '0';
    }
    for (int k = 0; k < last; ++k) {
        if (k == point && k) *out++ = '.';
        *out++ = digits[k];
    }
    if (scientific) {
        out = write_text(out, exponent < 0 ? "e-" : "e+");
        if (std::abs(exponent) < 10) *out++ = '0';
        return write_integer(out, std::abs(exponent));
    }
    for (int k = last; k < point; ++k) *out++ = '0';
    return out;
}

// Writes columns of numbers.  The scores of rare words have few different values: those of the last numbers are kept.
class NumberWriter {
public:
    char* write(char* out, double x) {
        uint64_t bits;
        std::memcpy(&bits, &x, sizeof bits);
        Known& known = known_[(bits * 0x9E3779B97F4A7C15u) >> (64 - KNOWN_BITS)];
        if (known.bits != bits || !known.size) {
            known.bits = bits;
            known.size = uint8_t(write_number(known.text, x) - known.text);
        }
        std::memcpy(out, known.text, NUMBER_BYTES);
        return out + known.size;
    }

private:
    static constexpr int KNOWN_BITS = 11;
    struct Known { uint64_t bits = 0; char text[NUMBER_BYTES] = {}; uint8_t size = 0; };
    std::vector<Known> known_ = std::vector<Known>(size_t(1) << KNOWN_BITS);
};

// Finds the fields of the row at `p`: `starts` holds where each begins, then one past the end of the last, then the
// beginning of the next row.  Returns the number of fields.  The text before `end` ends with a line feed.
inline size_t split_row(const char* p, const char* end, std::vector<const char*>& starts) {
    const char* const feed = static_cast<const char*>(std::memchr(p, '\n', size_t(end - p)));
    const char* stop = feed;
    while (stop != p && stop[-1] == '\r') --stop;
    starts.assign(1, p);
    for (; p != stop; ++p) {
        if (*p == '\t') starts.push_back(p + 1);
    }
    starts.push_back(stop + 1);
    starts.push_back(feed + 1);
    return starts.size() - 2;
}

// Reads a whole number from 0 to 2^63 - 1; false if the text is none.
inline bool parse_integer(const char* p, const char* end, int64_t& out) {
    uint64_t value = 0;
    if (p == end || end - p > 19) return false;
    for (; p != end; ++p) {
        if (*p < '0' || *p > '9') return false;
        value = value * 10 + uint64_t(*p - '0');  // 19 digits fit into 64 bits
    }
    out = int64_t(value);
    return out >= 0;
}

// Reads a short decimal number; false if it needs more care than this.  At most 15 digits and a power of ten up to 22
// are exact doubles, so that one multiplication or division rounds correctly (Clinger 1990).
inline bool parse_short_number(const char* p, const char* end, double& out) {
    static const double POWER[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const bool negative = p != end && *p == '-';
    int64_t whole = 0;
    int digits = 0, exponent = 0, sign = 1, power = 0;
    for (p += negative; p != end && *p >= '0' && *p <= '9'; ++p, ++digits) {
        if (digits == 15) return false;
        whole = whole * 10 + (*p - '0');
    }
    if (p != end && *p == '.') {
        for (++p; p != end && *p >= '0' && *p <= '9'; ++p, ++digits, --exponent) {
            if (digits == 15) return false;
            whole = whole * 10 + (*p - '0');
        }
    }
    if (!digits) return false;
    if (p != end && *p == 'e') {
        if (++p != end && (*p == '+' || *p == '-')) sign = *p++ == '-' ? -1 : 1;
        if (p == end || end - p > 3) return false;
        for (; p != end && *p >= '0' && *p <= '9'; ++p) power = power * 10 + (*p - '0');
        exponent += sign * power;
    }
    if (p != end || exponent < -22 || exponent > 22) return false;
    out = exponent < 0 ? double(whole) / POWER[-exponent] : double(whole) * POWER[exponent];
    if (negative) out = -out;
    return true;
}

}  // namespace nlpzero::counting
