// Text to dense symbol ids.  A symbol is a character, a byte, or (alnum="join") a whole digit or Latin run.
//
// Ids are given in the order of first appearance, from 1; 0 is a boundary.  Consecutive boundaries are written once,
// and every encoded piece ends with one, so that encoded pieces may simply be laid end to end.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "../common/chars.hpp"

namespace nlpzero::counting {

// A text as it lies in memory: UTF-8 (kind 0), or a str buffer of `kind` bytes a code point.
struct Text { const void* data; size_t size; int kind; };

enum class Alnum : int { TOKEN = 0, JOIN = 1, SPLIT = 2 };

class Alphabet {
public:
    static constexpr uint32_t UNSEEN = 0xFFFFFFFF;  // a symbol that the alphabet lacks
    static constexpr uint32_t FULL = 0xFFFFFFFE;    // no ids are left
    static constexpr uint32_t JOINED = 0xFFFFFFF0;  // character of a run that is one symbol
    static constexpr size_t GAVE_UP = ~size_t(0);

    Alphabet(bool bytes, Alnum alnum) : bytes_(bytes), id_(bytes ? 256 : CODE_POINTS, UNSEEN) {
        if (bytes) {
            id_['\n'] = 0;
            return;
        }
        const uint32_t alnum_id = alnum == Alnum::TOKEN ? 0 : alnum == Alnum::JOIN ? JOINED : UNSEEN;
        for (const CharRange& r : CLASS_RANGES)
            for (uint32_t c = r.first; c <= r.last; ++c) id_[c] = r.value == BOUNDARY ? 0 : alnum_id;
    }

    const std::vector<std::string>& symbols() const { return symbols_; }  // UTF-8 of id 1, 2, ...
    size_t size() const { return symbols_.size(); }
    bool bytes() const { return bytes_; }

    // Add a symbol by its UTF-8 text (a single byte with unit="byte").
    uint32_t add(const std::string& text) {
        uint32_t cp = 0;
        if (bytes_) return assign(uint8_t(text[0]), text);
        const uint8_t* p = reinterpret_cast<const uint8_t*>(text.data());
        const int length = decode_any(p, p + text.size(), cp);
        if (id_[cp] == JOINED) return join(text, true);
        return size_t(length) == text.size() ? assign(cp, text) : 0;
    }

    // Encode a text into out, which holds at least text.size + 1 entries; returns the number of entries, or GAVE_UP.
    // Gives up before a symbol would get an id above `limit`, and at bytes that are not UTF-8 (at `invalid`).
    template <class Sym>
    size_t encode(const Text& text, Sym* out, uint32_t limit, bool grow, size_t& invalid) {
        switch (text.kind) {
            case 1: return run(static_cast<const uint8_t*>(text.data), text.size, out, limit, grow, invalid, Plain());
            case 2: return run(static_cast<const uint16_t*>(text.data), text.size, out, limit, grow, invalid, Plain());
            case 4: return run(static_cast<const uint32_t*>(text.data), text.size, out, limit, grow, invalid, Plain());
        }
        const auto* p = static_cast<const uint8_t*>(text.data);
        if (bytes_) return run(p, text.size, out, limit, grow, invalid, Plain());
        return run(p, text.size, out, limit, grow, invalid, Utf8());
    }

private:
    bool bytes_;
    std::vector<uint32_t> id_;
    std::unordered_map<std::string, uint32_t> joined_;
    std::vector<std::string> symbols_;

    static int decode_any(const uint8_t* p, const uint8_t* end, uint32_t& cp) {
        int length = decode_utf8(p, end, cp);
        if (!length && end - p >= 3) {  // a lone surrogate, as Python's "surrogatepass" writes it
            cp = (p[0] & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
            length = 3;
        }
        return length;
    }
    struct Utf8 {
        static int next(const uint8_t* p, const uint8_t* end, uint32_t& cp) { return decode_utf8(p, end, cp); }
    };
    struct Plain {
        template <class Char>
        static int next(const Char* p, const Char*, uint32_t& cp) { cp = uint32_t(*p); return 1; }
    };

    template <class Sym, class Char, class Decoder>
    size_t run(const Char* begin, size_t size, Sym* out, uint32_t limit, bool grow, size_t& invalid, Decoder decoder) {
        const uint32_t* const id = id_.data();
        const Char* const end = begin + size;
        size_t n = 0;
        uint32_t last = 0;
        for (const Char* p = begin; p < end;) {
            uint32_t cp;
            int length = decoder.next(p, end, cp);
            if (!length) { invalid = size_t(p - begin); return GAVE_UP; }
            uint32_t v = id[cp];
            if (v >= JOINED) {
                v = resolve(p, end, length, cp, limit, grow, decoder);
                if (v == FULL) return GAVE_UP;
            }
            out[n] = Sym(v);
            n += (v | last) != 0;
            last = v;
            p += length;
        }
        if (last) out[n++] = 0;
        return n;
    }

    uint32_t assign(uint32_t cp, const std::string& text) {
        if (id_[cp] == UNSEEN) {
            symbols_.push_back(text);
            id_[cp] = uint32_t(symbols_.size());
        }
        return id_[cp];
    }
    uint32_t join(const std::string& text, bool grow) {
        const auto found = joined_.find(text);
        if (found != joined_.end()) return found->second;
        if (!grow) return UNSEEN;
        symbols_.push_back(text);
        return joined_[text] = uint32_t(symbols_.size());
    }

    // The rare path: a symbol seen for the first time, or a digit or Latin run.
    template <class Char, class Decoder>
    uint32_t resolve(const Char* p, const Char* end, int& length, uint32_t cp, uint32_t limit, bool grow, Decoder decoder) {
        if (grow && symbols_.size() >= limit) return FULL;
        char utf8[4];
        if (id_[cp] == UNSEEN) {
            if (!grow) return UNSEEN;
            return assign(cp, bytes_ ? std::string(1, char(cp)) : std::string(utf8, encode_utf8(cp, utf8)));
        }
        std::string text;
        const Char* q = p;
        for (int step = length; step && id_[cp] == JOINED; step = q < end ? decoder.next(q, end, cp) : 0) {
            text.append(utf8, encode_utf8(cp, utf8));
            q += step;
        }
        length = int(q - p);
        return join(text, grow);
    }
};

}  // namespace nlpzero::counting
