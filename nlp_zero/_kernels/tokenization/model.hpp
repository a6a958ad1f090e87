// The immutable model of a tokenizer, built from words and log-probabilities: symbols, trie and scores.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <unordered_map>

#include "../common/huge_pages.hpp"
#include "forced.hpp"
#include "symbols.hpp"
#include "trie.hpp"

namespace nlpzero::tokenization {

// Scores of Viterbi are integers: nats x 2^shift, followed by TIE_BITS with the negative number of tokens.  Sums are
// exact, so ties are the same on every platform, and one comparison decides by score and then by fewer tokens.  Sums
// may wrap; only differences within the reach of one word are compared, and `shift` (at most 30: 1e-9 nats) leaves room
// for them.
constexpr int TIE_BITS = 20;
constexpr int64_t NO_WORD = -(int64_t(1) << 61);
constexpr int64_t FORBIDDEN_WORD = NO_WORD + 1;  // never chosen either, but no new word may be spelt like it
// For the fewest tokens: the cost of a token in nats in addition to -ln p; more than the ln p of two segmentations
// differ.
constexpr double TOKEN_COST = 16384;

// How vocabularies that cross boundaries add up scores.  EXACT_SUMS: whole numbers, so that sums never round.  The others add up as
// the program does whose model it is: SINGLE_SUMS as SentencePiece (sums kept as 32-bit numbers), DOUBLE_SUMS as tokenizers and BytePiece.
enum Arithmetic : int { EXACT_SUMS = 0, SINGLE_SUMS = 1, DOUBLE_SUMS = 2 };

struct Rules {  // what is done with the text around the words, and which segmentation is best
    Alnum alnum = ALNUM_TOKEN;
    bool crossing = false;  // there are no boundaries, and a sequence of unknown characters is one token
    bool fallback = false;  // an unknown character becomes its bytes; all 256 are words
    bool bytes = false;     // symbols are the bytes of UTF-8
    bool kinds = false;     // tokens that are not words have ids by their kind
    double unk = 0;         // nats of an unknown symbol; NaN: of its bytes together
    double uniform = 0;     // 0: the most probable tokens; else the fewest, and -uniform nats is what each weighs in sums
    double new_mass = 0;    // the probability that a token is a word that the lexicon lacks; 0: there are none
    double new_rare = 0;    // nats: about ln p of the rarest words
    Arithmetic arithmetic = EXACT_SUMS;  // of the best segmentation; only with `crossing`
    double granularity = 0;  // nats that each token costs; not with `uniform`
};

// What users say about single words.  OWN: it wins where the best segmentation of its symbols would win; it may contain
// anything.  FORBIDDEN: it is not a word.  FORCED: its symbols are always one token.
enum WordFlag : uint8_t { OWN = 1, FORBIDDEN = 2, FORCED = 4 };
// How much better an own word is than its best segmentation, in nats: more than scores are rounded.
constexpr double OWN_MARGIN = 0x1p-20, OWN_MARGIN_CROSSING = 0x1p-10;

// Of a word, or of an unknown character; rank: nats in Viterbi.  A boundary that is not a word is free: p = 1.
struct Cost { double log_prob; int tokens; double rank; bool free = false; };

// Words that the lexicon lacks, spelt symbol by symbol: ln p(w) = ln mass + ln p(length) + ln p(first symbol) + ... + ln p(last).
// A symbol that is often a word of its own is less probable in a new word than in the words of the lexicon.  Scores are those
// of Viterbi.
struct Spelling {
    static constexpr uint32_t LONGEST = 4;
    static constexpr double PRIOR = 300;  // words' worth of the symbols' frequencies inside words in each of the three tables
    std::vector<bool> letter;             // by symbol: may be part of a new word
    std::vector<int64_t> first, middle, last;  // by symbol
    int64_t length[LONGEST + 1] = {};
};

// Classes of words and the links between them; see classes.hpp.  Rows and columns of links: the classes, then BOUNDARY, OPEN
// and, behind a block of text, nothing.
struct WordClasses {
    uint32_t count = 0;                  // of classes of words; 0: they are not used
    struct Sides { uint16_t left, right; };
    static constexpr uint16_t OUTSIDE = 0xFFFF;
    std::vector<uint16_t> left, right;   // by id, 0 for unknown text
    std::vector<Sides> nodes;            // the classes by node; OUTSIDE: not a word
    std::vector<double> links;           // nats
    std::vector<int64_t> fixed_links;    // as scores of Viterbi
    std::vector<int64_t> lead;           // by two classes: how much more the link to the first can be than to the second

    explicit operator bool() const { return count > 0; }
    uint32_t boundary() const { return count; }
    uint32_t open() const { return count + 1; }
    uint32_t nothing() const { return count + 2; }
    size_t width() const { return count + 3; }
    double link(uint32_t a, uint32_t b) const { return links[a * width() + b]; }
    void set_fixed_links(double unit) {
        const size_t n = width();
        for (double x : links) fixed_links.push_back(int64_t(std::llround(x * unit)) * (int64_t(1) << TIE_BITS));
        lead.assign(n * n, 0);
        for (size_t b = 0; b < n; ++b) for (size_t c = 0; c < n; ++c) {
            int64_t& most = lead[b * n + c] = NO_WORD;
            for (size_t a = 0; a + 1 < n; ++a) most = std::max(most, fixed_links[a * n + b] - fixed_links[a * n + c]);
        }
    }
    // Greatest absolute value of a link.
    double range() const {
        double most = 0;
        for (double x : links) most = std::max(most, std::abs(x));
        return most;
    }
};

struct Model {
    Rules rules;
    Spelling spelling;
    WordClasses classes;
    SymbolMap symbols;
    ForcedWords forced;
    uint32_t known_symbols = 0;  // symbols 1 to this are those of words; kinds and forced words follow
    HugeVector<Node<int64_t>> nodes;
    HugeVector<int32_t> checks;       // of the nodes: most steps fail, and then touch a table of a quarter of the size only
    std::vector<int32_t> ids;         // by node: 0 unknown, word i of the lexicon is i + 1, then the kinds if they have ids
    std::vector<double> log_probs{0}; // by id: ln p
    std::vector<double> ranks{0};     // by id: what Viterbi adds up in place of ln p
    std::vector<uint32_t> chars;      // by symbol: its first character
    int32_t byte_ids[256] = {};       // with fallback: the id of each byte
    std::unordered_map<uint32_t, int32_t> beginnings;  // ids of words that are the first 2 or 3 bytes of a character
    uint32_t max_length = 1;          // symbols of the longest word

    explicit Model(const Rules& r) : rules(r), symbols(r.alnum) {}

    int32_t word_of(size_t node) const { return size_t(ids[node]) < log_probs.size() ? ids[node] : 0; }  // id of a word, or 0
    Cost cost(int32_t id, uint32_t c) const {  // of a node with this id; c: the character where it begins
        const double each = rules.granularity;
        if (id) return {log_probs[size_t(id)] - each, 1, ranks[size_t(id)] - each};
        if (!rules.fallback) return {rules.unk - each, 1, rules.unk - each};
        int32_t parts[4];
        Cost sum{0, spelled(c, parts), 0};
        for (int k = 0; k < sum.tokens; ++k) {
            sum.log_prob += log_probs[size_t(parts[k])];
            sum.rank += ranks[size_t(parts[k])];
        }
        if (!std::isnan(rules.unk)) sum.log_prob = sum.rank = rules.unk;
        sum.log_prob -= each * sum.tokens;
        sum.rank -= each * sum.tokens;
        return sum;
    }
    Cost boundary_cost() const { return {-rules.granularity, 1, -rules.granularity, true}; }
    Cost symbol_cost(size_t symbol) const {  // of a symbol that is not a word
        const bool known = symbol > 0 && symbol <= known_symbols;
        const bool boundary = known && !rules.crossing && class_table()[chars[symbol]] == BOUNDARY;
        return boundary ? boundary_cost() : cost(0, chars[symbol]);
    }
    Cost node_cost(size_t node) const {
        const int32_t id = word_of(node);
        return id || node >= chars.size() ? cost(id, 0) : symbol_cost(node);
    }
    // The class of a symbol that is not a word; c: its first character.
    uint32_t outside_class(size_t symbol, uint32_t c) const {
        const uint8_t cls = class_table()[symbol > 0 && symbol <= known_symbols ? chars[symbol] : c];
        const bool outside = cls == BOUNDARY || (cls == ALNUM && rules.alnum == ALNUM_TOKEN);
        return outside ? classes.boundary() : classes.open();
    }
    // With byte fallback, the tokens of a character that is not a word: its longest beginning that is a word, then
    // bytes.
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
        const uint32_t first = uint8_t(bytes[0]), second = uint8_t(bytes[1]), third = n > 2 ? uint8_t(bytes[2]) : 0;
        return uint32_t(n) << 24 | first << 16 | second << 8 | third;
    }
    double weight(const Cost& c) const { return rules.uniform && !c.free ? -rules.uniform * c.tokens : c.log_prob; }  // in sums
    double rank(const Cost& c) const { return c.rank - (rules.uniform ? TOKEN_COST * c.tokens : 0); }       // in Viterbi
    // In a node: whole numbers or, for sums that round, the bits of a double.
    int64_t crossing_score(const Cost& c, double unit) const {
        if (rules.arithmetic == EXACT_SUMS) return std::llround(rank(c) * unit);
        const double nats = rank(c);
        int64_t bits;
        std::memcpy(&bits, &nats, sizeof bits);
        return bits;
    }
};

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
        for (size_t k = first; k < pool_.size(); ++k) weight_[pool_[k] - 1] += std::exp(log_prob);
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
        const std::vector<double> letters = m.rules.new_mass > 0 ? estimate_spelling(cost) : std::vector<double>();
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
        if (m.classes) for (const Key& key : own) score_own_word_of_class(key, trie, letters, text_symbols);
        else score_own_words(own, trie, letters, text_symbols);
        for (const Key& key : own) cost = std::max(cost, std::abs(m.rank(m.cost(key.value, 0))));
        cost += m.classes.range();
        const int room = 61 - TIE_BITS - int(std::ceil(std::log2(cost * 2 * (m.max_length + 1.0))));
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
        m.checks.assign(trie.check.begin(), trie.check.end());
        for (size_t i = 0; i < m.nodes.size(); ++i) {
            const bool single = i < kinds_.size();  // one symbol can always be a token
            const Cost c = m.node_cost(i);
            const bool token = m.ids[i] || single;
            m.nodes[i] = {trie.base[i], trie.check[i],
                          !token ? forbidden[i] ? FORBIDDEN_WORD : NO_WORD : m.rules.crossing ? m.crossing_score(c, unit) : fixed(c)};
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

    // Set ln p of own words: just more than that of the best segmentation of their symbols into other words, or their own if
    // that is greater.
    void score_own_words(const std::vector<Key>& own, const DoubleArray& trie, const std::vector<double>& letters, size_t n) {
        Model& m = *model_;
        const double each = m.rules.granularity, margin = m.rules.crossing ? OWN_MARGIN_CROSSING : OWN_MARGIN;
        std::vector<double> best;
        for (const Key& key : own) {
            const uint32_t* s = &pool_[key.first];
            best.assign(key.length + 1, 0.0);
            for (uint32_t i = key.length; i-- > 0;) {
                const bool whole = key.length == 1;
                double top = whole ? m.symbol_cost(s[0]).rank : m.node_cost(s[i]).rank + best[i + 1];
                uint32_t words = 0, node = s[i];  // words: a bit for each length at which there is a word
                for (uint32_t j = i + 1; j < key.length && trie.base[node]; ++j) {
                    const uint32_t next = uint32_t(trie.base[node]) + s[j];
                    if (trie.check[next] != int32_t(node)) break;
                    node = next;
                    const int32_t id = m.ids[node];
                    if (!id || id == key.value) continue;
                    top = std::max(top, m.cost(id, 0).rank + best[j + 1]);
                    if (j - i < 31) words |= 1u << (j + 1 - i);
                }
                if (!letters.empty()) top = std::max(top, best_new_word(s, i, key.length, words, letters, n, best));
                best[i] = top;
            }
            for (auto* scores : {&m.log_probs, &m.ranks}) {
                double& score = (*scores)[size_t(key.value)];
                score = std::max(score, best[0] + each + margin);
            }
        }
    }

    // The same with classes.  A word gets the classes of the first and the last token of its best segmentation between
    // boundaries, and a score that is greater than that of every other segmentation between any two classes.
    void score_own_word_of_class(const Key& key, const DoubleArray& trie, const std::vector<double>& letters, size_t n) {
        struct Span { uint32_t begin, end, left, right; double score; };
        Model& m = *model_;
        WordClasses& c = m.classes;
        const uint32_t* s = &pool_[key.first];
        std::vector<Span> spans;
        for (uint32_t i = 0; i < key.length; ++i) {
            uint32_t words = 0, node = s[i];  // words: a bit for each length at which there is a word
            const int32_t single = key.length > 1 ? m.word_of(s[i]) : 0;
            const uint32_t outside = m.outside_class(s[i], m.chars[s[i]]);
            const double score = key.length > 1 ? m.node_cost(s[i]).rank : m.symbol_cost(s[i]).rank;
            spans.push_back({i, i + 1, single ? c.left[size_t(single)] : outside, single ? c.right[size_t(single)] : outside, score});
            for (uint32_t j = i + 1; j < key.length && trie.base[node]; ++j) {
                const uint32_t next = uint32_t(trie.base[node]) + s[j];
                if (trie.check[next] != int32_t(node)) break;
                node = next;
                const int32_t id = m.ids[node];
                if (!id || id == key.value) continue;
                spans.push_back({i, j + 1, c.left[size_t(id)], c.right[size_t(id)], m.cost(id, 0).rank});
                if (j - i < 31) words |= 1u << (j + 1 - i);
            }
            double begun = letters.empty() ? 0 : letters[s[i]];
            for (uint32_t l = 2; !letters.empty() && l <= Spelling::LONGEST && i + l <= key.length; ++l) {
                const uint32_t last = s[i + l - 1];
                if (!m.spelling.letter[s[i]] || !m.spelling.letter[last]) break;
                if (!(words >> l & 1) && l < key.length)
                    spans.push_back({i, i + l, c.open(), c.open(), begun + letters[2 * n + last] + letters[3 * n + l] - m.rules.granularity});
                begun += letters[n + last];
            }
        }
        // best[j]: the best score from 0 to j behind a given class, for each class on the right of the last token, and the
        // class on the left of the first token.
        struct Best { double score = -std::numeric_limits<double>::infinity(); uint32_t first = 0; };
        const uint32_t classes = c.count + 2;
        std::vector<Best> best((key.length + 1) * size_t(classes));
        const size_t id = size_t(key.value);
        auto run = [&](uint32_t before) {
            std::fill(best.begin(), best.end(), Best());
            best[before] = {0, 0};
            for (const Span& span : spans)  // in the order of their beginnings
                for (uint32_t a = 0; a < classes; ++a) {
                    const Best& from = best[span.begin * size_t(classes) + a];
                    if (std::isinf(from.score)) continue;
                    Best& to = best[span.end * size_t(classes) + span.right];
                    const double score = from.score + c.link(a, span.left) + span.score;
                    if (score > to.score) to = {score, span.begin ? from.first : span.left};
                }
            return &best[key.length * size_t(classes)];
        };
        const Best* ends = run(c.boundary());
        double top = -std::numeric_limits<double>::infinity();
        for (uint32_t z = 0; z < classes; ++z) {
            const double score = ends[z].score + c.link(z, c.boundary());
            if (score <= top) continue;
            top = score;
            c.left[id] = uint16_t(ends[z].first);
            c.right[id] = uint16_t(z);
        }
        double least = -std::numeric_limits<double>::infinity();
        for (uint32_t a = 0; a < classes; ++a) {
            ends = run(a);
            for (uint32_t z = 0; z < classes; ++z) {
                if (std::isinf(ends[z].score)) continue;
                for (uint32_t b = 0; b < classes; ++b)
                    least = std::max(least, ends[z].score + c.link(z, b) - c.link(a, c.left[id]) - c.link(c.right[id], b));
            }
        }
        for (auto* scores : {&m.log_probs, &m.ranks})
            (*scores)[id] = std::max((*scores)[id], least + m.rules.granularity + OWN_MARGIN);
    }

    // The best score from i on whose first token is a new word; -infinity if there is none.
    double best_new_word(const uint32_t* s, uint32_t i, uint32_t length, uint32_t words, const std::vector<double>& letters,
                         size_t n, const std::vector<double>& best) const {
        const Model& m = *model_;
        double top = -std::numeric_limits<double>::infinity(), begun = letters[s[i]];
        for (uint32_t l = 2; l <= Spelling::LONGEST && i + l <= length; ++l) {
            const uint32_t last = s[i + l - 1];
            if (!m.spelling.letter[s[i]] || !m.spelling.letter[last]) break;
            if (!(words >> l & 1) && l < length)
                top = std::max(top, begun + letters[2 * n + last] + letters[3 * n + l] - m.rules.granularity + best[i + l]);
            begun += letters[n + last];
        }
        return top;
    }

    // Return the tables of `Spelling` in nats: three by symbol, then one by length.  Raises `cost` to the greatest cost
    // of a new word.
    std::vector<double> estimate_spelling(double& cost) {
        Model& m = *model_;
        const size_t n = kinds_.size();
        const uint8_t* classes = class_table();
        std::vector<bool>& letter = m.spelling.letter;
        letter.assign(n, false);
        std::vector<double> alone(n, 0.0), inside(n, 0.0);  // how much of the text a symbol makes up as a word, and in longer ones
        for (const Key& key : keys_) if (key.length == 1) alone[pool_[key.first]] = std::exp(m.log_probs[size_t(key.value)]);
        const double once = std::exp(m.rules.new_rare);  // of a rare word; no symbol is only ever a word, or never one
        double all = 0;
        for (size_t s = 1; s < n; ++s) {
            const uint8_t cls = classes[m.chars[s]];
            letter[s] = weights_[s] > 0 && cls != BOUNDARY && (cls != ALNUM || m.rules.alnum == ALNUM_SPLIT);
            inside[s] = std::max(weights_[s] - alone[s], 0.0) + once;
            all += letter[s] ? inside[s] : 0;
        }
        std::vector<double> found(3 * n + Spelling::LONGEST + 1);
        double short_words = 0;
        for (const Key& key : keys_) {
            const uint32_t* w = &pool_[key.first];
            if (std::isinf(m.log_probs[size_t(key.value)])) continue;  // not in the lexicon
            if (key.length < 2 || !std::all_of(w, w + key.length, [&](uint32_t s) { return letter[s]; })) continue;
            ++found[w[0]];
            for (uint32_t k = 1; k + 1 < key.length; ++k) ++found[n + w[k]];
            ++found[2 * n + w[key.length - 1]];
            if (key.length > Spelling::LONGEST) continue;
            ++found[3 * n + key.length];
            ++short_words;
        }
        double worst[4] = {0, 0, 0, 0};
        for (size_t p = 0; p < 3; ++p) {
            double sum = 0;
            for (size_t s = 1; s < n; ++s) {
                if (!letter[s]) continue;
                const double share = inside[s] / (weights_[s] + 2 * once);
                double& x = found[p * n + s];
                x = (x + Spelling::PRIOR * inside[s] / all) * share * share;  // squared: chosen on People's Daily, first half
                sum += x;
            }
            for (size_t s = 1; s < n; ++s) {
                if (!letter[s]) continue;
                double& x = found[p * n + s];
                x = std::log(x / sum);
                worst[p] = std::min(worst[p], x);
            }
        }
        for (size_t l = 2; l <= Spelling::LONGEST; ++l) {
            double& x = found[3 * n + l];
            x = std::log(m.rules.new_mass * (x + 1) / (short_words + Spelling::LONGEST - 1));
            worst[3] = std::min(worst[3], x);
        }
        cost = std::max(cost, -(worst[0] + (Spelling::LONGEST - 2) * worst[1] + worst[2] + worst[3]));
        return found;
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
        }
        for (uint32_t& s : pool_) s = rank[s];
        weights_.resize(kinds_.size());
        for (size_t s = 0; s < weight_.size(); ++s) weights_[rank[s + 1]] = weight_[s];
    }
};

}  // namespace nlpzero::tokenization
