// What a tokenizer knows, built once from words and log-probabilities and never changed: symbols, trie, scores.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>

#include "symbols.hpp"
#include "trie.hpp"

namespace nlpzero::tokenization {

// Scores of Viterbi are whole numbers: nats x 2^shift, then TIE_BITS that hold minus the number of tokens.  Sums of them are
// exact, so ties are ties on every platform, and one comparison decides by score and then by fewer tokens.  Sums may wrap;
// only differences within the reach of one word are compared, and `shift` (at most 30: 1e-9 nats) leaves room for those.
constexpr int TIE_BITS = 20;
constexpr int64_t NO_WORD = -(int64_t(1) << 61);
// Fewest tokens first: each costs this many nats in addition to its -ln p, more than the ln p of any two cuts of a stretch differ by.
constexpr double TOKEN_COST = 16384;

struct Rules {  // what is done with the text around the words, and which segmentation is best
    Alnum alnum = ALNUM_TOKEN;
    bool crossing = false;  // nothing is a boundary, and unknown characters in a row are one token
    bool fallback = false;  // an unknown character becomes its bytes; all 256 are words
    bool bytes = false;     // symbols are the bytes of UTF-8
    double unk = 0;         // nats of an unknown symbol; NaN: of its bytes together
    double uniform = 0;     // 0: the most probable tokens; else the fewest, and -uniform nats is what each weighs in sums
    double new_mass = 0;    // the probability that a token is a word that the lexicon lacks; 0: there are none
    double new_rare = 0;    // nats: words no more probable than this are taken for examples of new ones
};

struct Cost { double log_prob; int tokens; };  // of a word, or of an unknown character

// Words that the lexicon lacks, spelt symbol by symbol: ln p(w) = ln mass + ln p(length) + ln p(first symbol) + ... + ln p(last).
// Scores are those of Viterbi.
struct Spelling {
    static constexpr uint32_t LONGEST = 4;
    static constexpr double PRIOR = 300;  // words' worth of the symbols' own frequencies in each of the three tables
    std::vector<bool> letter;             // by symbol: may be part of a new word
    std::vector<int64_t> first, middle, last;  // by symbol
    int64_t length[LONGEST + 1] = {};
};

struct Model {
    Rules rules;
    Spelling spelling;
    SymbolMap symbols;
    std::vector<Node<int64_t>> nodes;
    std::vector<int32_t> ids;         // by node: 0 unknown, word i of the lexicon is i + 1
    std::vector<double> log_probs{0}; // by id: ln p
    std::vector<uint32_t> chars;      // by symbol: its first character
    int32_t byte_ids[256] = {};       // with fallback: the id of each byte
    std::unordered_map<uint32_t, int32_t> beginnings;  // ids of words that are the first 2 or 3 bytes of a character
    uint32_t max_length = 1;          // symbols of the longest word

    explicit Model(const Rules& r) : rules(r), symbols(r.alnum) {}

    Cost cost(int32_t id, uint32_t c) const {  // of a node with this id; c: the character where it begins
        if (id) return {log_probs[size_t(id)], 1};
        if (!rules.fallback) return {rules.unk, 1};
        int32_t parts[4];
        Cost sum{0, spelled(c, parts)};
        for (int k = 0; k < sum.tokens; ++k) sum.log_prob += log_probs[size_t(parts[k])];
        if (!std::isnan(rules.unk)) sum.log_prob = rules.unk;
        return sum;
    }
    // With byte fallback: the tokens of a character that is not a word: the longest of its beginnings that is one, then bytes.
    int spelled(uint32_t c, int32_t* parts) const {
        char bytes[4] = {};
        const int n = int(encode_utf8(c, bytes));
        int from = 0, tokens = 0;
        for (int k = beginnings.empty() ? 0 : n - 1; k > 1 && !from; --k) {
            const auto found = beginnings.find(beginning(bytes, k));
            if (found == beginnings.end()) continue;
            parts[tokens++] = found->second;
            from = k;
        }
        for (int k = from; k < n; ++k) parts[tokens++] = byte_ids[uint8_t(bytes[k])];
        return tokens;
    }
    static uint32_t beginning(const char* bytes, int n) {  // of two or three bytes, as a key
        return uint32_t(n) << 24 | uint32_t(uint8_t(bytes[0])) << 16 | uint32_t(uint8_t(bytes[1])) << 8 | (n > 2 ? uint8_t(bytes[2]) : 0);
    }
    double weight(const Cost& c) const { return rules.uniform ? -rules.uniform * c.tokens : c.log_prob; }  // in sums
    double rank(const Cost& c) const { return c.log_prob - (rules.uniform ? TOKEN_COST * c.tokens : 0); }   // in Viterbi
};

class ModelBuilder {
 public:
    explicit ModelBuilder(const Rules& rules) : model_(std::make_unique<Model>(rules)) {}

    // Words in the order of their ids.  A word that can never be a token (it crosses a boundary, or a stretch in token mode,
    // or begins or ends inside one) keeps its id and is left out of the trie.  byte: which one the word stands for, or -1;
    // between characters, one that is not ASCII is found through its id only, and so are the first bytes of a character,
    // `beginning` (a key, or 0).
    void add(const TextView& word, double log_prob, int byte, uint32_t beginning = 0) {
        model_->log_probs.push_back(log_prob);
        if (byte >= 0) model_->byte_ids[byte] = int32_t(model_->log_probs.size()) - 1;
        if (beginning) model_->beginnings[beginning] = int32_t(model_->log_probs.size()) - 1;
        if ((byte >= 128 || beginning) && !model_->rules.bytes) return;
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
        double cost = 1;
        for (const Key& key : keys_) {
            m.max_length = std::max(m.max_length, key.length);
            cost = std::max(cost, std::abs(m.rank(m.cost(key.value, 0))));
        }
        for (uint32_t c : m.chars) cost = std::max(cost, std::abs(m.rank(m.cost(0, c))) + 1);
        const std::vector<double> letters = m.rules.new_mass > 0 ? spelt(cost) : std::vector<double>();
        DoubleArray trie;
        trie.build(pool_, keys_, uint32_t(texts_.size()));
        const int room = 61 - TIE_BITS - int(std::ceil(std::log2(cost * 2 * (m.max_length + 1.0))));
        const double unit = std::ldexp(1.0, std::max(0, std::min(30, room)));
        auto fixed = [&](const Cost& c) { return int64_t(std::llround(m.rank(c) * unit)) * (int64_t(1) << TIE_BITS) - c.tokens; };
        if (!letters.empty()) {
            const size_t n = texts_.size() + 1;
            auto whole = [&](double nats) { return int64_t(std::llround(nats * unit)) * (int64_t(1) << TIE_BITS); };
            std::vector<int64_t>* tables[3] = {&m.spelling.first, &m.spelling.middle, &m.spelling.last};
            for (size_t p = 0; p < 3; ++p)
                for (size_t s = 0; s < n; ++s) tables[p]->push_back(whole(letters[p * n + s]));
            for (size_t l = 2; l <= Spelling::LONGEST; ++l) m.spelling.length[l] = whole(letters[3 * n + l]) - 1;  // a token
        }
        m.ids = std::move(trie.value);
        m.nodes.resize(trie.base.size());
        for (size_t i = 0; i < m.nodes.size(); ++i) {
            const bool single = i <= texts_.size();  // one symbol can always be a token
            const Cost c = m.cost(m.ids[i], single ? m.chars[i] : 0);
            m.nodes[i] = {trie.base[i], trie.check[i], m.ids[i] || single ? fixed(c) : NO_WORD};
        }
        return std::move(model_);
    }

 private:
    std::unique_ptr<Model> model_;
    std::vector<uint32_t> pool_;
    std::vector<Key> keys_;
    std::vector<std::u32string> texts_;  // of symbols, in order of appearance: symbol s is texts_[s - 1]
    std::vector<double> weight_, weights_;  // how much of the text a symbol makes up, before and after `number_symbols`
    std::unordered_map<std::u32string, uint32_t> number_;
    std::vector<uint32_t> single_;  // by code point: a symbol of one character

    // What `Spelling` holds, in nats: three tables by symbol, then one by length.  Raises `cost` to that of the dearest new word.
    std::vector<double> spelt(double& cost) {
        Model& m = *model_;
        const size_t n = texts_.size() + 1;
        const uint8_t* classes = class_table();
        std::vector<bool>& letter = m.spelling.letter;
        letter.assign(n, false);
        double all = 0;
        for (size_t s = 1; s < n; ++s) {
            const uint8_t cls = classes[m.chars[s]];
            letter[s] = weights_[s] > 0 && cls != BOUNDARY && (cls != ALNUM || m.rules.alnum == ALNUM_SPLIT);
            all += letter[s] ? weights_[s] : 0;
        }
        std::vector<double> found(3 * n + Spelling::LONGEST + 1);
        double types = Spelling::PRIOR, inner = Spelling::PRIOR, rare = 0;
        for (const Key& key : keys_) {
            const uint32_t* w = &pool_[key.first];
            if (key.length < 2 || !std::all_of(w, w + key.length, [&](uint32_t s) { return letter[s]; })) continue;
            types += 1;
            inner += key.length - 2;
            ++found[w[0]];
            for (uint32_t k = 1; k + 1 < key.length; ++k) ++found[n + w[k]];
            ++found[2 * n + w[key.length - 1]];
            if (key.length > Spelling::LONGEST || m.log_probs[size_t(key.value)] > m.rules.new_rare) continue;
            ++found[3 * n + key.length];
            ++rare;
        }
        double worst[4] = {0, 0, 0, 0};
        for (size_t p = 0; p < 3; ++p)
            for (size_t s = 1; s < n; ++s) {
                if (!letter[s]) continue;
                double& x = found[p * n + s];
                x = std::log((x + Spelling::PRIOR * weights_[s] / all) / (p == 1 ? inner : types));
                worst[p] = std::min(worst[p], x);
            }
        for (size_t l = 2; l <= Spelling::LONGEST; ++l) {
            double& x = found[3 * n + l];
            x = std::log(m.rules.new_mass * (x + 1) / (rare + Spelling::LONGEST - 1));
            worst[3] = std::min(worst[3], x);
        }
        cost = std::max(cost, -(worst[0] + (Spelling::LONGEST - 2) * worst[1] + worst[2] + worst[3]));
        return found;
    }

    template <class Char>
    bool append(const Char* text, size_t size) {
        const uint8_t* classes = class_table();
        const Rules& rules = model_->rules;
        const uint32_t first = uint32_t(pool_.size());
        bool outside = false;
        for (size_t at = 0; at < size;) {
            size_t end = at + 1;
            const uint8_t cls = classes[text[at]];
            if (cls == ALNUM && rules.alnum != ALNUM_SPLIT) while (end < size && classes[text[end]] == ALNUM) ++end;
            outside |= (cls == BOUNDARY && !rules.crossing) || (cls == ALNUM && rules.alnum == ALNUM_TOKEN);
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
        model_->chars.assign(texts_.size() + 1, 0);
        for (uint32_t i = 0; i < order.size(); ++i) {
            const std::u32string& text = texts_[order[i]];
            const uint8_t cls = classes[text[0]];
            rank[order[i] + 1] = i + 1;
            model_->chars[i + 1] = text[0];
            if (cls == ALNUM && model_->rules.alnum != ALNUM_SPLIT) model_->symbols.add_stretch(
                reinterpret_cast<const uint32_t*>(text.data()), text.size(), i + 1);
            else model_->symbols.set_char(text[0], i + 1);
        }
        for (uint32_t& s : pool_) s = rank[s];
        weights_.resize(weight_.size() + 1);
        for (size_t s = 0; s < weight_.size(); ++s) weights_[rank[s + 1]] = weight_[s];
    }
};

}  // namespace nlpzero::tokenization
