// Means of a number by position over all places with the same symbols around them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace nlpzero::teaching {

class ContextMeans {
public:
    struct Slot { uint64_t key = 0; uint32_t count = 0; float sum = 0; };  // the key is a hash of the symbols

    // The context of position i are the symbols from i + first to i + last.
    ContextMeans(int first, int last) : first_(first), last_(last), table_(64) {}

    // Add the values of a text (0 is a boundary), those of `skipped` positions left out.
    void add(const uint32_t* text, const float* value, const uint8_t* skipped, size_t n) {
        for (size_t i = 0; i < n; ++i) {
            uint64_t key = 0;
            if (skipped[i] || !find_key(text, n, i, key)) continue;
            size_t h = find_slot(key);
            if (!table_[h].count && ++used_ > table_.size() / 4 * 3) {
                grow();
                h = find_slot(key);
            }
            table_[h].key = key;
            ++table_[h].count;
            table_[h].sum += value[i];
        }
    }
    // Means with one value of 1/2 added; -1 where the context is not inside the run.
    void mean(const uint32_t* text, size_t n, float* out) const {
        for (size_t i = 0; i < n; ++i) {
            uint64_t key = 0;
            if (!find_key(text, n, i, key)) { out[i] = -1; continue; }
            const Slot& slot = table_[find_slot(key)];
            out[i] = (slot.sum + 0.5f) / (float(slot.count) + 1);
        }
    }
    // The table as it is, to be sent to another process: a power of two of slots, some of which are free.
    const std::vector<Slot>& slots() const { return table_; }
    void set_slots(const Slot* slots, size_t n) {
        table_.assign(slots, slots + n);
        used_ = size_t(std::count_if(slots, slots + n, [](const Slot& slot) { return slot.count > 0; }));
    }

private:
    int first_, last_;
    size_t used_ = 0;
    std::vector<Slot> table_;

    size_t find_slot(uint64_t key) const {  // that of the key, or the free one where it belongs
        size_t h = key & (table_.size() - 1);
        while (table_[h].count && table_[h].key != key) h = (h + 1) & (table_.size() - 1);
        return h;
    }
    void grow() {
        std::vector<Slot> old(2 * table_.size());
        old.swap(table_);
        for (const Slot& slot : old)
            if (slot.count) table_[find_slot(slot.key)] = slot;
    }
    bool find_key(const uint32_t* text, size_t n, size_t i, uint64_t& key) const {
        if (std::ptrdiff_t(i) + first_ < 0 || i + size_t(last_) >= n || !text[i]) return false;
        for (int k = first_; k <= last_; ++k) {
            const uint32_t s = text[std::ptrdiff_t(i) + k];
            if (!s) return false;
            key = (key ^ s) * 0xBF58476D1CE4E5B9u;
            key ^= key >> 31;
        }
        key *= 0x94D049BB133111EBu;
        key ^= key >> 29;
        return true;
    }
};

}  // namespace nlpzero::teaching
