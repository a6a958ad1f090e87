// Text to dense symbol ids.  A symbol is a character, a byte, or (alnum="join") a whole digit or Latin run.
//
// Ids are given in the order of first appearance, from 1; 0 is a boundary.  Consecutive boundaries are written once,
// and every encoded piece ends with one, so that encoded pieces can be concatenated.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "../common/chars.hpp"
#include "../common/zero_pages.hpp"

namespace nlpzero::counting {

// The id of each code point; at first UNSEEN.  Ids are stored plus one: zeroed memory is not touched until it is written,
// so that an alphabet, of which there is one for each thread, takes few pages and little time.
class IdTable {
public:
    static constexpr uint32_t UNSEEN = 0xFFFFFFFF;

    explicit IdTable(size_t size) : stored_(size) {}
    uint32_t operator[](size_t code_point) const { return stored_[code_point] - 1; }
    void set(size_t code_point, uint32_t id) { stored_[code_point] = id + 1; }

private:
    ZeroPages<uint32_t> stored_;
};

// A text in memory: UTF-8 (kind 0), or a str buffer of `kind` bytes per code point.
struct Text { const void* data; size_t size; int kind; };

enum class Alnum : int { TOKEN = 0, JOIN = 1, SPLIT = 2 };

class Alphabet {
public:
    static constexpr uint32_t UNSEEN = IdTable::UNSEEN;  // a symbol that the alphabet does not have
    static constexpr uint32_t FULL = 0xFFFFFFFE;    // no id is left
    static constexpr uint32_t JOINED = 0xFFFFFFF0;  // a character of a run that is one symbol
    static constexpr size_t GAVE_UP = ~size_t(0);

    Alphabet(bool bytes, Alnum alnum) : bytes_(bytes), id_(bytes ? 256 : CODE_POINTS) {
        if (bytes) {
            id_.set('\n', 0);
            return;
        }
        near_.assign(0x10000, ELSEWHERE);
        const uint32_t alnum_id = alnum == Alnum::TOKEN ? 0 : alnum == Alnum::JOIN ? JOINED : UNSEEN;
        for (const CharRange& r : CLASS_RANGES)
            for (uint32_t c = r.first; c <= r.last; ++c) set_id(c, r.value == BOUNDARY ? 0 : alnum_id);
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
    // Gives up before a symbol would get an id above `limit`, and at bytes that are not UTF-8; `invalid` is their
    // offset.  Calls count(id) for each entry, and for boundaries that are left out.
    template <class Sym, class Count>
    size_t encode(const Text& text, Sym* out, uint32_t limit, bool grow, size_t& invalid, Count count) {
        const Output<Sym, Count> to{out, count};
        const Limits limits{limit, grow};
        switch (text.kind) {
            case 1: return run(static_cast<const uint8_t*>(text.data), text.size, to, limits, invalid);
            case 2: return run(static_cast<const uint16_t*>(text.data), text.size, to, limits, invalid);
            case 4: return run(static_cast<const uint32_t*>(text.data), text.size, to, limits, invalid);
        }
        const auto* p = static_cast<const uint8_t*>(text.data);
        return bytes_ ? run(p, text.size, to, limits, invalid) : run_utf8(p, text.size, to, limits, invalid);
    }
    template <class Sym>
    size_t encode(const Text& text, Sym* out, uint32_t limit, bool grow, size_t& invalid) {
        return encode(text, out, limit, grow, invalid, [](uint32_t) {});
    }

private:
    bool bytes_;
    IdTable id_;
    std::vector<uint16_t> near_;  // the ids of code points below 65,536 again, so that most are in the cache
    static constexpr uint16_t ELSEWHERE = 0xFFFF;  // in near_: look into id_
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

    struct Limits { uint32_t last_id; bool grow; };
    struct Found { uint32_t id; int length; };  // length 0: not UTF-8

    template <class Sym, class Count>
    struct Output {
        Sym* out;
        Count count;
        size_t size = 0;
        uint32_t last = 0;
        void put(uint32_t id) {
            out[size] = Sym(id);
            size += (id | last) != 0;
            last = id;
            count(id);
        }
        size_t close() {
            if (last) put(0);
            return size;
        }
    };

    template <class Char, class Output>
    size_t run(const Char* begin, size_t size, Output to, Limits limits, size_t&) {
        const Char* const end = begin + size;
        for (const Char* p = begin; p < end;) {
            Found found = {id_[uint32_t(*p)], 1};
            if (found.id >= JOINED) found = find(p, end, limits, Plain());
            if (found.id == FULL) return GAVE_UP;
            to.put(found.id);
            p += found.length;
        }
        return to.close();
    }

    // The same for UTF-8.  ASCII, and three bytes of a code point in near_, take a short way.
    template <class Output>
    size_t run_utf8(const uint8_t* begin, size_t size, Output to, Limits limits, size_t& invalid) {
        const uint16_t* const near = near_.data();
        const uint8_t *const end = begin + size, *p = begin;
        for (;;) {
            while (end - p >= 4) {
                const uint32_t word = p[0] | p[1] << 8 | p[2] << 16 | uint32_t(p[3]) << 24;  // one load
                if ((word & 0xC0C0F0) == 0x8080E0) {
                    const uint32_t cp = (word & 0x0F) << 12 | (word >> 2 & 0xFC0) | (word >> 16 & 0x3F);
                    const uint32_t id = near[cp];
                    if (id == ELSEWHERE || cp < 0x800) break;
                    to.put(id);
                    p += 3;
                } else {
                    if (word & 0x80) break;
                    const uint32_t id = near[word & 0x7F];
                    if (id == ELSEWHERE) break;
                    to.put(id);
                    ++p;
                }
            }
            if (p == end) return to.close();
            const Found found = find(p, end, limits, Utf8());
            if (!found.length) { invalid = size_t(p - begin); return GAVE_UP; }
            if (found.id == FULL) return GAVE_UP;
            to.put(found.id);
            p += found.length;
        }
    }

    // The symbol at p, which may be new, or a run of digits or Latin letters.
    template <class Char, class Decoder>
    Found find(const Char* p, const Char* end, Limits limits, Decoder decoder) {
        uint32_t cp;
        const int length = decoder.next(p, end, cp);
        if (!length) return {0, 0};
        if (id_[cp] < JOINED) return {id_[cp], length};
        if (limits.grow && symbols_.size() >= limits.last_id) return {FULL, length};
        char utf8[4];
        if (id_[cp] == UNSEEN) {
            if (!limits.grow) return {UNSEEN, length};
            return {assign(cp, bytes_ ? std::string(1, char(cp)) : std::string(utf8, encode_utf8(cp, utf8))), length};
        }
        std::string text;
        const Char* q = p;
        for (int step = length; step && id_[cp] == JOINED; step = q < end ? decoder.next(q, end, cp) : 0) {
            text.append(utf8, encode_utf8(cp, utf8));
            q += step;
        }
        return {join(text, limits.grow), int(q - p)};
    }

    // Code points of surrogates are never in near_: they are not valid in UTF-8.
    void set_id(uint32_t cp, uint32_t id) {
        id_.set(cp, id);
        if (cp < near_.size() && cp >> 11 != 0x1B) near_[cp] = uint16_t(std::min<uint32_t>(id, ELSEWHERE));
    }
    uint32_t assign(uint32_t cp, const std::string& text) {
        if (id_[cp] == UNSEEN) {
            symbols_.push_back(text);
            set_id(cp, uint32_t(symbols_.size()));
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
};

}  // namespace nlpzero::counting
