// Drawing segmentations of text: trie walk, sums from the right and choice of the first token in one loop.
#pragma once
#include "class_sample.hpp"
#include "lattice.hpp"

namespace nlpzero::tokenization {

// As `viterbi`, but sum[i] = sum of weight * sum[end], and the chosen first token is replaced by each further one with
// probability (its term / sum so far), so that each is chosen with probability (its term / whole sum).  An edge costs
// one multiplication, one addition and one random number.  Sums at most `reach` apart are rescaled together; only
// ratios matter.
inline void sample_steps(const Model& model, const WeightTable& table, const uint32_t* symbols, size_t n, double* sum,
                         Step* steps, Stream& stream) {
    const Node* const nodes = model.nodes.data();
    const double* const scores = table.scores.data();
    size_t longer = find_pairs(model, scores, symbols, n, steps);
    double first = 1, second = 0;  // sum[i + 1] and sum[i + 2]
    sum[n] = 1;
    sum[n + 1] = 0;
    auto choose = [&](size_t i, double& total) {
        const uint32_t at = symbols[i], pair = uint32_t(steps[i].node);
        const double term = second * scores[pair];
        total = first * scores[at] + term;
        const uint32_t chosen = opaque(uint32_t(stream.uniform() * total < term));
        return Step{int32_t(at ^ ((at ^ pair) & (0u - chosen))), chosen + 1};
    };
    auto close = [&](size_t i, double total, Step step) {
        sum[i] = total;
        steps[i] = step;
        second = first;
        first = total;
        if (total < 0x1p-400 || total > 0x1p400) {
            const double scale = total > 1 ? 0x1p-400 : 0x1p400;
            for (size_t j = i; j <= n && j <= i + model.max_length; ++j) sum[j] *= scale;
            first = sum[i];
            second = sum[i + 1];
        }
    };
    for (size_t i = n;;) {
        const size_t stop = longer ? steps[longer - 1].length + size_t(1) : 0;
        while (i > stop) {
            --i;
            double total;
            const Step step = choose(i, total);
            close(i, total, step);
        }
        if (!longer) break;
        --longer;
        --i;
        uint32_t at = uint32_t(steps[i].node);
        double total;
        Step step = choose(i, total);
        for (size_t j = i + 2; nodes[at].base != 0;) {
            const uint32_t next = uint32_t(nodes[at].base) + symbols[j++];
            if (nodes[next].check != int32_t(at)) break;
            at = next;
            const double term = sum[j] * scores[at];
            total += term;
            const bool chosen = stream.uniform() * total < term;
            step.node = chosen ? int32_t(at) : step.node;
            step.length = chosen ? uint32_t(j - i) : step.length;
        }
        close(i, total, step);
    }
}

template <class Char, class Sink>
void cut_sampled(const Model& model, const WeightTable& table, const Char* text, size_t size, Stream& stream,
                 Sink sink) {
    Scratch<double, Step> scratch;
    for (size_t from = 0; from < size;) {
        const size_t n = read_block(model, text, size, from, scratch);
        sample_steps(model, table, scratch.symbols, n, scratch.best, scratch.steps, stream);
        emit_path(model, scratch, n, sink);
    }
}

// The lattice of a whole text.  Boundaries that are not words cost nothing; scores are those of a table.  An unknown
// character is one edge, even if it becomes several bytes later.  A lattice can be built again for another text, in the
// same memory.
struct TextLattice {
    size_t edges = 0;
    std::vector<int64_t> first;    // positions + 1
    std::vector<int64_t> end;      // of edges; this and the next four vectors may be longer than the number of edges
    std::vector<double> score;
    std::vector<double> nats;      // weights in sums, only with RANKS
    std::vector<int32_t> id;
    std::vector<int32_t> tokens;   // number of tokens of each edge, only with byte fallback
    std::vector<uint32_t> starts;  // of positions, in characters
    bool unknown = false;          // whether an edge is not a word
    // With classes, a position of the lattice is a position of the text and the class of the token before it, so that an
    // edge of the text is several edges of the lattice; a path is a segmentation all the same.
    struct Span { uint32_t start, end; int32_t id; };  // an edge of the text, in characters
    std::vector<Span> spans;
    std::vector<uint32_t> span;  // of each edge
    size_t reach = 0;            // greatest distance of the positions of an edge
    std::vector<uint32_t> symbols;  // of the text
    Lattice view() const {
        const int32_t* const counts = tokens.empty() ? nullptr : tokens.data();
        return {first.size() - 1, first.data(), end.data(), score.data(), counts};
    }

    template <class Char>
    void build(const Model& model, const WeightTable& table, const Char* text, size_t size) {
        unknown = false;
        const size_t n = read_text(model, text, size, symbols, starts);
        if (model.classes) return build_with_classes(model, table, text, symbols.data(), n);
        const Node* const nodes = model.nodes.data();
        const int32_t* const ids = model.ids.data();
        const int32_t words = int32_t(model.log_probs.size());
        const bool ranks = table.numbers == Numbers::RANKS, many = model.rules.fallback;
        auto grow = [&](size_t room) {
            end.resize(room); score.resize(room); id.resize(room);
            if (ranks) nats.resize(room);
            if (many) tokens.resize(room);
        };
        first.resize(n + 1);
        size_t count = 0;
        const double each = model.rules.granularity, uniform = model.rules.uniform;
        auto add = [&](int32_t number, size_t to, double value, double weight, int32_t parts) {
            end[count] = int64_t(to);
            id[count] = number;
            score[count] = value;
            if (ranks) nats[count] = weight;
            if (many) tokens[count] = parts;
            ++count;
        };
        auto add_word = [&](uint32_t node, size_t to) {
            const double weight = uniform ? -uniform : model.log_probs[size_t(ids[node])] - each;
            add(ids[node], to, table.scores[node], weight, 1);
        };
        for (size_t i = 0; i < n; ++i) {
            if (end.size() < count + model.max_length + 1) grow(count + count / 2 + 3 * n + model.max_length + 1);
            first[i] = int64_t(count);
            uint32_t at = symbols[i];
            if (ids[at] && ids[at] < words) {
                add_word(at, i + 1);
            } else {
                const uint32_t c = uint32_t(text[starts[i]]);
                const bool boundary = !model.rules.crossing && class_table()[c] == BOUNDARY;
                const Cost cost = boundary ? model.boundary_cost() : model.cost(0, c);
                const double value = boundary ? table.boundary : many ? table.of(model, cost) : table.unknown;
                add(ids[at], i + 1, value, model.weight(cost), cost.tokens);
                unknown = true;
            }
            for (size_t j = i + 1; nodes[at].base != 0; ++j) {  // symbol 0 follows the last one
                const uint32_t next = uint32_t(nodes[at].base) + symbols[j];
                if (nodes[next].check != int32_t(at)) break;
                at = next;
                if (ids[at]) add_word(at, j + 1);
            }
        }
        first[n] = int64_t(count);
        edges = count;
        reach = model.max_length;
    }

    template <class Char>
    void build_with_classes(const Model& model, const WeightTable& table, const Char* text, const uint32_t* symbols,
                            size_t n) {
        struct Place { uint32_t end, left, right; double score, nats; };  // an edge of the text, in symbols
        const WordClasses& classes = model.classes;
        const size_t width = classes.width();
        const std::vector<uint32_t> offsets = std::move(starts);
        const bool powers = table.numbers == Numbers::POWERS, ranks = table.numbers == Numbers::RANKS;
        first.clear(); end.clear(); score.clear(); nats.clear(); id.clear(); spans.clear(); span.clear();
        reach = 0;
        std::vector<Place> places;
        std::vector<uint32_t> begins, ended(n + 2);  // first place of each position; number of places that end at each
        places.reserve(3 * n);
        spans.reserve(3 * n);
        begins.reserve(n + 1);
        auto add = [&](size_t node, size_t i, size_t j) {
            const int32_t word = model.word_of(node);
            spans.push_back({offsets[i], offsets[j], model.ids[node]});
            ++ended[j + 1];
            if (word && !ranks) {
                const WordClasses::Sides sides = classes.nodes[node];
                places.push_back({uint32_t(j), sides.left, sides.right, table.scores[node], 0});
                return;
            }
            const uint32_t c = uint32_t(text[offsets[i]]), outside = word ? 0 : model.outside_class(node, c);
            const bool boundary = !word && class_table()[c] == BOUNDARY;
            const Cost cost = word ? model.cost(word, c) : boundary ? model.boundary_cost() : model.symbol_cost(node);
            places.push_back({uint32_t(j), word ? classes.nodes[node].left : outside, word ? classes.nodes[node].right : outside,
                              table.of(model, cost), model.weight(cost)});
            unknown |= word == 0;
        };
        for (size_t i = 0; i < n; ++i) {
            begins.push_back(uint32_t(places.size()));
            uint32_t at = symbols[i];
            add(at, i, i + 1);
            for (size_t j = i + 1; j < n && model.nodes[at].base != 0; ++j) {
                const uint32_t next = uint32_t(model.nodes[at].base) + symbols[j];
                if (model.nodes[next].check != int32_t(at)) break;
                at = next;
                if (model.ids[at]) add(at, i, j + 1);
            }
        }
        begins.push_back(uint32_t(places.size()));
        // Number the positions of the lattice.  The last position of the text is one of them, whatever is before it.
        std::vector<uint32_t> by_end(places.size()), to(places.size()), before{classes.boundary()}, from{0};
        for (size_t j = 0; j <= n; ++j) ended[j + 1] += ended[j];
        for (uint32_t k = 0; k < places.size(); ++k) by_end[ended[places[k].end]++] = k;
        std::vector<uint32_t> seen(width, 0), number(width);  // by class: the position of the text where it was seen last
        for (uint32_t j = 1, next = 0; j <= n; ++j) {
            from.push_back(uint32_t(before.size()));
            for (; next < ended[j]; ++next) {
                const uint32_t k = by_end[next], cls = j == n ? classes.boundary() : places[k].right;
                if (seen[cls] != j) {
                    seen[cls] = j;
                    number[cls] = uint32_t(before.size());
                    before.push_back(cls);
                }
                to[k] = number[cls];
            }
        }
        auto link = [&](uint32_t a, uint32_t b) { return table.links[a * width + b]; };
        auto follow = [&](double x, double y) { return powers ? x * y : x + y; };
        starts.reserve(before.size());
        first.reserve(before.size());
        for (size_t i = 0; i < n; ++i) for (uint32_t node = from[i]; node < from[i + 1]; ++node) {
            const uint32_t cls = before[node];
            first.push_back(int64_t(end.size()));
            starts.push_back(offsets[i]);
            for (uint32_t k = begins[i]; k < begins[i + 1]; ++k) {
                const Place& place = places[k];
                const bool closes = place.end == n;
                double value = follow(place.score, link(cls, place.left));
                if (closes) value = follow(value, link(place.right, classes.boundary()));
                reach = std::max<size_t>(reach, to[k] - node);
                end.push_back(int64_t(to[k]));
                id.push_back(spans[k].id);
                span.push_back(k);
                score.push_back(value);
                if (ranks) nats.push_back(place.nats + classes.link(cls, place.left) + (closes ? classes.link(place.right, classes.boundary()) : 0));
            }
        }
        first.push_back(int64_t(end.size()));
        starts.push_back(offsets[n]);
        edges = end.size();
    }
};

// The lattice of a text with its transition probabilities q at one alpha.
struct TextChain {
    TextLattice lattice;
    std::vector<double> q, sums;
    double log_sum = 0;

    template <class Char>
    void build(const Model& model, const WeightTable& table, const Char* text, size_t size) {
        lattice.build(model, table, text, size);
        const Lattice view = lattice.view();
        if (q.size() < lattice.edges + 1) q.resize(lattice.edges + 1);
        if (table.numbers == Numbers::NATS) {
            log_sum = transitions(view, table.alpha, q.data());
            return;
        }
        log_sum = plain_transitions(view, view.score, lattice.reach, q.data(), sums);
        if (std::isnan(log_sum)) log_sum = wide_transitions(view, q.data(), [&](int64_t e) { return Wide::of(view.score[e]); });
    }
};

// Draw one segmentation; sink as in `cut`.
template <class Char, class Sink>
void sample_text(const Model& model, const WeightTable& table, const Char* text, size_t size, Stream& stream, Sink sink) {
    if (std::isinf(table.alpha)) return cut_words(model, text, size, sink);
    if (table.fits && !model.classes) return cut_sampled(model, table, text, size, stream, sink);
    if (table.fits) {
        ClassSums sums(model, table);
        sums.build(text, size);
        return sums.draw(stream, sink);
    }
    TextChain chain;
    chain.build(model, table, text, size);
    const TextLattice& lattice = chain.lattice;
    size_t start = 0;
    draw(lattice.view(), chain.q.data(), stream, [&](int64_t e) {
        sink(lattice.id[size_t(e)], lattice.starts[start], lattice.starts[size_t(lattice.end[size_t(e)])]);
        start = size_t(lattice.end[size_t(e)]);
    });
}

}  // namespace nlpzero::tokenization
