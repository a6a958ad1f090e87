// A template grammar as a trie of items (anchors and slots).
//
//   X -> U (q) | U X (1 - q)        a slot, or a whole segment: a chain of units
//   U -> template t | one word      a template: anchors, and slots that are chains again
//
// Weights are ratios to what single words would cost: a word alone weighs 1, template t weighs
// theta_t / product of P(word alone) over its anchors.  So values stay near 1 however long the segment is.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace nlpzero::templates {

class TemplateTrie {
public:
    static constexpr int32_t SLOT = 0, NONE = -1, ROOT = 0;  // words are numbered from 1; 0 is "no anchor"

    double q = 0.5;
    std::vector<int32_t> parent{NONE}, symbol{NONE}, slot_child{NONE}, first{NONE};  // of each node
    std::vector<char> has_words{0};  // whether a word can follow
    std::vector<int32_t> next;       // of each template: the next one at its node
    std::vector<double> weight;      // of each template

    // Template number `size()`: words and SLOTs, at least one of them a word.
    void add(const int32_t* items, size_t n, double ratio) {
        int32_t node = ROOT;
        bool anchored = false;
        for (size_t k = 0; k < n; ++k) {
            anchored |= items[k] != SLOT;
            node = step(node, items[k]);
        }
        if (!anchored) throw std::invalid_argument("a template needs at least one word.");
        weight.push_back(ratio);
        next.push_back(NONE);
        int32_t* end = &first[node];  // templates of one form are kept in their order
        while (*end != NONE) end = &next[*end];
        *end = int32_t(weight.size()) - 1;
    }

    int32_t child(int32_t node, int32_t word) const {
        if (word == SLOT || !has_words[node]) return NONE;
        const uint64_t key = uint64_t(node) << 32 | uint32_t(word);
        for (size_t at = place(key);; at = (at + 1) & (keys.size() - 1))
            if (keys[at] == key) return values[at];
            else if (keys[at] == EMPTY) return NONE;
    }

    size_t nodes() const { return parent.size(); }

private:
    static constexpr uint64_t EMPTY = ~uint64_t(0);
    std::vector<uint64_t> keys = std::vector<uint64_t>(64, EMPTY);
    std::vector<int32_t> values = std::vector<int32_t>(64);
    size_t used = 0;

    size_t place(uint64_t key) const { return (key * 0x9E3779B97F4A7C15u >> 20) & (keys.size() - 1); }

    int32_t step(int32_t node, int32_t item) {
        int32_t found = item == SLOT ? slot_child[node] : child(node, item);
        if (found != NONE) return found;
        found = int32_t(nodes());
        parent.push_back(node);
        symbol.push_back(item);
        slot_child.push_back(NONE);
        first.push_back(NONE);
        has_words.push_back(0);
        if (item == SLOT) slot_child[node] = found;
        else insert(uint64_t(node) << 32 | uint32_t(item), found), has_words[node] = 1;
        return found;
    }

    void insert(uint64_t key, int32_t value) {
        if (2 * ++used > keys.size()) {
            std::vector<uint64_t> old_keys(2 * keys.size(), EMPTY);
            std::vector<int32_t> old_values(2 * values.size());
            old_keys.swap(keys);
            old_values.swap(values);
            for (size_t k = 0; k < old_keys.size(); ++k)
                if (old_keys[k] != EMPTY) put(old_keys[k], old_values[k]);
        }
        put(key, value);
    }

    void put(uint64_t key, int32_t value) {
        size_t at = place(key);
        while (keys[at] != EMPTY) at = (at + 1) & (keys.size() - 1);
        keys[at] = key;
        values[at] = value;
    }
};

}  // namespace nlpzero::templates
