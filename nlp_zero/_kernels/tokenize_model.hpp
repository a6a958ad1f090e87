// What a tokenizer knows, built once from words and log-probabilities and never changed: symbols, trie, scores.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>

#include "tokenize_symbols.hpp"
#include "trie.hpp"

namespace nlpzero {

// Scores of Viterbi are whole numbers: nats x 2^shift, then TIE_BITS that hold minus the number of tokens.  Sums of them are
// exact, so ties are ties on every platform, and one comparison decides by score and then by fewer tokens.  Sums may wrap;
// only differences within the reach of one word are compared, and `shift` (at most 30: 1e-9 nats) leaves room for those.
constexpr int TIE_BITS = 20;
constexpr int64_t NO_WORD = -(int64_t(1) << 61);

struct Model {
    SymbolMap symbols;
    std::vector<Node<int64_t>> nodes;
    std::vector<int32_t> ids;       // by node: 0 unknown, word i of the lexicon is i + 1
    std::vector<double> log_probs;  // by id; [0] is the cost of an unknown symbol
    std::vector<uint8_t> classes;   // by symbol: CharClass (a stretch is ALNUM)
    uint32_t max_length = 1;        // symbols of the longest word

    explicit Model(Alnum mode) : symbols(mode) {}
};

class ModelBuilder {
 public:
    ModelBuilder(Alnum mode, double unk) : mode_(mode), model_(std::make_unique<Model>(mode)) { model_->log_probs.push_back(unk); }

    // Words in the order of their ids.  A word that can never be a token (it crosses a boundary, or a stretch in token mode,
    // or begins or ends inside one) keeps its id and is left out of the trie.
    void add(const TextView& word, double log_prob) {
        model_->log_probs.push_back(log_prob);
        const uint32_t first = uint32_t(pool_.size());
        const bool fits = with_chars(word, [&](auto text) { return append(text, word.size); });
        if (!fits) pool_.resize(first);
        keys_.push_back({first, uint32_t(pool_.size()) - first, int32_t(model_->log_probs.size()) - 1});
        for (size_t k = first; k < pool_.size(); ++k) weight_[pool_[k] - 1] += std::exp(log_prob);
    }

    std::unique_ptr<Model> build() {
        Model& m = *model_;
        number_symbols();
        keys_.erase(std::remove_if(keys_.begin(), keys_.end(), [](const Key& k) { return k.length == 0; }), keys_.end());
        double cost = std::abs(m.log_probs[0]) + 1;
        for (const Key& key : keys_) {
            m.max_length = std::max(m.max_length, key.length);
            cost = std::max(cost, std::abs(m.log_probs[key.value]));
        }
        DoubleArray trie;
        trie.build(pool_, keys_, uint32_t(texts_.size()));
        const int room = 61 - TIE_BITS - int(std::ceil(std::log2(cost * 2 * (m.max_length + 1.0))));
        const double unit = std::ldexp(1.0, std::max(0, std::min(30, room)));
        auto fixed = [&](double x) { return int64_t(std::llround(x * unit)) * (int64_t(1) << TIE_BITS) - 1; };
        m.ids = std::move(trie.value);
        m.nodes.resize(trie.base.size());
        for (size_t i = 0; i < m.nodes.size(); ++i) {
            const bool single = i <= texts_.size();  // one symbol can always be a token
            const double x = m.log_probs[m.ids[i]];
            m.nodes[i] = {trie.base[i], trie.check[i], m.ids[i] || single ? fixed(x) : NO_WORD};
        }
        return std::move(model_);
    }

 private:
    Alnum mode_;
    std::unique_ptr<Model> model_;
    std::vector<uint32_t> pool_;
    std::vector<Key> keys_;
    std::vector<std::u32string> texts_;  // of symbols, in order of appearance: symbol s is texts_[s - 1]
    std::vector<double> weight_;         // how much of the text a symbol makes up
    std::unordered_map<std::u32string, uint32_t> number_;
    std::vector<uint32_t> single_;  // by code point: a symbol of one character

    template <class Char>
    bool append(const Char* text, size_t size) {
        const uint8_t* classes = class_table();
        const uint32_t first = uint32_t(pool_.size());
        bool outside = false;
        for (size_t at = 0; at < size;) {
            size_t end = at + 1;
            const uint8_t cls = classes[text[at]];
            if (cls == ALNUM && mode_ != ALNUM_SPLIT) while (end < size && classes[text[end]] == ALNUM) ++end;
            outside |= cls == BOUNDARY || (cls == ALNUM && mode_ == ALNUM_TOKEN);
            pool_.push_back(symbol(text + at, end - at));
            at = end;
        }
        return size > 0 && !(outside && pool_.size() - first > 1);
    }
    template <class Char>
    uint32_t symbol(const Char* text, size_t size) {
        if (single_.empty()) single_.resize(CODE_POINTS);
        if (size == 1 && single_[text[0]]) return single_[text[0]];
        std::u32string key(size, 0);
        for (size_t i = 0; i < size; ++i) key[i] = char32_t(text[i]);
        uint32_t& number = number_[key];
        if (number == 0) {
            texts_.push_back(key);
            weight_.push_back(0);
            number = uint32_t(texts_.size());
        }
        if (size == 1) single_[text[0]] = number;
        return number;
    }
    void number_symbols() {  // frequent symbols first: their nodes share cache lines.  Ties: order of appearance.
        std::vector<uint32_t> order(texts_.size()), rank(texts_.size() + 1);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return weight_[a] > weight_[b]; });
        const uint8_t* classes = class_table();
        model_->classes.assign(texts_.size() + 1, BOUNDARY);
        for (uint32_t i = 0; i < order.size(); ++i) {
            const std::u32string& text = texts_[order[i]];
            const uint8_t cls = classes[text[0]];
            rank[order[i] + 1] = i + 1;
            model_->classes[i + 1] = cls;
            if (cls == ALNUM && mode_ != ALNUM_SPLIT) model_->symbols.add_stretch(
                reinterpret_cast<const uint32_t*>(text.data()), text.size(), i + 1);
            else model_->symbols.set_char(text[0], i + 1);
        }
        for (uint32_t& s : pool_) s = rank[s];
    }
};

}  // namespace nlpzero
