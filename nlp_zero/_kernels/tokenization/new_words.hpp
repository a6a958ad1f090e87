// Words that the lexicon lacks: how probable their spellings are, estimated from the words that it has.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "model.hpp"

namespace nlpzero::tokenization {

// Return the tables of `Spelling` in nats: three by symbol, then one by length.  Sets which symbols may be part of a new
// word, and raises `cost` to the greatest cost of a new word.
// pool, keys: the words of the lexicon, spelt by symbols.  weights: the frequency of each symbol in the text.
inline std::vector<double> estimate_spelling(Model& m, const std::vector<uint32_t>& pool, const std::vector<Key>& keys,
                                              const std::vector<double>& weights, double& cost) {
    const size_t n = weights.size();
    const uint8_t* classes = class_table();
    std::vector<bool>& letter = m.spelling.letter;
    letter.assign(n, false);
    std::vector<double> alone(n, 0.0), inside(n, 0.0);  // how much of the text a symbol makes up as a word, and in longer ones
    for (const Key& key : keys) if (key.length == 1) alone[pool[key.first]] = std::exp(m.log_probs[size_t(key.value)]);
    const double once = std::exp(m.rules.new_rare);  // of a rare word; no symbol is only ever a word, or never one
    double all = 0;
    for (size_t s = 1; s < n; ++s) {
        const uint8_t cls = classes[m.chars[s]];
        letter[s] = weights[s] > 0 && cls != BOUNDARY && (cls != ALNUM || m.rules.alnum == ALNUM_SPLIT);
        inside[s] = std::max(weights[s] - alone[s], 0.0) + once;
        all += letter[s] ? inside[s] : 0;
    }
    std::vector<double> found(3 * n + Spelling::LONGEST + 1);
    double short_words = 0;
    for (const Key& key : keys) {
        const uint32_t* w = &pool[key.first];
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
            const double share = inside[s] / (weights[s] + 2 * once);
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

// The best score from i on whose first token is a new word; -infinity if there is none.  letters: the tables for n symbols.
// words: a bit for each length at which there is a word.  best: the best score from each later position on.
inline double best_new_word(const Model& m, const uint32_t* s, uint32_t i, uint32_t length, uint32_t words,
                            const std::vector<double>& letters, size_t n, const std::vector<double>& best) {
    double top = -std::numeric_limits<double>::infinity(), begun = letters[s[i]];
    for (uint32_t l = 2; l <= Spelling::LONGEST && i + l <= length; ++l) {
        const uint32_t last = s[i + l - 1];
        if (!m.spelling.letter[s[i]] || !m.spelling.letter[last]) break;
        if (!(words >> l & 1))
            top = std::max(top, begun + letters[2 * n + last] + letters[3 * n + l] - m.rules.granularity + best[i + l]);
        begun += letters[n + last];
    }
    return top;
}

}  // namespace nlpzero::tokenization
