// What a word list says about each gap of a text: the longest word that begins there, ends there, or spans it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::teaching {

class Dictionary {
public:
    // Words as symbols end to end, each closed by a 0.
    Dictionary(const uint32_t* words, size_t n) : word_(1, false) {
        size_t slots = 64;
        while (slots < 2 * n) slots *= 2;
        edge_.assign(slots, Edge{0, 0, 0});
        uint32_t at = 0;
        for (size_t i = 0; i < n; ++i) {
            if (words[i]) { at = child(at, words[i], true); continue; }
            word_[at] = at != 0;
            at = 0;
        }
    }

    // Lengths in symbols, 0 for none; words of one symbol do not count.
    void find(const uint32_t* text, size_t n, uint32_t* begins, uint32_t* ends, uint32_t* spans) const {
        std::fill_n(begins, n, 0u);
        std::fill_n(ends, n, 0u);
        std::fill_n(spans, n, 0u);
        for (size_t i = 0; i < n; ++i) {
            uint32_t at = 0;
            for (size_t j = i; j < n && text[j] && (at = child(at, text[j])); ++j) {
                const uint32_t length = uint32_t(j - i + 1);
                if (!word_[at] || length == 1) continue;
                begins[i] = length;
                if (j + 1 < n) ends[j + 1] = std::max(ends[j + 1], length);
                for (size_t k = i + 1; k <= j; ++k) spans[k] = std::max(spans[k], length);
            }
        }
    }

private:
    struct Edge { uint32_t parent, symbol, node; };
    std::vector<Edge> edge_;
    std::vector<bool> word_;  // by node: a word ends there

    size_t slot(uint32_t parent, uint32_t symbol) const {
        const size_t mask = edge_.size() - 1;
        size_t h = ((uint64_t(parent) << 32 | symbol) * 0x9E3779B97F4A7C15u >> 31) & mask;
        while (edge_[h].node && (edge_[h].parent != parent || edge_[h].symbol != symbol)) h = (h + 1) & mask;
        return h;
    }
    uint32_t child(uint32_t parent, uint32_t symbol) const { return edge_[slot(parent, symbol)].node; }
    uint32_t child(uint32_t parent, uint32_t symbol, bool) {
        Edge& e = edge_[slot(parent, symbol)];
        if (!e.node) {
            e = Edge{parent, symbol, uint32_t(word_.size())};
            word_.push_back(false);
        }
        return e.node;
    }
};

}  // namespace nlpzero::teaching
