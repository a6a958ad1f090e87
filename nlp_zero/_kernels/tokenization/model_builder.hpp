// The making of a model from words and log-probabilities.
#pragma once
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

#include "../common/elementary.hpp"
#include "model.hpp"
#include "new_words.hpp"
#include "own_words.hpp"

namespace nlpzero::tokenization {

class ModelBuilder {
 public:
    explicit ModelBuilder(const Rules& rules) : model_(std::make_unique<Model>(rules)) {}

    // Words in the order of their ids.  A word that can never be a token (it crosses a boundary, or a stretch in token mode,
    // or begins or ends inside one) keeps its id and is left out of the trie.  byte: which one the word stands for, or -1;
    // between characters, one that is not ASCII is found through its id only, and so are the first bytes of a character,
    // `beginning` (a key, or 0).  flags: those of `WordFlag`; an own word that is not in the lexicon has ln p = -infinity.
    void add(const TextView& word, double log_prob, double rank, int byte, uint32_t beginning = 0, int flags = 0) {
        model_->log_probs.push_back(log_prob);
        model_->ranks.push_back(rank);
        flags_.push_back(uint8_t(flags));
        if (byte >= 0) model_->byte_ids[byte] = int32_t(model_->log_probs.size()) - 1;
        if (beginning && !(flags & FORBIDDEN)) model_->beginnings[beginning] = int32_t(model_->log_probs.size()) - 1;
        if ((byte >= 128 || beginning) && !model_->rules.bytes) return;
        const uint32_t first = uint32_t(pool_.size());
        const bool own = flags & (OWN | FORCED);
        const bool fits = with_chars(word, [&](auto text) { return append(text, word.size, own); });
        if (!fits) pool_.resize(first);
        keys_.push_back({first, uint32_t(pool_.size()) - first, int32_t(model_->log_probs.size()) - 1});
        for (size_t k = first; k < pool_.size(); ++k) weight_[pool_[k] - 1] += nlpzero::exp(log_prob);
    }

    // The class of each word in the order of their ids (`count` + 1: none), and the links of count + 2 classes.
    void set_classes(uint32_t count, const uint16_t* classes, size_t words, const double* links) {
        WordClasses& c = model_->classes;
        c.count = count;
        c.left.assign(words + 1, uint16_t(c.open()));
        std::copy(classes, classes + words, c.left.begin() + 1);
        c.right = c.left;
        c.links.assign(c.width() * c.width(), 0.0);
        for (size_t a = 0; a < count + 2; ++a)
            for (size_t b = 0; b < count + 2; ++b) c.links[a * c.width() + b] = links[a * (count + 2) + b];
    }

    std::unique_ptr<Model> build() {
        Model& m = *model_;
        number_symbols();
        auto is_empty = [](const Key& key) { return key.length == 0; };
        keys_.erase(std::remove_if(keys_.begin(), keys_.end(), is_empty), keys_.end());
        double cost = 1;
        for (const Key& key : keys_) if (!(flags_[size_t(key.value)] & (OWN | FORBIDDEN)))
            cost = std::max(cost, std::abs(m.rank(m.cost(key.value, 0))));
        for (uint32_t c : m.chars) cost = std::max(cost, std::abs(m.rank(m.cost(0, c))) + 1);
        const std::vector<double> letters = m.rules.new_mass > 0 ? estimate_spelling(m, pool_, keys_, weights_, cost) : std::vector<double>();
        const size_t text_symbols = kinds_.size();
        const std::vector<Key> own = take_own_words();
        for (const Key& key : keys_) m.max_length = std::max(m.max_length, key.length);
        DoubleArray trie;
        trie.build(pool_, keys_, uint32_t(kinds_.size()) - 1);
        m.ids = std::move(trie.value);
        std::vector<bool> forbidden(m.ids.size());
        for (size_t i = 0; i < m.ids.size(); ++i) {
            forbidden[i] = m.ids[i] && flags_[size_t(m.ids[i])] & FORBIDDEN;
            if (forbidden[i]) m.ids[i] = 0;
        }
        OwnWordScorer(m, pool_, trie, letters, text_symbols).score(own);
        for (const Key& key : own) cost = std::max(cost, std::abs(m.rank(m.cost(key.value, 0))));
        cost += m.classes.range();
        const int room = 61 - TIE_BITS - int(std::ceil(nlpzero::log2(cost * 2 * (m.max_length + 1.0))));
        const double unit = std::ldexp(1.0, std::max(0, std::min(30, room)));
        auto fixed = [&](const Cost& c) {
            return int64_t(std::llround(m.rank(c) * unit)) * (int64_t(1) << TIE_BITS) - c.tokens;
        };
        if (!letters.empty()) {
            const size_t n = text_symbols;
            auto whole = [&](double nats) { return int64_t(std::llround(nats * unit)) * (int64_t(1) << TIE_BITS); };
            std::vector<int64_t>* tables[3] = {&m.spelling.first, &m.spelling.middle, &m.spelling.last};
            for (size_t p = 0; p < 3; ++p)
                for (size_t s = 0; s < kinds_.size(); ++s) tables[p]->push_back(s < n ? whole(letters[p * n + s]) : 0);
            for (size_t l = 2; l <= Spelling::LONGEST; ++l)
                m.spelling.length[l] = whole(letters[3 * n + l] - m.rules.granularity) - 1;  // minus one token, in TIE_BITS
        }
        if (m.classes) m.classes.set_fixed_links(unit);
        m.nodes.resize(trie.base.size());
        m.scores.resize(trie.base.size());
        for (size_t i = 0; i < m.nodes.size(); ++i) {
            const bool single = i < kinds_.size();  // one symbol can always be a token
            const Cost c = m.node_cost(i);
            const bool token = m.ids[i] || single;
            m.nodes[i] = {trie.base[i], trie.check[i]};
            m.scores[i] = !token ? forbidden[i] ? FORBIDDEN_WORD : NO_WORD : m.rules.crossing ? m.crossing_score(c, unit) : fixed(c);
            if (single && !m.ids[i] && kinds_[i]) m.ids[i] = int32_t(m.log_probs.size()) - 1 + kinds_[i];
        }
        if (m.classes) {
            for (size_t i = 0; i < m.nodes.size(); ++i) {
                const size_t id = size_t(m.word_of(i));
                m.classes.nodes.push_back(id ? WordClasses::Sides{m.classes.left[id], m.classes.right[id]}
                                             : WordClasses::Sides{WordClasses::OUTSIDE, 0});
            }
        }
        return std::move(model_);
    }

 private:
    std::unique_ptr<Model> model_;
    std::vector<uint32_t> pool_;
    std::vector<Key> keys_;
    std::vector<uint8_t> flags_{0};  // by id
    std::vector<std::u32string> texts_;  // of symbols, in order of appearance: symbol s is texts_[s - 1]
    std::vector<double> weight_, weights_;  // frequency of each symbol, before and after `number_symbols`
    std::unordered_map<std::u32string, uint32_t> number_;
    std::vector<Kind> kinds_;       // by symbol, if kinds have ids: those of symbols of words, then a symbol for each kind
    std::vector<uint32_t> single_;  // by code point: a symbol of one character

    // Give each forced word a symbol, and leave out forbidden words unless a new word must not be spelt like them.  Returns the
    // words whose scores are computed, spelt by the symbols of texts, the short ones first: they are parts of longer ones.
    std::vector<Key> take_own_words() {
        Model& m = *model_;
        const uint32_t symbols = uint32_t(kinds_.size()) - 1;
        std::vector<Key> own, forced, rest;
        for (const Key& key : keys_) {
            const uint8_t flags = flags_[size_t(key.value)];
            if (flags & OWN) own.push_back(key);
            if (flags & FORCED) {
                const uint32_t symbol = uint32_t(kinds_.size());
                forced.push_back({key.first, key.length, int32_t(symbol)});
                rest.push_back({uint32_t(pool_.size()), 1, key.value});
                pool_.push_back(symbol);
                kinds_.push_back(KIND_WORD);
                m.chars.push_back(m.chars[pool_[key.first]]);
            } else if (!(flags & FORBIDDEN) || m.rules.new_mass > 0) {
                rest.push_back(key);
            }
        }
        if (!forced.empty()) m.forced.build(pool_, std::move(forced), symbols);
        if (m.rules.new_mass > 0) m.spelling.letter.resize(kinds_.size(), false);
        keys_ = std::move(rest);
        std::stable_sort(own.begin(), own.end(), [](const Key& a, const Key& b) { return a.length < b.length; });
        return own;
    }

    template <class Char>
    bool append(const Char* text, size_t size, bool own) {
        const uint8_t* classes = class_table();
        const Rules& rules = model_->rules;
        const uint32_t first = uint32_t(pool_.size());
        bool outside = false;
        for (size_t at = 0; at < size;) {
            const size_t end = model_->symbols.find_end(text, size, at);
            const uint8_t cls = classes[text[at]];
            outside |= (cls == BOUNDARY && !rules.crossing) || (cls == ALNUM && rules.alnum == ALNUM_TOKEN);
            pool_.push_back(symbol(text + at, end - at));
            at = end;
        }
        return size > 0 && (own || !(outside && pool_.size() - first > 1));
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
    void number_symbols() {  // frequent symbols first, so that their nodes share cache lines; ties: order of appearance
        std::vector<uint32_t> order(texts_.size()), rank(texts_.size() + 1);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return weight_[a] > weight_[b]; });
        model_->chars.assign(texts_.size() + 1, 0);
        model_->known_symbols = uint32_t(texts_.size());
        if (model_->rules.kinds) model_->chars.resize(model_->chars.size() + KINDS - 1);
        kinds_.assign(model_->chars.size(), KIND_WORD);
        for (uint32_t i = 0; i < order.size(); ++i) {
            const std::u32string& text = texts_[order[i]];
            const auto* chars = reinterpret_cast<const uint32_t*>(text.data());
            rank[order[i] + 1] = i + 1;
            model_->chars[i + 1] = text[0];
            if (text.size() == 1) model_->symbols.set_char(text[0], i + 1);
            else model_->symbols.add_stretch(chars, text.size(), i + 1);
            if (model_->rules.kinds) kinds_[i + 1] = extent_of(chars, text.size()).kind();
        }
        if (model_->rules.kinds) {
            model_->symbols.number_kinds(uint32_t(texts_.size()));
            for (int kind = 1; kind < KINDS; ++kind) kinds_[texts_.size() + kind] = Kind(kind);
            for (uint32_t c : model_->symbols.number_marks()) {
                kinds_.push_back(kinds_[model_->known_symbols + uint32_t(token_tables().kinds[c])]);
                model_->chars.push_back(c);
            }
        }
        for (uint32_t& s : pool_) s = rank[s];
        weights_.resize(kinds_.size());
        for (size_t s = 0; s < weight_.size(); ++s) weights_[rank[s + 1]] = weight_[s];
    }
};

}  // namespace nlpzero::tokenization
