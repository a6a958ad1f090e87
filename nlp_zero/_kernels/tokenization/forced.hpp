// Forced words: sequences of symbols that are always one token.
//
// Each forced word has a symbol of its own, which no other word contains.  Where its symbols occur in a text, they are
// replaced by that symbol before anything else looks at them, so the token is the only edge there and no other edge
// crosses it.
#pragma once
#include "trie.hpp"

namespace nlpzero::tokenization {

class ForcedWords {
 public:
    bool empty() const { return nodes_.empty(); }

    // keys: distinct sequences of symbols in 1..symbols; their values are the symbols that replace them.
    void build(const std::vector<uint32_t>& pool, std::vector<Key> keys, uint32_t symbols) {
        alone_.assign(symbols + 1, 0);
        for (shift_ = 20; shift_ > 10 && keys.size() * BITS_A_WORD > size_t(1) << (32 - shift_); --shift_) {}
        pairs_.assign((size_t(1) << (32 - shift_)) / 64, 0);
        for (const Key& key : keys) {
            const uint32_t* s = &pool[key.first];
            if (key.length == 1) alone_[s[0]] = 1;
            else pairs_[pair(s[0], s[1]) / 64] |= uint64_t(1) << pair(s[0], s[1]) % 64;
        }
        DoubleArray trie;
        trie.build(pool, keys, symbols);
        nodes_.resize(trie.base.size());
        for (size_t i = 0; i < nodes_.size(); ++i) nodes_[i] = {trie.base[i], trie.check[i]};
        words_ = std::move(trie.value);
    }

    // Replace the forced words among n symbols, from left to right and of several that begin at one place the longest.
    // Returns the number of symbols that are left.  symbols[n] may be read.
    size_t contract(uint32_t* symbols, uint32_t* starts, size_t n) const {
        symbols[n] = 0;
        size_t i = 0;
        while (i < n && !may_start(symbols[i], symbols[i + 1])) ++i;
        size_t out = i;
        while (i < n) {
            const uint32_t s = symbols[i];
            symbols[out] = s;
            starts[out] = starts[i];
            i += may_start(s, symbols[i + 1]) ? match(symbols + i, n - i, symbols[out]) : 1;
            ++out;
        }
        starts[out] = starts[n];
        return out;
    }

 private:
    static constexpr size_t BITS_A_WORD = 16;
    int shift_ = 20;                // of the hash: the filter has 2^(32 - shift) bits
    std::vector<uint8_t> alone_;    // by symbol: whether it is a forced word
    std::vector<uint64_t> pairs_;   // a filter of the first two symbols of longer words: few places need the trie
    std::vector<Node> nodes_;
    std::vector<int32_t> words_;    // by node: the symbol of the forced word that ends here, or 0

    uint32_t pair(uint32_t first, uint32_t second) const { return (first * 0x9E3779B1u + second * 0x85EBCA6Bu) >> shift_; }
    bool may_start(uint32_t first, uint32_t second) const {
        const uint32_t bit = pair(first, second);
        return alone_[first] | (pairs_[bit / 64] >> bit % 64 & 1);  // one branch, which is seldom taken
    }
    // The length of the longest forced word at the beginning of n symbols, and its symbol; 1 and no change if there is none.
    size_t match(const uint32_t* symbols, size_t n, uint32_t& found) const {
        const Node* nodes = nodes_.data();
        uint32_t at = symbols[0];
        const Node* node = nodes + at;
        size_t length = 1;
        uint32_t best = uint32_t(words_[at]);
        for (size_t j = 1; node->base != 0 && j < n;) {
            const uint32_t next = uint32_t(node->base) + symbols[j++];
            node = nodes + next;
            if (node->check != int32_t(at)) break;
            at = next;
            if (words_[at]) { best = uint32_t(words_[at]); length = j; }
        }
        if (best) found = best;
        return length;
    }
};

}  // namespace nlpzero::tokenization
