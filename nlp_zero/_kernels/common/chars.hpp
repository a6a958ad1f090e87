// Classes of code points, and decoding of UTF-8 and of the str buffer (1, 2 or 4 bytes a code point).
#pragma once
#include <cstddef>
#include <cstdint>

#include "unicode_ranges.hpp"

namespace nlpzero {

constexpr uint32_t CODE_POINTS = 0x110000;
enum CharClass : uint8_t { LETTER = 0, BOUNDARY = 1, ALNUM = 2 };

// One byte a code point.  LETTER is zero, so most pages of the table are never touched.
inline const uint8_t* class_table() {
    static uint8_t table[CODE_POINTS];
    [[maybe_unused]] static const bool filled = [] {
        for (const CharRange& r : CLASS_RANGES)
            for (uint32_t c = r.first; c <= r.last; ++c) table[c] = r.value;
        return true;
    }();
    return table;
}

// Decode one code point of strict UTF-8 at p (p < end).  Returns its length in bytes, 0 when invalid.
inline int decode_utf8(const uint8_t* p, const uint8_t* end, uint32_t& cp) {
    const uint32_t c = p[0];
    const ptrdiff_t left = end - p;
    if (c < 0x80) { cp = c; return 1; }
    if ((c & 0xF0) == 0xE0) {
        if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return 0;
        cp = (c & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return cp < 0x800 || (cp >> 11) == 0x1B ? 0 : 3;
    }
    if ((c & 0xE0) == 0xC0) {
        if (left < 2 || (p[1] & 0xC0) != 0x80) return 0;
        cp = (c & 0x1F) << 6 | (p[1] & 0x3Fu);
        return cp < 0x80 ? 0 : 2;
    }
    if ((c & 0xF8) == 0xF0) {
        if (left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80) return 0;
        cp = (c & 0x07) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        return cp < 0x10000 || cp >= CODE_POINTS ? 0 : 4;
    }
    return 0;
}

inline size_t encode_utf8(uint32_t cp, char* out) {  // lone surrogates are written like any code point
    if (cp < 0x80) { out[0] = char(cp); return 1; }
    if (cp < 0x800) { out[0] = char(0xC0 | cp >> 6); out[1] = char(0x80 | (cp & 0x3F)); return 2; }
    if (cp < 0x10000) {
        out[0] = char(0xE0 | cp >> 12); out[1] = char(0x80 | (cp >> 6 & 0x3F)); out[2] = char(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = char(0xF0 | cp >> 18); out[1] = char(0x80 | (cp >> 12 & 0x3F));
    out[2] = char(0x80 | (cp >> 6 & 0x3F)); out[3] = char(0x80 | (cp & 0x3F));
    return 4;
}

}  // namespace nlpzero
