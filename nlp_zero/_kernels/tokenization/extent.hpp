// How far a token reaches that is more than one character, and of which kind a token is.
//
// With alnum="token", these are one symbol: an extended grapheme cluster (UAX #29), a number, a Latin word, a URL, an e-mail
// address, the same punctuation mark several times.  Every rule looks at the text from its first character on, so the result
// does not depend on where reading begins.
#pragma once
#include "../common/chars.hpp"
#include "../common/token_ranges.hpp"

namespace nlpzero::tokenization {

enum TokenClass : uint8_t {  // as in make_unicode_ranges.py
    SINGLE, CONTROL, EXTENDING, SPACING_MARK, PREPENDED, FLAG, PICTOGRAPH, EMOJI,
    HANGUL_L, HANGUL_V, HANGUL_T, DECIMAL_DIGIT, LATIN, REPEATABLE,
    HANGUL_LV, HANGUL_LVT,  // computed, never in the table
};
enum Kind : uint8_t {
    KIND_WORD, KIND_SPACE, KIND_PUNCTUATION, KIND_SYMBOL, KIND_EMOJI, KIND_NUMBER, KIND_LATIN, KIND_URL, KIND_CONTROL, KINDS
};

// Whether a character of this class may go on with a cluster after a character that does not begin one by itself.
inline bool may_go_on(int cls) { return cls == EXTENDING || cls == SPACING_MARK || cls == HANGUL_V || cls == HANGUL_T; }

struct TokenTables { const uint8_t *classes, *kinds; };  // by code point

inline const TokenTables& token_tables() {
    static uint8_t classes[CODE_POINTS], kinds[CODE_POINTS];
    static const TokenTables tables = [] {
        for (const CharRange& r : TOKEN_CLASS_RANGES) for (uint32_t c = r.first; c <= r.last; ++c) classes[c] = r.value;
        for (const CharRange& r : KIND_RANGES) for (uint32_t c = r.first; c <= r.last; ++c) kinds[c] = r.value;
        return TokenTables{classes, kinds};
    }();
    return tables;
}

// A text, and the questions that the rules ask about its characters.  Past the end there is a character of no class.
template <class Char>
struct Extent {
    const Char* text;
    size_t size;
    const uint8_t* classes = token_tables().classes;

    static constexpr uint32_t ZWJ = 0x200D, KEYCAP = 0x20E3, EMOJI_STYLE = 0xFE0F, NOTHING = 0xFFFFFFFF;
    // Limits of RFC 5321.  They also keep the search for an "@" that is not there from taking quadratic time.
    static constexpr size_t LONGEST_LOCAL_PART = 64, LONGEST_DOMAIN = 255;

    uint32_t at(size_t i) const { return i < size ? uint32_t(text[i]) : NOTHING; }
    int class_at(size_t i) const {
        if (i >= size) return CONTROL;
        const uint32_t c = text[i];
        if (sizeof(Char) > 1 && c - 0xAC00u < 11172) return (c - 0xAC00u) % 28 ? HANGUL_LVT : HANGUL_LV;
        return classes[c];
    }
    bool digit(size_t i) const { return i < size && classes[text[i]] == DECIMAL_DIGIT; }
    bool latin(size_t i) const { return i < size && classes[text[i]] == LATIN; }
    bool alnum(size_t i) const { return digit(i) || latin(i); }
    bool one_of(size_t i, const char* ascii) const {
        for (; i < size && *ascii; ++ascii) if (uint32_t(text[i]) == uint32_t(*ascii)) return true;
        return false;
    }
    bool ascii_alnum(size_t i) const {
        const uint32_t c = at(i);
        return c - '0' < 10 || (c | 32) - 'a' < 26;
    }
    bool says(size_t i, const char* lower) const {  // ASCII letters, in either case
        for (; *lower; ++i, ++lower) {
            const uint32_t c = at(i);
            if (c != uint32_t(*lower) && (c - 'A' >= 26 || c + 32 != uint32_t(*lower))) return false;
        }
        return true;
    }

    // Grapheme clusters

    bool extends(size_t i) const {  // the character at i never begins a cluster, given that the one before it is read (GB6-GB9a)
        const int next = class_at(i);
        if (next <= CONTROL || next == DECIMAL_DIGIT || next == LATIN || next == REPEATABLE) return false;
        const int last = class_at(i - 1);
        if (next == EXTENDING || next == SPACING_MARK) return last != CONTROL;
        if (next == HANGUL_V) return last == HANGUL_L || last == HANGUL_V || last == HANGUL_LV;
        if (next == HANGUL_T) return last == HANGUL_V || last == HANGUL_T || last == HANGUL_LV || last == HANGUL_LVT;
        return last == HANGUL_L && (next == HANGUL_L || next == HANGUL_LV || next == HANGUL_LVT);
    }
    size_t skip_extending(size_t i) const {  // i > 0
        while (i < size && extends(i)) ++i;
        return i;
    }
    size_t keycap(size_t i) const {  // its length, or 0
        if (sizeof(Char) == 1) return 0;
        const size_t length = at(i + 1) == KEYCAP ? 2 : at(i + 1) == EMOJI_STYLE && at(i + 2) == KEYCAP ? 3 : 0;
        return length && one_of(i, "0123456789#*") ? length : 0;
    }
    size_t emoji_end(size_t i) const {  // pictographs with one joiner between them (GB11)
        for (++i;; i += 2) {
            while (class_at(i) == EXTENDING && at(i) != ZWJ) ++i;
            const int next = class_at(i + 1);
            if (at(i) != ZWJ || (next != EMOJI && next != PICTOGRAPH)) return i;
        }
    }

    // Numbers and words in Latin letters

    size_t digits_end(size_t i, size_t most = size_t(-1)) const {
        const size_t stop = most < size - i ? i + most : size;
        while (i < stop && digit(i)) ++i;
        return i;
    }
    bool has_digits(size_t i, size_t count) const {  // this many and no more
        return i < size && digits_end(i, count + 1) == i + count;
    }
    bool is_colon(size_t i) const { const uint32_t c = at(i); return c == ':' || c == 0xFF1A || c == 0x2236; }
    bool is_dash(size_t i) const { const uint32_t c = at(i); return c == '-' || c == 0xFF0D; }
    bool is_point(size_t i) const {  // in decimals, versions, fractions
        const uint32_t c = at(i);
        return c == '.' || c == '/' || c == 0xFF0E || c == 0xFF0F || c == 0xB7;
    }
    bool is_percent(size_t i) const { const uint32_t c = at(i); return c == '%' || c == 0xFF05 || c == 0x2030 || c == 0x2031; }

    // From a digit on: 1,234,567.8  3.14  50%  12:30:15  2026-11-26
    size_t number_end(const size_t begin, size_t i) const {  // i: the end of the first digits
        if (class_at(i) != REPEATABLE) return i;  // every mark below is
        const size_t count = i - begin;
        if (count == 4 && is_dash(i)) {
            const size_t day = digits_end(i + 1, 3);
            if (day > i + 1 && day <= i + 3 && at(day) == at(i)) {
                const size_t end = digits_end(day + 1, 3);
                if (end > day + 1 && end <= day + 3) return end;
            }
        }
        if (count <= 2 && is_colon(i) && has_digits(i + 1, 2)) {
            i += 3;
            if (is_colon(i) && has_digits(i + 1, 2)) i += 3;
        } else if (count <= 3) {
            while (at(i) == ',' && has_digits(i + 1, 3)) i += 4;
        }
        while (is_point(i) && digit(i + 1)) i = digits_end(i + 1);
        return is_percent(i) ? i + 1 : i;
    }
    // Digits, letters and what extends them, i being behind one; a keycap is not a part of it.
    size_t alnum_end(size_t i, bool& plain) const {
        for (;;) {
            for (; i < size && (classes[text[i]] == DECIMAL_DIGIT || classes[text[i]] == LATIN); ++i) plain = plain && classes[text[i]] == DECIMAL_DIGIT;
            if (!extends(i)) return i;
            if (keycap(i - 1)) return i - 1;
            plain = false;
            i = skip_extending(i);
        }
    }
    // With a letter: don't  e-mail  COVID-19  v1.2
    size_t word_end(size_t i) const {  // i: the end of the first letters and digits
        for (;;) {
            const uint32_t c = at(i);
            const bool apostrophe = (c == '\'' || c == 0x2019) && latin(i + 1);
            const bool hyphen = (c == '-' || c == 0x2010 || c == 0x2011) && alnum(i + 1);
            const bool point = c == '.' && digit(i - 1) && digit(i + 1);
            if (!(apostrophe || hyphen || point) || keycap(i + 1)) return i;
            bool plain = true;
            i = alnum_end(i + 2, plain);
        }
    }

    // Addresses: their end, or 0 if there is none

    size_t url_end(const size_t begin) const {
        static constexpr const char* PREFIXES[] = {"http://", "https://", "ftp://", "www."};
        for (const char* prefix : PREFIXES) {
            if (!says(begin, prefix)) continue;
            size_t first = begin, open = 0;
            for (const char* p = prefix; *p; ++p) ++first;
            size_t end = first;
            for (; end < size && is_url(text[end]); ++end) open += text[end] == '(';
            size_t close = 0;
            for (size_t i = first; i < end; ++i) close += text[i] == ')';
            while (end > first) {  // marks at the end belong to the sentence, and so does a bracket that is not opened inside
                const bool bracket = text[end - 1] == ')';
                if (bracket ? close <= open : !one_of(end - 1, ".,:;!?'*~")) break;
                close -= bracket;
                --end;
            }
            return end > first && ascii_alnum(first) ? end : 0;
        }
        return 0;
    }
    static bool is_url(uint32_t c) {
        return c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`' && c != '{' && c != '|' && c != '}';
    }
    size_t email_end(const size_t begin) const {
        size_t i = begin;
        while (i - begin <= LONGEST_LOCAL_PART && (ascii_alnum(i) || one_of(i, "._%+-"))) ++i;
        if (at(i) != '@' || i == begin || i - begin > LONGEST_LOCAL_PART || !ascii_alnum(i - 1)) return 0;
        size_t end = 0, labels = 0;  // end of the last label that can be the last: two letters or more
        for (size_t label = ++i; label - i < LONGEST_DOMAIN && ascii_alnum(label); ++label) {
            const size_t from = label;
            while (label - i < LONGEST_DOMAIN && (ascii_alnum(label) || (at(label) == '-' && (ascii_alnum(label + 1) || at(label + 1) == '-')))) ++label;
            if (++labels > 1 && label - from > 1 && !digit(from)) end = label;
            if (at(label) != '.') break;
        }
        return end;
    }

    // The end of the symbol that begins at i.
    size_t end(size_t i) const {
        while (class_at(i) == PREPENDED && class_at(i + 1) != CONTROL) ++i;
        size_t end = i + 1;
        switch (class_at(i)) {
            case CONTROL: return end + (at(i) == '\r' && at(end) == '\n');
            case FLAG: end += class_at(end) == FLAG; break;
            case PICTOGRAPH: case EMOJI: end = emoji_end(i); break;
            case DECIMAL_DIGIT: case LATIN: end = alnum_text_end(i); break;
            case REPEATABLE:
                if (const size_t length = keycap(i)) { end = i + length; break; }
                while (end < size && text[end] == text[i] && !keycap(end)) ++end;
                break;
            default: break;
        }
        return skip_extending(end);
    }
    size_t alnum_text_end(const size_t i) const {
        if (const size_t length = keycap(i)) return i + length;
        bool plain = digit(i);  // digits only
        const size_t run = alnum_end(i + 1, plain);
        const uint32_t next = at(run);
        if (next == ':' || next == '.') if (const size_t end = url_end(i)) return end;
        if (next < 0x80 && one_of(run, "@._%+-")) if (const size_t end = email_end(i)) return end;
        return plain ? number_end(i, run) : word_end(run);
    }

    // Of a token that is the whole text.
    Kind kind() const {
        const uint8_t* kinds = token_tables().kinds;
        size_t i = 0;
        if (!size) return KIND_WORD;
        while (i + 1 < size && classes[text[i]] == PREPENDED) ++i;
        Kind kind = Kind(kinds[at(i)]);
        bool latins = kind == KIND_LATIN, address = false;
        for (size_t k = i + 1; k < size; ++k) {
            const uint8_t cls = classes[text[k]];
            if (!kinds[text[k]] && (cls == SINGLE || cls >= HANGUL_L)) return KIND_WORD;
            latins |= cls == LATIN;
            address |= text[k] == '@';
        }
        if (kind == KIND_LATIN && (says(i, "www.") || says(i, "http://") || says(i, "https://") || says(i, "ftp://"))) address = true;
        if (kind == KIND_LATIN || kind == KIND_NUMBER) {
            if (keycap(i)) return KIND_EMOJI;
            return address ? KIND_URL : latins ? KIND_LATIN : KIND_NUMBER;
        }
        const uint8_t first = classes[text[i]];
        if (first == EMOJI || first == FLAG || keycap(i) || (first == PICTOGRAPH && at(i + 1) == EMOJI_STYLE)) return KIND_EMOJI;
        return kind;
    }
};

template <class Char>
Extent<Char> extent_of(const Char* text, size_t size) { return {text, size}; }

}  // namespace nlpzero::tokenization
