// Encoded lines of a text, and for each a key, by which copies are recognized and samples are drawn.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "alphabet.hpp"

namespace nlpzero::counting {

// Lines whose longest runs are the same are copies, if these runs have this many symbols.
constexpr size_t TELLING_RUN = 10;

struct Lines {
    std::vector<int64_t> ends;   // in the encoded text
    std::vector<uint64_t> keys;  // equal for copies, else like random numbers
};

inline uint64_t hash_symbols(const uint32_t* begin, const uint32_t* end) {
    uint64_t key = 0x9E3779B97F4A7C15u;
    for (const uint32_t* p = begin; p < end; ++p) {
        key = (key ^ *p) * 0xBF58476D1CE4E5B9u;
        key ^= key >> 29;
    }
    key *= 0x94D049BB133111EBu;
    return key ^ key >> 31;
}

// The key of an encoded line: that of its longest run (of several, the first), or of all if its runs are short.
inline uint64_t key_of(const uint32_t* begin, const uint32_t* end) {
    const uint32_t *longest = begin, *run = begin;
    size_t most = 0;
    for (const uint32_t* p = begin; p < end; ++p) {
        if (*p) continue;
        if (size_t(p - run) > most) { most = size_t(p - run); longest = run; }
        run = p + 1;
    }
    return most < TELLING_RUN ? hash_symbols(begin, end) : hash_symbols(longest, longest + most);
}

// Note the end and the key of an encoded line, in parts of whole runs if it has more than `most` entries.
inline void add_line(const uint32_t* text, size_t begin, size_t end, size_t most, Lines& lines) {
    for (size_t i = begin; i < end; ++i) {
        if (text[i] || (i + 1 < end && i + 1 - begin < most)) continue;
        lines.ends.push_back(int64_t(i + 1));
        lines.keys.push_back(key_of(text + begin, text + i + 1));
        begin = i + 1;
    }
}

// Encode the lines of a text, those that have symbols, as Alphabet::encode does.
template <class Char>
size_t encode_lines(Alphabet& alphabet, const Text& text, uint32_t* out, size_t most, Lines& lines, size_t& invalid) {
    const Char *const begin = static_cast<const Char*>(text.data), *const end = begin + text.size;
    size_t size = 0;
    for (const Char* line = begin; line < end;) {
        const Char* const stop = std::find(line, end, Char('\n'));
        const Text piece = {line, size_t(stop - line), text.kind};
        const size_t n = alphabet.encode(piece, out + size, Alphabet::UNSEEN, false, invalid);
        if (n == Alphabet::GAVE_UP) { invalid += size_t(line - begin); return n; }
        add_line(out, size, size + n, most, lines);
        size += n;
        line = stop + (stop < end);
    }
    return size;
}
inline size_t encode_lines(Alphabet& alphabet, const Text& text, uint32_t* out, size_t most, Lines& lines,
                           size_t& invalid) {
    if (text.kind == 2) return encode_lines<uint16_t>(alphabet, text, out, most, lines, invalid);
    if (text.kind == 4) return encode_lines<uint32_t>(alphabet, text, out, most, lines, invalid);
    return encode_lines<uint8_t>(alphabet, text, out, most, lines, invalid);
}

}  // namespace nlpzero::counting
