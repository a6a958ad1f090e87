// From a str buffer to dense symbol ids: characters by a flat table, stretches (numbers, Latin words, clusters) by their text.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "extent.hpp"

namespace nlpzero::tokenization {

enum Alnum : int { ALNUM_TOKEN = 0, ALNUM_JOIN = 1, ALNUM_SPLIT = 2 };

struct TextView {  // a str's own buffer: kind bytes a code point
    const void* data;
    size_t size;
    int kind;
};

// Call f with the buffer as a typed pointer.
template <class F>
auto with_chars(const TextView& text, F f) {
    if (text.kind == 1) return f(static_cast<const uint8_t*>(text.data));
    if (text.kind == 2) return f(static_cast<const uint16_t*>(text.data));
    return f(static_cast<const uint32_t*>(text.data));
}

class SymbolMap {
 public:
    // Marks of characters in the table: may begin a stretch; may go on with one; go on if the one before is the same.
    static constexpr uint32_t BEGINS = 0x80000000u, GOES_ON = 0x40000000u, REPEATS = 0x20000000u, SYMBOL = 0x1FFFFFFFu;

    explicit SymbolMap(Alnum mode) : mode_(mode), table_(static_cast<uint32_t*>(std::calloc(CODE_POINTS, sizeof(uint32_t))), &std::free) {
        if (!table_) throw std::bad_alloc();
        auto mark = [&](uint32_t first, uint32_t last, uint32_t with) { std::fill(table_.get() + first, table_.get() + last + 1, with); };
        if (mode == ALNUM_JOIN) for (const CharRange& r : CLASS_RANGES) if (r.value == ALNUM) mark(r.first, r.last, BEGINS);
        if (mode != ALNUM_TOKEN) return;
        for (const CharRange& r : TOKEN_CLASS_RANGES)
            if (r.value != CONTROL) mark(r.first, r.last, r.value == REPEATABLE ? REPEATS : may_go_on(r.value) ? BEGINS | GOES_ON : BEGINS);
        mark('\r', '\r', BEGINS);
    }
    void set_char(uint32_t c, uint32_t symbol) { table_.get()[c] = (table_.get()[c] & ~SYMBOL) | symbol; }
    // Symbols after those of words: unknown text of kind k is symbol `last` + k.
    void number_kinds(uint32_t last) {
        kinds_from_ = last;
        for (const CharRange& r : KIND_RANGES) for (uint32_t c = r.first; c <= r.last; ++c)
            if (!(table_.get()[c] & SYMBOL)) table_.get()[c] |= last + r.value;
    }
    // Punctuation and spaces that no word contains get symbols of their own, after those of kinds.  Returns the characters.
    // They are as frequent as words, and the symbol of a kind would not tell which one it is.  Symbols of the most frequent
    // ones are neighbours, so that their nodes share cache lines.
    std::vector<uint32_t> number_marks() {
        std::vector<uint32_t> marks;
        auto number = [&](uint32_t c) {
            const uint32_t symbol = table_.get()[c] & SYMBOL;
            if (symbol == 0 || symbol <= kinds_from_ || symbol >= kinds_from_ + KINDS || (table_.get()[c] & (BEGINS | GOES_ON))) return;
            set_char(c, kinds_from_ + KINDS + uint32_t(marks.size()));
            marks.push_back(c);
        };
        for (uint32_t c : std::u16string_view(u"，。、“”！：？；（）《》,. ")) number(c);
        for (const CharRange& r : KIND_RANGES)
            if (r.value == KIND_PUNCTUATION || r.value == KIND_SPACE) for (uint32_t c = r.first; c <= r.last; ++c) number(c);
        return marks;
    }
    bool is_unknown(uint32_t symbol) const { return symbol == 0 || symbol > kinds_from_; }
    void add_stretch(const uint32_t* text, size_t length, uint32_t symbol) {  // distinct texts only
        if ((used_ + 1) * 2 > slots_.size()) rehash();
        insert({hash(text, length), symbol, uint32_t(pool_.size()), uint32_t(length)});
        pool_.insert(pool_.end(), text, text + length);
        ++used_;
    }

    // Read symbols from text[from, size) until `room` are read or the text ends: symbols[k] begins at starts[k].
    // Returns how many were read; `from` moves to the first character that was not read.
    template <class Char>
    size_t read(const Char* text, size_t size, size_t& from, uint32_t* symbols, uint32_t* starts, size_t room) const {
        const uint32_t* table = table_.get();
        size_t at = from, k = 0;
        while (true) {
            const size_t stop = k + (size - at < room - k ? size - at : room - k);
            uint32_t last = k ? text[at - 1] : CODE_POINTS;
            for (; k < stop; ++k, ++at) {
                const uint32_t c = text[at], v = table[c];
                if (v & (BEGINS | (c == last ? REPEATS : 0))) break;
                symbols[k] = v & SYMBOL;
                starts[k] = uint32_t(at);
                last = c;
            }
            if (k == room || at == size) break;
            const size_t begin = k ? find_begin(text, size, at, starts[k - 1]) : at;
            k -= begin < at;
            const size_t end = find_end(text, size, begin);
            symbols[k] = end - begin == 1 ? table[text[begin]] & SYMBOL : find_symbol(text + begin, end - begin);
            starts[k++] = uint32_t(begin);
            at = end;
        }
        if (at < size && k && find_begin(text, size, at, starts[k - 1]) < at) at = starts[--k];  // read it as a whole, next time
        from = at;
        return k;
    }

    // The end of the symbol that begins at `at`.
    template <class Char>
    size_t find_end(const Char* text, size_t size, size_t at) const {
        if (mode_ == ALNUM_TOKEN) return extent_of(text, size).end(at);
        size_t end = at + 1;
        if (table_.get()[text[at]] & BEGINS) while (end < size && (table_.get()[text[end]] & BEGINS)) ++end;
        return end;
    }

    template <class Char>
    uint32_t find_symbol(const Char* text, size_t length) const {
        const uint32_t symbol = find_stretch(text, length);
        if (symbol || kinds_from_ == NO_KINDS) return symbol;
        const int kind = extent_of(text, length).kind();
        return kind ? kinds_from_ + uint32_t(kind) : 0;
    }
    template <class Char>
    uint32_t find_stretch(const Char* text, size_t length) const {
        if (used_ == 0) return 0;
        const uint64_t h = hash(text, length);
        for (size_t i = h & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
            const Slot& slot = slots_[i];
            if (slot.symbol == 0) return 0;
            if (slot.hash != h || slot.length != length) continue;
            size_t k = 0;
            while (k < length && pool_[slot.first + k] == uint32_t(text[k])) ++k;
            if (k == length) return slot.symbol;
        }
    }

 private:
    struct Slot { uint64_t hash = 0; uint32_t symbol = 0, first = 0, length = 0; };
    static constexpr uint32_t NO_KINDS = 0xFFFFFFFFu;
    Alnum mode_;
    uint32_t kinds_from_ = NO_KINDS;
    std::unique_ptr<uint32_t, void (*)(void*)> table_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> pool_;
    size_t used_ = 0;

    // Where the symbol begins that the character at `at` belongs to: there, or where the last symbol read does.
    template <class Char>
    size_t find_begin(const Char* text, size_t size, size_t at, size_t last) const {
        const uint32_t marks = table_.get()[text[at]] & (GOES_ON | REPEATS);
        if (!marks) return at;
        const auto extent = extent_of(text, size);
        if (marks & GOES_ON) return extent.extends(at) ? last : at;
        return text[at] == text[at - 1] && last + 1 == at && extent.end(last) > at ? last : at;
    }
    template <class Char>
    static uint64_t hash(const Char* text, size_t length) {
        uint64_t h = length;
        for (size_t i = 0; i < length; ++i) h = (h ^ text[i]) * 0x9E3779B97F4A7C15u, h ^= h >> 32;
        return h;
    }
    void insert(const Slot& slot) {
        size_t i = slot.hash & (slots_.size() - 1);
        while (slots_[i].symbol) i = (i + 1) & (slots_.size() - 1);
        slots_[i] = slot;
    }
    void rehash() {
        std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) if (slot.symbol) insert(slot);
    }
};

}  // namespace nlpzero::tokenization
