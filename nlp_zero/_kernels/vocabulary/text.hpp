// The text that a vocabulary is learnt from: lines of symbols, characters or bytes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../common/chars.hpp"

namespace nlpzero::vocabulary {

// Stretches are kept this short, so that a book without line ends costs no more than one with them.
constexpr size_t LONGEST_LINE = 4096;

class VocabularyText {
public:
    explicit VocabularyText(bool bytes) : bytes_(bytes), id_(bytes ? 256 : CODE_POINTS, 0) { code.push_back(0); }

    std::vector<uint32_t> text;  // symbols from 1; 0 ends each line, and is the first one
    std::vector<uint32_t> code;  // the code point, or byte, of each symbol
    size_t symbols = 0;          // in the text, line ends not counted

    // Add lines, separated by \n or \r\n.  `surrogates`: let lone ones through, as "surrogatepass" writes them.
    // Returns the place of the first byte that is not UTF-8, or n; nothing is added unless it is n.
    size_t add(const uint8_t* data, size_t n, bool surrogates) {
        const size_t before = text.size(), counted = symbols;
        if (text.empty()) text.push_back(0);
        size_t here = 0;  // symbols in the line so far
        for (size_t i = 0; i < n;) {
            uint32_t c = data[i];
            int length = 1;
            if (!bytes_ && c >= 0x80) {
                length = decode(data + i, data + n, surrogates, c);
                if (!length) {
                    text.resize(before);
                    symbols = counted;
                    return i;
                }
            }
            i += size_t(length);
            const bool carriage = c == '\r' && i < n && data[i] == '\n';
            if (c == '\n' || here == LONGEST_LINE) {
                if (text.back()) text.push_back(0);
                here = 0;
            }
            if (c == '\n' || carriage) continue;
            uint32_t& id = id_[c];
            if (!id) {
                id = uint32_t(code.size());
                code.push_back(c);
            }
            text.push_back(id);
            ++here;
            ++symbols;
        }
        if (text.back()) text.push_back(0);
        return n;
    }

    uint32_t find(uint32_t c) const { return c < id_.size() ? id_[c] : 0; }

private:
    static int decode(const uint8_t* p, const uint8_t* end, bool surrogates, uint32_t& c) {
        const int length = decode_utf8(p, end, c);
        if (length || !surrogates || end - p < 3 || p[0] != 0xED || p[1] < 0xA0 || p[1] > 0xBF || (p[2] & 0xC0) != 0x80) return length;
        c = 0xD000 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        return 3;
    }

    bool bytes_;
    std::vector<uint32_t> id_;
};

}  // namespace nlpzero::vocabulary
