// The immutable model of a tokenizer: symbols, trie and scores; see model_builder.hpp.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>
#include <vector>

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
    uint32_t known_symbols = 0;  // symbols 1 to this are those of words; kinds, marks and forced words follow
    HugeVector<Node> nodes;
    HugeVector<int64_t> scores;       // by node
    std::vector<int32_t> ids;         // by node: 0 unknown, word i of the lexicon is i + 1, then the kinds if they have ids
    std::vector<double> log_probs{0}; // by id: ln p
    std::vector<double> ranks{0};     // by id: what Viterbi adds up in place of ln p
    std::vector<uint32_t> chars;      // by symbol: its first character
    int32_t byte_ids[256] = {};       // with fallback: the id of each byte
    std::unordered_map<uint32_t, int32_t> beginnings;  // ids of words that are the first 2 or 3 bytes of a character
    uint32_t max_length = 1;          // symbols of the longest word

    explicit Model(const Rules& r) : rules(r), symbols(r.alnum) {}

    int32_t word_of(size_t node) const { return size_t(ids[node]) < log_probs.size() ? ids[node] : 0; }  // id of a word, or 0
    // Whether a node is the symbol of this character, which is of the basic plane.  Symbols of kinds have the character 0.
    bool is_char(size_t node, uint32_t c) const { return c && c < 0x10000 && node < chars.size() && chars[node] == c; }
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
    // The weight of a node in sums, without crossing; NaN if it depends on the character where the node begins.
    double plain_weight(size_t node) const {
        if (const int32_t id = word_of(node)) return weight(cost(id, 0));
        const uint32_t c = node < chars.size() ? chars[node] : 0;
        return c ? plain_weight_of(c) : std::numeric_limits<double>::quiet_NaN();
    }
    double plain_weight_of(uint32_t c) const { return weight(class_table()[c] == BOUNDARY ? boundary_cost() : cost(0, c)); }
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

}  // namespace nlpzero::tokenization
