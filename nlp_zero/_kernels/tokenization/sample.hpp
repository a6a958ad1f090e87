// Drawing segmentations of text: trie walk, sums from the right and choice of the first token in one loop.
#pragma once
#include <memory>

#include "lattice.hpp"
#include "viterbi.hpp"

namespace nlpzero::tokenization {

struct AlphaTable {  // the trie with weights p^alpha instead of scores
    double alpha = 0;
    bool plain = true;  // sums over the reach of one word fit into a double; otherwise `Wide` numbers are needed
    HugeVector<Node<double>> nodes;
};

inline std::shared_ptr<const AlphaTable> make_table(const Model& model, double alpha) {
    auto table = std::make_shared<AlphaTable>();
    table->alpha = alpha;
    table->nodes.resize(model.nodes.size());
    double cost = 0;
    for (size_t i = 0; i < model.nodes.size(); ++i) {
        const Node<int64_t>& node = model.nodes[i];
        const bool token = node.score != NO_WORD && node.score != FORBIDDEN_WORD;
        const double x = token ? alpha * model.weight(model.node_cost(i)) : 0;
        cost = std::max(cost, std::abs(x));
        table->nodes[i] = {node.base, node.check, token ? std::exp(x) : 0};
    }
    table->plain = cost * (model.max_length + 1.0) < 240;
    return table;
}

// As `viterbi`, but sum[i] = sum of weight * sum[end], and the chosen first token is replaced by each further one with
// probability (its term / sum so far), so that each is chosen with probability (its term / whole sum).  An edge costs
// one multiplication, one addition and one random number.  Sums at most `reach` apart are rescaled together; only
// ratios matter.
inline void sample_steps(const AlphaTable& table, uint32_t reach, const uint32_t* symbols, size_t n, double* sum,
                         Step* steps, Stream& stream) {
    const Node<double>* nodes = table.nodes.data();
    sum[n] = 1;
    sum[n + 1] = sum[n + 2] = 0;
    for (size_t i = n; i-- > 0;) {
        uint32_t at = symbols[i];
        const Node<double>* node = nodes + at;
        double total = sum[i + 1] * node->score;
        Step step{int32_t(at), 1};
        uint32_t next = uint32_t(node->base) + symbols[i + 1];
        node = nodes + next;
        const bool child = node->check == int32_t(at);
        double term = child ? sum[i + 2] * node->score : 0;
        total += term;
        bool chosen = stream.uniform() * total < term;
        step.node = chosen ? int32_t(next) : step.node;
        step.length = chosen ? 2 : 1;
        at = next;
        if (child & (node->base != 0)) for (size_t j = i + 2;;) {
            next = uint32_t(node->base) + symbols[j++];
            node = nodes + next;
            if (node->check != int32_t(at)) break;
            at = next;
            term = sum[j] * node->score;
            total += term;
            chosen = stream.uniform() * total < term;
            step.node = chosen ? int32_t(at) : step.node;
            step.length = chosen ? uint32_t(j - i) : step.length;
            if (node->base == 0) break;
        }
        sum[i] = total;
        steps[i] = step;
        if (total < 0x1p-400 || total > 0x1p400) {
            const double scale = total > 1 ? 0x1p-400 : 0x1p400;
            for (size_t j = i; j <= n && j <= i + reach; ++j) sum[j] *= scale;
        }
    }
}

template <class Char, class Sink>
void cut_sampled(const Model& model, const AlphaTable& table, const Char* text, size_t size, Stream& stream,
                 Sink sink) {
    Scratch<double, Step> scratch;
    const int32_t* ids = model.ids.data();
    for (size_t from = 0; from < size;) {
        const size_t n = read_block(model, text, size, from, scratch);
        sample_steps(table, model.max_length, scratch.symbols, n, scratch.best, scratch.steps, stream);
        for (size_t i = 0; i < n;) {
            const Step step = scratch.steps[i];
            const size_t next = i + step.length;
            sink(ids[step.node], scratch.starts[i], scratch.starts[next]);
            i = next;
        }
    }
}

// The lattice of a whole text.  Boundaries that are not words cost nothing; scores are those of Viterbi (2^-30 nats) if
// `fixed`.  An unknown character is one edge, even if it becomes several bytes later.
struct TextLattice {
    std::vector<int64_t> first, end;
    std::vector<double> score;     // nats, or p^alpha if built with a plain table
    std::vector<double> nats;      // weights in sums, only if `fixed`
    std::vector<int32_t> id;
    std::vector<int32_t> tokens;   // number of tokens of each edge, only with byte fallback
    std::vector<uint32_t> starts;  // of positions, in characters
    bool unknown = false;          // whether an edge is not a word
    Lattice view() const {
        const int32_t* const counts = tokens.empty() ? nullptr : tokens.data();
        return {first.size() - 1, first.data(), end.data(), score.data(), counts};
    }

    template <class Char>
    void build(const Model& model, const Char* text, size_t size, bool fixed, const AlphaTable* table = nullptr) {
        std::vector<uint32_t> symbols(size + 1 + LOOKAHEAD);
        starts.resize(size + 1);
        size_t from = 0;
        size_t n = model.symbols.read(text, size, from, symbols.data(), starts.data(), size + 1);
        starts[n] = uint32_t(size);
        if (!model.forced.empty()) n = model.forced.contract(symbols.data(), starts.data(), n);
        symbols[n] = 0;
        const uint8_t* classes = class_table();
        first.reserve(n + 1); end.reserve(3 * n); score.reserve(3 * n); id.reserve(3 * n);
        const bool many = model.rules.fallback;
        if (many) tokens.reserve(3 * n);
        auto add = [&](size_t node, size_t from, size_t to, bool boundary) {
            const int32_t word = model.word_of(node);
            end.push_back(int64_t(to));
            id.push_back(model.ids[node]);
            unknown |= word == 0;
            if (table && word) {
                score.push_back(table->nodes[node].score);
                if (many) tokens.push_back(1);
                return;
            }
            const Cost cost = boundary ? model.boundary_cost() : model.cost(word, uint32_t(text[starts[from]]));
            const double weight = model.weight(cost);
            if (table) score.push_back(std::exp(table->alpha * weight));
            else if (!fixed) score.push_back(weight);
            else score.push_back(double(std::llround((boundary ? cost.rank : model.rank(cost)) * 0x1p30)) * 0x1p-30);
            if (fixed) nats.push_back(weight);
            if (many) tokens.push_back(cost.tokens);
        };
        for (size_t i = 0; i < n; ++i) {
            first.push_back(int64_t(end.size()));
            uint32_t at = symbols[i];
            const bool boundary = !model.rules.crossing && model.word_of(at) == 0 && classes[text[starts[i]]] == BOUNDARY;
            add(at, i, i + 1, boundary);
            for (size_t j = i + 1; j < n && model.nodes[at].base != 0; ++j) {
                const uint32_t next = uint32_t(model.nodes[at].base) + symbols[j];
                if (model.nodes[next].check != int32_t(at)) break;
                at = next;
                if (model.ids[at]) add(at, i, j + 1, false);
            }
        }
        first.push_back(int64_t(end.size()));
    }
};

// The lattice of a text with its transition probabilities q at one alpha.
struct TextChain {
    TextLattice lattice;
    std::vector<double> q;
    double log_sum = 0;

    template <class Char>
    void build(const Model& model, const AlphaTable& table, const Char* text, size_t size) {
        lattice.build(model, text, size, false, table.plain ? &table : nullptr);
        const Lattice view = lattice.view();
        q.resize(lattice.end.size() + 1);
        log_sum = table.plain ? plain_transitions(view, view.score, model.max_length, q.data())
                              : transitions(view, table.alpha, q.data());
    }
};

// Draw one segmentation; sink as in `cut`.
template <class Char, class Sink>
void sample_text(const Model& model, const AlphaTable& table, const Char* text, size_t size, Stream& stream, Sink sink) {
    if (std::isinf(table.alpha)) return cut_words(model, text, size, sink);
    if (table.plain) return cut_sampled(model, table, text, size, stream, sink);
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
