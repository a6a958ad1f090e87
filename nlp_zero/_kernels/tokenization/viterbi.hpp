// The hot loop: text -> symbols -> best path -> tokens, a block at a time on the stack.
#pragma once
#include <algorithm>
#include <memory>
#include <type_traits>

#include "../common/portable.hpp"
#include "model.hpp"

namespace nlpzero::tokenization {

struct Step { int32_t node; uint32_t length; };   // the first token of the best path from a position
struct Token { int32_t id; uint32_t end; };       // end: offset in characters

constexpr uint32_t LOOKAHEAD = 2;  // symbols behind the end that the loops may read

// Memory of one call, which is never shared, so threads and re-entrant calls are safe.  A line fits on the stack.
template <class Score, class Item>
class Scratch {
 public:
    static constexpr size_t INLINE = 1024;
    uint32_t* symbols = symbols_;
    uint32_t* starts = starts_;
    Score* best = best_;
    Item* steps = steps_;
    size_t room = INLINE;

    void grow() {
        const size_t old = room, wide = room *= 4;
        std::unique_ptr<char[]> heap(new char[(wide + 8) * (8 + sizeof(Score) + sizeof(Item))]);
        auto at = heap.get();
        best = reinterpret_cast<Score*>(at); at += (wide + 8) * sizeof(Score);
        steps = reinterpret_cast<Item*>(at); at += (wide + 8) * sizeof(Item);
        auto to = reinterpret_cast<uint32_t*>(at);
        std::copy(symbols, symbols + old, to);
        std::copy(starts, starts + old, to + wide + 8);
        symbols = to; starts = to + wide + 8;
        heap_.swap(heap);
    }

 private:
    uint32_t symbols_[INLINE + 8], starts_[INLINE + 8];
    Score best_[INLINE + 8];
    Item steps_[INLINE + 8];
    std::unique_ptr<char[]> heap_;
};

// Read the next block, which ends at the end of the text or at a symbol that no word contains (no path crosses it).
// Forced words are one symbol.
// symbols[n...] are 0, starts[n] is the offset after the block.  Returns the number n of symbols.
template <class Char, class S>
size_t read_block(const Model& model, const Char* text, size_t size, size_t& from, S& scratch) {
    const SymbolMap& map = model.symbols;
    size_t n = 0;
    while (true) {
        n += map.read(text, size, from, scratch.symbols + n, scratch.starts + n, scratch.room - n);
        if (from == size) break;
        size_t cut = n;
        while (cut > 0 && !map.is_unknown(scratch.symbols[cut - 1])) --cut;
        if (cut > 0) {
            from = cut < n ? scratch.starts[cut] : from;
            n = cut;
            break;
        }
        scratch.grow();
    }
    scratch.starts[n] = uint32_t(from);
    if (!model.forced.empty()) n = model.forced.contract(scratch.symbols, scratch.starts, n);
    for (uint32_t k = 0; k <= LOOKAHEAD; ++k) scratch.symbols[n + k] = 0;
    return n;
}

// Look up the words of two symbols: steps[i].node receives the node of symbols i and i + 1, or the last node, which is never a
// word and has no children.  Returns the number of places at which the trie goes on with a third symbol; steps[k].length
// receives the k-th of them.  Nothing depends on the place before, and nothing branches: half of the branches would be
// mispredicted, and processors look up several places at once.  `scores` (by node) will be read next, for all pairs.
template <class Score>
inline size_t find_pairs(const Model& model, const Score* scores, const uint32_t* symbols, size_t n, Step* steps) {
    const Node* const nodes = model.nodes.data();
    const uint32_t none = uint32_t(model.nodes.size()) - 1;
    size_t pairs = 0, longer = 0;
    for (size_t i = 0; i < n; ++i) {
        const uint32_t next = uint32_t(nodes[symbols[i]].base) + symbols[i + 1];
        const uint32_t found = opaque(uint32_t(nodes[next].check == int32_t(symbols[i])));
        steps[i].node = int32_t(none ^ ((none ^ next) & (0u - found)));
        steps[pairs].length = uint32_t(i);
        pairs += found;
    }
    for (size_t k = 0; k < pairs; ++k) {  // the places of pairs become those of longer words
        const uint32_t i = steps[k].length;
        const int32_t pair = steps[i].node;
        prefetch(scores + pair);
        steps[longer].length = i;
        // A node without children leads to a root, whose check is no node.
        longer += nodes[uint32_t(nodes[pair].base) + symbols[i + 2]].check == pair;
    }
    return longer;
}

// From right to left, so that ties are decided in place: >= chooses the longer first token, TIE_BITS the fewer tokens.
// With `New`, any sequence of letters may be a word that the lexicon does not have; it must be better than all words of
// the lexicon and than shorter new words.
template <bool New>
inline void viterbi(const Model& model, const uint32_t* symbols, size_t n, int64_t* best, Step* steps) {
    const Node* const nodes = model.nodes.data();
    const int64_t* const scores = model.scores.data();
    const Spelling& spelling = model.spelling;
    size_t longer = find_pairs(model, scores, symbols, n, steps);
    uint32_t reach = 0;  // number of consecutive letters from i, at most LONGEST
    uint64_t first = 0, second = 0;  // best[i + 1] and best[i + 2]
    best[n] = best[n + 1] = 0;
    // Choose among the words of at most two symbols at i, then among the new ones, of which `words` has no bit.
    auto choose = [&](size_t i, uint64_t& top) {
        const uint32_t at = symbols[i], pair = uint32_t(steps[i].node);
        top = first + uint64_t(scores[at]);
        const uint64_t sum = second + uint64_t(scores[pair]);
        const uint64_t worse = opaque(uint64_t(int64_t(sum - top) >> 63));
        top = sum - ((sum - top) & worse);
        return Step{int32_t(pair ^ ((pair ^ at) & uint32_t(worse))), 2 + uint32_t(worse)};
    };
    auto close = [&](size_t i, uint64_t top, Step step, uint32_t words) {
        if (New) {
            reach = spelling.letter[symbols[i]] ? std::min(reach + 1, Spelling::LONGEST) : 0;
            uint64_t begun = reach > 1 ? uint64_t(spelling.first[symbols[i]]) : 0;
            for (uint32_t l = 2; l <= reach; ++l) {
                const uint32_t s = symbols[i + l - 1];
                const uint64_t end = uint64_t(spelling.last[s]) + uint64_t(spelling.length[l]);
                const uint64_t total = uint64_t(best[i + l]) + begun + end;
                if (!(words >> l & 1) && int64_t(total - top) > 0) {
                    top = total;
                    step = {0, l};  // not a word of the lexicon
                }
                begun += uint64_t(spelling.middle[s]);
            }
        }
        best[i] = int64_t(top);
        steps[i] = step;
        second = first;
        first = top;
    };
    // A bit for each length at which the lexicon has a word here.
    auto mark = [&](uint32_t node, uint32_t length) { return New ? uint32_t(scores[node] != NO_WORD) << length : 0; };
    for (size_t i = n;;) {
        const size_t stop = longer ? steps[longer - 1].length + size_t(1) : 0;
        while (i > stop) {
            --i;
            const uint32_t words = mark(uint32_t(steps[i].node), 2);
            uint64_t top;
            const Step step = choose(i, top);
            close(i, top, step, words);
        }
        if (!longer) break;
        --longer;
        --i;
        uint32_t at = uint32_t(steps[i].node), words = mark(at, 2);
        uint64_t top;
        Step step = choose(i, top);
        for (size_t j = i + 2; nodes[at].base != 0;) {
            const uint32_t next = uint32_t(nodes[at].base) + symbols[j++];
            if (nodes[next].check != int32_t(at)) break;
            at = next;
            if (New && j - i <= Spelling::LONGEST) words |= mark(at, uint32_t(j - i));
            const uint64_t sum = uint64_t(best[j]) + uint64_t(scores[at]);
            const bool better = int64_t(sum - top) >= 0;
            top = better ? sum : top;
            step.node = better ? int32_t(at) : step.node;
            step.length = better ? uint32_t(j - i) : step.length;
        }
        close(i, top, step, words);
    }
}

// Sums of scores from the left.
struct ExactSum {
    using Value = int64_t;
    static constexpr Value LOWEST = std::numeric_limits<int64_t>::min();
    static int64_t plus(Value sum, int64_t score) { return sum + score; }
};
template <class Float>
struct RoundedSum {
    using Value = Float;
    static constexpr Value LOWEST = -std::numeric_limits<Float>::infinity();
    static Value plus(Value sum, int64_t score) {
        double nats;
        std::memcpy(&nats, &score, sizeof nats);
        return sum + Value(nats);  // NO_WORD, read as a double, is below every sum
    }
};

// Left to right, so that ties are decided as SentencePiece, tokenizers and BytePiece decide them: of equal sums up to a place
// the first one found stays, which has the longest last token.  best[0] is the sum before the block; steps[j] is the last token
// of the best path to j, and after `turn` steps[i] is the token that begins at i.
template <class Sum>
inline void viterbi_crossing(const Model& model, const uint32_t* symbols, size_t n, typename Sum::Value* best, Step* steps) {
    const Node* const nodes = model.nodes.data();
    const int64_t* const scores = model.scores.data();
    std::fill(best + 1, best + n + 1, Sum::LOWEST);
    for (size_t i = 0; i < n; ++i) {
        const typename Sum::Value begun = best[i];
        uint32_t at = symbols[i];
        const Node* node = nodes + at;
        for (size_t j = i + 1;; ++j) {
            const typename Sum::Value sum = Sum::plus(begun, scores[at]);
            if (sum > best[j]) {
                best[j] = sum;
                steps[j] = {int32_t(at), uint32_t(j - i)};
            }
            if (node->base == 0) break;
            const uint32_t next = uint32_t(node->base) + symbols[j];
            node = nodes + next;
            if (node->check != int32_t(at)) break;
            at = next;
        }
    }
}

inline void turn(Step* steps, size_t n) {
    Step step = steps[n];
    for (size_t at = n; at > 0;) {
        at -= step.length;
        std::swap(steps[at], step);
    }
}

// Most tokens of one character.
inline size_t most_tokens(const Model& model) { return model.rules.fallback && !model.rules.bytes ? 4 : 1; }

// Pass the tokens of run(sink) on to a sink.  With byte fallback, an unknown character becomes the ids of its bytes, of
// which all but the last end where they begin; in other vocabularies, a sequence of unknown characters becomes one
// token.
template <class Char, class Run, class Sink>
void emit_tokens(const Model& model, const Char* text, Run run, Sink sink) {
    if (!model.rules.crossing) return run(sink);
    uint32_t open = 0, close = 0;  // unknown characters that were not emitted yet
    auto flush = [&] { if (open < close) sink(0, open, close); };
    run([&](int32_t id, uint32_t start, uint32_t end) {
        if (id) {
            flush();
            open = close;
            sink(id, start, end);
        } else if (!model.rules.fallback) {
            open = close == start && open < close ? open : start;
            close = end;
        } else {
            int32_t parts[4];
            const int n = model.spelled(uint32_t(text[start]), parts);
            for (int k = 0; k < n; ++k) sink(parts[k], start, k + 1 < n ? start : end);
        }
    });
    flush();
}

// A token of a path, of which a sink that knows its node need not read more.
struct PathToken {
    int32_t node;
    const int32_t* ids;
    const uint32_t *from, *to;
    int32_t id() const { return ids[node]; }
    uint32_t start() const { return *from; }
    uint32_t end() const { return *to; }
};

// Call sink(id, start, end), or sink(PathToken) if the sink takes that.
template <class Sink>
NLP_ZERO_HOT void emit_token(Sink& sink, const PathToken& token) {
    if constexpr (std::is_invocable_v<Sink&, const PathToken&>) sink(token);
    else sink(token.id(), token.start(), token.end());
}

// Emit every token of the path of a block.
template <class Scratch, class Sink>
NLP_ZERO_HOT void emit_path(const Model& model, const Scratch& scratch, size_t n, Sink& sink) {
    const int32_t* const ids = model.ids.data();
    for (size_t i = 0; i < n;) {
        const Step step = scratch.steps[i];
        const size_t next = i + step.length;
        emit_token(sink, {step.node, ids, scratch.starts + i, scratch.starts + next});
        i = next;
    }
}

// Call sink(id, start, end) for every token of the best path; `New` allows words that the lexicon does not have.
template <bool New, class Char, class Sink>
void cut(const Model& model, const Char* text, size_t size, Sink sink) {
    Scratch<int64_t, Step> scratch;
    for (size_t from = 0; from < size;) {
        const size_t n = read_block(model, text, size, from, scratch);
        viterbi<New>(model, scratch.symbols, n, scratch.best, scratch.steps);
        emit_path(model, scratch, n, sink);
    }
}

template <class Sum, class Char, class Sink>
void cut_crossing(const Model& model, const Char* text, size_t size, Sink sink) {
    Scratch<typename Sum::Value, Step> scratch;
    typename Sum::Value sum = 0;
    for (size_t from = 0; from < size;) {
        const size_t n = read_block(model, text, size, from, scratch);
        scratch.best[0] = sum;
        viterbi_crossing<Sum>(model, scratch.symbols, n, scratch.best, scratch.steps);
        sum = scratch.best[n];
        turn(scratch.steps, n);
        emit_path(model, scratch, n, sink);
    }
}

}  // namespace nlpzero::tokenization
