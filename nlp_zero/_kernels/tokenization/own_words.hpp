// Scores of words that users add: each wins where the best segmentation of its symbols would win.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "model.hpp"
#include "new_words.hpp"
#include "trie.hpp"

namespace nlpzero::tokenization {

// How much better an own word is than its best segmentation, in nats: more than scores are rounded.
constexpr double OWN_MARGIN = 0x1p-20, OWN_MARGIN_CROSSING = 0x1p-10;

class OwnWordScorer {
 public:
    // pool: where own words are spelt by symbols.  trie: all words.  letters: the tables of `estimate_spelling` for this many
    // symbols; empty: there are no new words.
    OwnWordScorer(Model& model, const std::vector<uint32_t>& pool, const DoubleArray& trie, const std::vector<double>& letters,
                  size_t symbols)
        : model_(model), pool_(pool), trie_(trie), letters_(letters), symbols_(symbols) {}

    // Score the words one after the other: those that are parts of others must be before them.
    void score(const std::vector<Key>& own) {
        for (const Key& key : own) {
            if (model_.classes) score_with_classes(key);
            else score_plain(key);
        }
    }

 private:
    Model& model_;
    const std::vector<uint32_t>& pool_;
    const DoubleArray& trie_;
    const std::vector<double>& letters_;
    size_t symbols_;
    std::vector<double> best_;  // of the word that is being scored: by position, the best score from there on

    // Set ln p: just more than that of the best segmentation of the symbols into other words or new words (one new word
    // included), or its own if that is greater.
    void score_plain(const Key& key) {
        Model& m = model_;
        const double each = m.rules.granularity, margin = m.rules.crossing ? OWN_MARGIN_CROSSING : OWN_MARGIN;
        const uint32_t* s = &pool_[key.first];
        best_.assign(key.length + 1, 0.0);
        for (uint32_t i = key.length; i-- > 0;) {
            const bool whole = key.length == 1;
            double top = whole ? m.symbol_cost(s[0]).rank : m.node_cost(s[i]).rank + best_[i + 1];
            uint32_t words = 0, node = s[i];  // words: a bit for each length at which there is a word
            for (uint32_t j = i + 1; j < key.length && trie_.base[node]; ++j) {
                const uint32_t next = uint32_t(trie_.base[node]) + s[j];
                if (trie_.check[next] != int32_t(node)) break;
                node = next;
                const int32_t id = m.ids[node];
                if (!id || id == key.value) continue;
                top = std::max(top, m.cost(id, 0).rank + best_[j + 1]);
                if (j - i < 31) words |= 1u << (j + 1 - i);
            }
            if (!letters_.empty()) top = std::max(top, best_new_word(m, s, i, key.length, words, letters_, symbols_, best_));
            best_[i] = top;
        }
        for (auto* scores : {&m.log_probs, &m.ranks}) {
            double& score = (*scores)[size_t(key.value)];
            score = std::max(score, best_[0] + each + margin);
        }
    }

    // The same with classes.  A word gets the classes of the first and the last token of its best segmentation between
    // boundaries, and a score that is greater than that of every other segmentation between any two classes.
    void score_with_classes(const Key& key) {
        struct Span { uint32_t begin, end, left, right; double score; };
        Model& m = model_;
        WordClasses& c = m.classes;
        const uint32_t* s = &pool_[key.first];
        const size_t n = symbols_;
        std::vector<Span> spans;
        for (uint32_t i = 0; i < key.length; ++i) {
            uint32_t words = 0, node = s[i];  // words: a bit for each length at which there is a word
            const int32_t single = key.length > 1 ? m.word_of(s[i]) : 0;
            const uint32_t outside = m.outside_class(s[i], m.chars[s[i]]);
            const double score = key.length > 1 ? m.node_cost(s[i]).rank : m.symbol_cost(s[i]).rank;
            spans.push_back({i, i + 1, single ? c.left[size_t(single)] : outside, single ? c.right[size_t(single)] : outside, score});
            for (uint32_t j = i + 1; j < key.length && trie_.base[node]; ++j) {
                const uint32_t next = uint32_t(trie_.base[node]) + s[j];
                if (trie_.check[next] != int32_t(node)) break;
                node = next;
                const int32_t id = m.ids[node];
                if (!id || id == key.value) continue;
                spans.push_back({i, j + 1, c.left[size_t(id)], c.right[size_t(id)], m.cost(id, 0).rank});
                if (j - i < 31) words |= 1u << (j + 1 - i);
            }
            double begun = letters_.empty() ? 0 : letters_[s[i]];
            for (uint32_t l = 2; !letters_.empty() && l <= Spelling::LONGEST && i + l <= key.length; ++l) {
                const uint32_t last = s[i + l - 1];
                if (!m.spelling.letter[s[i]] || !m.spelling.letter[last]) break;
                if (!(words >> l & 1))
                    spans.push_back({i, i + l, c.open(), c.open(), begun + letters_[2 * n + last] + letters_[3 * n + l] - m.rules.granularity});
                begun += letters_[n + last];
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
};

}  // namespace nlpzero::tokenization
