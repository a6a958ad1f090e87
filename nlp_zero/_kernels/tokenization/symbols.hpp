// From a str buffer to dense symbol ids: characters by a flat table, stretches of digits and Latin letters by their text.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "../common/chars.hpp"

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
    static constexpr uint32_t STRETCH = 0x80000000u;  // table entry of a character that begins a stretch

    explicit SymbolMap(Alnum mode) : table_(static_cast<uint32_t*>(std::calloc(CODE_POINTS, sizeof(uint32_t))), &std::free) {
        if (!table_) throw std::bad_alloc();
        if (mode == ALNUM_SPLIT) return;
        for (const CharRange& r : CLASS_RANGES)
            if (r.value == ALNUM) std::fill(table_.get() + r.first, table_.get() + r.last + 1, STRETCH);
    }
    void set_char(uint32_t c, uint32_t symbol) { table_.get()[c] = symbol; }
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
            for (; k < stop; ++k, ++at) {
                const uint32_t v = table[text[at]];
                if (v & STRETCH) break;
                symbols[k] = v;
                starts[k] = uint32_t(at);
            }
            if (k == room || at == size) break;
            size_t end = at + 1;
            while (end < size && (table[text[end]] & STRETCH)) ++end;
            symbols[k] = find_stretch(text + at, end - at);
            starts[k++] = uint32_t(at);
            at = end;
        }
        from = at;
        return k;
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
    std::unique_ptr<uint32_t, void (*)(void*)> table_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> pool_;
    size_t used_ = 0;

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
