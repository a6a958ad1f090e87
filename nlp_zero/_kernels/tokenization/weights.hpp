// Weights of the nodes of a model in place of the scores of Viterbi, and the symbols of a whole text.
#pragma once
#include <memory>

#include "../common/elementary.hpp"
#include "../common/random.hpp"
#include "classes.hpp"

namespace nlpzero::tokenization {

// What the numbers of a table are: p^alpha; weights in sums, in nats; or what Viterbi adds up, in nats, rounded to 2^-30.
enum class Numbers { POWERS, NATS, RANKS };

constexpr double NO_RANK = -0x1p32;  // of nodes that are no tokens; below all sums
constexpr double RANK_UNIT = 0x1p30;

inline double round_rank(double nats) { return double(std::llround(nats * RANK_UNIT)) / RANK_UNIT; }

// What n-best lists read of a node, on one cache line.
struct RankedNode {
    int64_t rank;  // in units of 2^-30 nats
    double nats;   // its weight in sums; NaN: it depends on the character
};
// Whether n-best lists need no lattice.
inline bool has_plain_paths(const Model& model) { return !(model.classes || model.rules.crossing || model.rules.fallback); }

struct WeightTable {  // other numbers in place of the scores of Viterbi
    Numbers numbers = Numbers::POWERS;
    double alpha = 0;
    bool fits = false;  // POWERS whose sums over the reach of one word fit into a double
    HugeVector<double> scores;         // by node
    HugeVector<RankedNode> ranked;     // by node, in place of `scores`: RANKS of a model with plain paths
    std::vector<double> links;         // of classes
    double boundary = 0, unknown = 0;  // of symbols that are not words; without byte fallback

    double of(const Model& model, const Cost& cost) const {
        if (numbers == Numbers::RANKS) return round_rank(cost.free ? cost.rank : model.rank(cost));
        const double weight = model.weight(cost);
        return numbers == Numbers::NATS ? weight : nlpzero::exp(alpha * weight);
    }
    double of_link(double nats) const {
        return numbers == Numbers::RANKS ? round_rank(nats) : numbers == Numbers::NATS ? nats : nlpzero::exp(alpha * nats);
    }
};

inline std::shared_ptr<const WeightTable> make_table(const Model& model, Numbers numbers, double alpha) {
    auto table = std::make_shared<WeightTable>();
    auto is_token = [&](size_t i) { return model.scores[i] != NO_WORD && model.scores[i] != FORBIDDEN_WORD; };
    if (numbers == Numbers::POWERS) {
        double cost = 0;
        for (size_t i = 0; i < model.nodes.size(); ++i)
            if (is_token(i)) cost = std::max(cost, std::abs(alpha * model.weight(model.node_cost(i))));
        cost += alpha * model.classes.range();
        table->fits = cost * (model.max_length + 1.0) < 240;
        if (!(cost < 240)) numbers = Numbers::NATS;
    }
    table->numbers = numbers;
    table->alpha = alpha;
    const double nothing = numbers == Numbers::RANKS ? NO_RANK : 0;
    auto score = [&](size_t i) { return is_token(i) ? table->of(model, model.node_cost(i)) : nothing; };
    if (numbers == Numbers::RANKS && has_plain_paths(model)) {
        table->ranked.resize(model.nodes.size());
        for (size_t i = 0; i < model.nodes.size(); ++i) table->ranked[i] = {int64_t(score(i) * RANK_UNIT), model.plain_weight(i)};
    } else {
        table->scores.resize(model.nodes.size());
        for (size_t i = 0; i < model.nodes.size(); ++i) table->scores[i] = score(i);
    }
    for (double x : model.classes.links) table->links.push_back(table->of_link(x));
    table->boundary = table->of(model, model.boundary_cost());
    if (!model.rules.fallback) table->unknown = table->of(model, model.cost(0, 0));
    return table;
}

// Read the symbols of a text; symbols[n...] are 0, starts[n] is the size of the text.  Returns the number n of symbols.
template <class Char>
size_t read_text(const Model& model, const Char* text, size_t size, std::vector<uint32_t>& symbols,
                 std::vector<uint32_t>& starts) {
    symbols.resize(size + 1 + LOOKAHEAD);
    starts.resize(size + 1);
    size_t from = 0;
    size_t n = model.symbols.read(text, size, from, symbols.data(), starts.data(), size + 1);
    starts[n] = uint32_t(size);
    if (!model.forced.empty()) n = model.forced.contract(symbols.data(), starts.data(), n);
    for (uint32_t k = 0; k <= LOOKAHEAD; ++k) symbols[n + k] = 0;
    return n;
}

}  // namespace nlpzero::tokenization
