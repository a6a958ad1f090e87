// Properties of characters by the frozen Unicode table, for Python code that must not depend on Python's own tables.
#pragma once
#include <cstddef>

#include "../common/chars.hpp"

namespace nlpzero::counting {

// Properties beyond those of CharClass, as bits; the classes BOUNDARY and ALNUM are bits, too.
enum CharFlag : uint8_t { DECIMAL = 4, DIGIT = 8, NUMERIC = 16, SPACE = 32 };

// One byte a code point: its class plus its flags.
inline const uint8_t* property_table() {
    static uint8_t table[CODE_POINTS];
    [[maybe_unused]] static const bool filled = [] {
        for (const CharRange& r : CLASS_RANGES)
            for (uint32_t c = r.first; c <= r.last; ++c) table[c] = r.value;
        for (const CharRange& r : FLAG_RANGES)
            for (uint32_t c = r.first; c <= r.last; ++c) table[c] |= r.value;
        return true;
    }();
    return table;
}

}  // namespace nlpzero::counting
