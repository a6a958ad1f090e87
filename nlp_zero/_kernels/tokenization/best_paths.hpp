// The best segmentations of a text by the scores of single tokens, without its lattice.
//
// The loss of a token is the score of the best path from where it begins, minus the score of the best path that begins with
// it.  A path is worse than the best one by the sum of the losses of its tokens, which are 0 on the best paths to the end.
// Few tokens lose so little that they are on one of the best paths: only at their positions the trie is walked again.
#pragma once
#include "few.hpp"
#include "sample.hpp"

namespace nlpzero::tokenization {

class BestPaths {
 public:
    // The first `place` tokens of a better path, then a token of symbols [start, end), then the best path from `end`.
    // Path 0, the best one, has no such token.
    struct Path {
        int64_t loss, excess;  // excess: how many tokens more than the best path
        double nats;           // the weights of the first `place` tokens, and of all tokens in the end
        uint32_t parent, place;
        int32_t node;
        uint32_t start, end;
        uint32_t join;         // the first token of the best path that follows; known when the path is complete
    };
    struct Suffix {  // the best path from a position, and its first token
        int64_t score;
        int64_t slack;          // the least loss of another token
        uint32_t tokens, length;
        int32_t node;
        uint32_t best;  // the place of that token in the best path, or NOWHERE
    };
    static constexpr uint32_t NOWHERE = 0xFFFFFFFFu;

    // Neither classes nor crossing; `ranks` is a table of RANKS.
    BestPaths(const Model& model, const WeightTable& ranks, const TextView& text) : model_(model), nodes_(model.nodes.data()), ranked_(ranks.ranked.data()), text_(text) {
        with_chars(text, [&](auto chars) { size_ = read_all(model, chars, text.size, scratch_); return 0; });
        find_suffixes();
    }

    // Find the `limit` best paths, in order: score, fewer tokens, found first (from a better path, further to the left,
    // shorter token).
    void find(size_t limit) {
        limit_ = limit;
        order_.reserve(limit);
        found_.reserve(2 * limit);
        find_best();
        found_.push_back({0, 0, 0, 0, 0, 0, 0, 0, 0});
        order_.push_back(0);
        for (size_t k = 0; k < order_.size(); ++k) complete(k);
        add_rests();
    }
    size_t size() const { return order_.size(); }
    const Path& operator[](size_t k) const { return found_[order_[k]]; }  // of whose parent k is a smaller number
    const Suffix& suffix(uint32_t at) const { return scratch_.best[at]; }
    const uint32_t* starts() const { return scratch_.starts; }
    const int32_t* ids() const { return model_.ids.data(); }
    size_t length(const Path& path) const { return size_t(int64_t(tokens_) + path.excess); }

 private:
    static constexpr int64_t MOST = int64_t(1) << 60;  // more than any loss
    struct Place { double weight, before; uint32_t at; };  // a token of the best path, and the sum of the weights before it
    struct Other { int64_t loss, excess; uint32_t place; int32_t node; uint32_t start, end; };  // a token that is not in the best path

    const Model& model_;
    const Node* const nodes_;
    const RankedNode* const ranked_;
    const TextView& text_;
    Scratch<Suffix, Step> scratch_;
    size_t size_ = 0, limit_ = 0;
    int64_t most_ = MOST;          // no greater losses are useful
    size_t tokens_ = 0;            // of the best path
    Few<Place, 256> memory_;
    Place* best_ = nullptr;        // the best path
    std::vector<Other> others_;    // at the positions of the best path
    std::vector<Path> found_;
    std::vector<uint32_t> order_;  // the best ones of `found_`; those before the one that is completed stay

    template <class Char>
    static size_t read_all(const Model& model, const Char* text, size_t size, Scratch<Suffix, Step>& scratch) {
        size_t n = 0, from = 0;
        while (true) {
            n += model.symbols.read(text, size, from, scratch.symbols + n, scratch.starts + n, scratch.room - n);
            if (from == size) break;
            scratch.grow();
        }
        scratch.starts[n] = uint32_t(size);
        if (!model.forced.empty()) n = model.forced.contract(scratch.symbols, scratch.starts, n);
        for (uint32_t k = 0; k <= LOOKAHEAD; ++k) scratch.symbols[n + k] = 0;
        return n;
    }
    uint64_t score(uint32_t node) const { return uint64_t(ranked_[node].rank); }

    // As `viterbi`: of equal scores fewer tokens, then the longer first token.
    void find_suffixes() {
        const uint32_t* const symbols = scratch_.symbols;
        Suffix* const suffixes = scratch_.best;
        Step* const steps = scratch_.steps;
        size_t longer = find_pairs(model_, ranked_, symbols, size_, steps);
        suffixes[size_] = suffixes[size_ + 1] = {0, MOST, 0, 0, 0, NOWHERE};
        for (size_t i = size_; i-- > 0;) {
            const Suffix &one = suffixes[i + 1], &two = suffixes[i + 2];
            const uint32_t at = symbols[i], pair = uint32_t(steps[i].node);
            const uint64_t first = uint64_t(one.score) + score(at), second = uint64_t(two.score) + score(pair);
            const int64_t gain = int64_t(second - first);
            const uint32_t chosen = opaque(uint32_t(gain > 0) | (uint32_t(gain == 0) & uint32_t(two.tokens <= one.tokens)));
            const uint32_t mask = 0u - chosen;
            const uint64_t wide = uint64_t(0) - chosen;
            Suffix best{int64_t(first ^ ((first ^ second) & wide)), gain < 0 ? -gain : gain,
                        1 + (one.tokens ^ ((one.tokens ^ two.tokens) & mask)), 1 + chosen, int32_t(at ^ ((at ^ pair) & mask)), NOWHERE};
            if (longer && steps[longer - 1].length == i) {
                --longer;
                add_longer(i, pair, best);
            }
            suffixes[i] = best;
        }
    }
    void add_longer(size_t i, uint32_t node, Suffix& best) const {
        const uint32_t* const symbols = scratch_.symbols;
        for (size_t j = i + 2; nodes_[node].base != 0;) {
            const uint32_t next = uint32_t(nodes_[node].base) + symbols[j++];
            if (nodes_[next].check != int32_t(node)) break;
            node = next;
            const Suffix& rest = scratch_.best[j];
            const uint64_t sum = uint64_t(rest.score) + score(node);
            const int64_t gain = int64_t(sum - uint64_t(best.score));
            if (gain > 0 || (gain == 0 && rest.tokens < best.tokens)) {
                best = {int64_t(sum), gain, rest.tokens + 1, uint32_t(j - i), int32_t(node), NOWHERE};
            } else {
                best.slack = std::min(best.slack, -gain);
            }
        }
    }

    double weight(int32_t node, uint32_t at) const {
        const double nats = ranked_[node].nats;
        return nats == nats ? nats : with_chars(text_, [&](auto chars) { return model_.plain_weight_of(uint32_t(chars[scratch_.starts[at]])); });
    }

    // Call add(node, end, loss, excess) for all tokens that begin at a position but the best one, unless they lose more.
    template <class Add>
    void for_others(uint32_t at, int64_t most, Add add) const {
        const Suffix& best = scratch_.best[at];
        uint32_t node = scratch_.symbols[at];
        for (uint32_t end = at + 1;; ++end) {
            const Suffix& rest = scratch_.best[end];
            const int64_t loss = int64_t(uint64_t(best.score) - uint64_t(rest.score) - score(node));
            if (loss <= most && end - at != best.length) add(int32_t(node), end, loss, int64_t(rest.tokens) + 1 - int64_t(best.tokens));
            const uint32_t next = uint32_t(nodes_[node].base) + scratch_.symbols[end];
            if (nodes_[node].base == 0 || nodes_[next].check != int32_t(node)) break;
            node = next;
        }
    }

    // Note the best path, and the other tokens at its positions that may be in one of the best paths.  The least losses of
    // positions are those of as many paths.
    void find_best() {
        Suffix* const suffixes = scratch_.best;
        tokens_ = suffixes[0].tokens;
        best_ = memory_.reserve(tokens_ + 1);
        Few<int64_t, 256> slack_memory;
        Few<uint32_t, 256> place_memory;
        int64_t* const slacks = slack_memory.reserve(tokens_);
        uint32_t* const places = place_memory.reserve(tokens_);
        size_t others = 0;  // places that have other tokens
        uint32_t at = 0;
        double sum = 0;
        for (uint32_t k = 0; k < tokens_; ++k) {
            Suffix& suffix = suffixes[at];
            suffix.best = places[others] = k;
            slacks[others] = suffix.slack;
            others += suffix.slack < MOST;
            const double nats = weight(suffix.node, at);
            best_[k] = {nats, sum, at};
            sum += nats;
            at += suffix.length;
        }
        suffixes[size_].best = uint32_t(tokens_);
        best_[tokens_] = {0, sum, at};
        if (limit_ < 2) return;
        if (others >= limit_ - 1) {
            std::nth_element(slacks, slacks + (limit_ - 2), slacks + others);
            most_ = slacks[limit_ - 2];
        }
        others_.reserve(2 * limit_);
        for (size_t i = 0; i < others; ++i) {
            const uint32_t place = places[i], start = best_[place].at;
            if (suffixes[start].slack <= most_) for_others(start, most_, [&](int32_t node, uint32_t end, int64_t loss, int64_t excess) {
                others_.push_back({loss, excess, place, node, start, end});
            });
        }
    }

    // Follow path k until it is the best path, and offer the paths that leave it after its own token.
    void complete(size_t k) {
        const Path path = found_[order_[k]];
        uint32_t at = path.end, place = path.place;
        double nats = path.nats;
        if (k) nats += weight(path.node, path.start), ++place;
        for (; suffix(at).best == NOWHERE; at += suffix(at).length, ++place) {
            if (suffix(at).slack <= most_ - path.loss) for_others(at, most_ - path.loss, [&](int32_t node, uint32_t end, int64_t loss, int64_t excess) {
                offer(k, {path.loss + loss, path.excess + excess, nats, uint32_t(k), place, node, at, end, 0});
            });
            nats += weight(suffix(at).node, at);
        }
        const uint32_t join = suffix(at).best;
        found_[order_[k]].nats = nats;
        found_[order_[k]].join = join;
        uint32_t done = join;
        for (const Other& other : others_) {
            if (other.place < join || other.loss > most_ - path.loss) continue;
            if (!k) nats = best_[other.place].before;
            else while (done < other.place) nats += best_[done++].weight;
            offer(k, {path.loss + other.loss, path.excess + other.excess, nats, uint32_t(k), place + (other.place - join), other.node, other.start, other.end, 0});
        }
    }
    // Add the weights of the best path from where paths join it.  One after the other, sums do not wait for each other.
    void add_rests() {
        found_[0].nats = best_[tokens_].before;
        for (size_t k = 1; k < order_.size(); ++k) {
            Path& path = found_[order_[k]];
            double nats = path.nats;
            for (size_t p = path.join; p < tokens_; ++p) nats += best_[p].weight;
            path.nats = nats;
        }
    }
    void offer(size_t k, const Path& path) {
        auto better = [&](const Path& a, uint32_t b) { return a.loss != found_[b].loss ? a.loss < found_[b].loss : a.excess < found_[b].excess; };
        if (order_.size() == limit_) {
            if (!better(path, order_.back())) return;
            order_.pop_back();
        }
        order_.insert(std::upper_bound(order_.begin() + ptrdiff_t(k + 1), order_.end(), path, better), uint32_t(found_.size()));
        found_.push_back(path);
        if (order_.size() == limit_) most_ = std::min(most_, found_[order_.back()].loss);
    }
};

}  // namespace nlpzero::tokenization
