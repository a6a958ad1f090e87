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

inline double round_rank(double nats) { return double(std::llround(nats * 0x1p30)) * 0x1p-30; }

struct WeightTable {  // other numbers in place of the scores of Viterbi
    Numbers numbers = Numbers::POWERS;
    double alpha = 0;
    bool fits = false;  // POWERS whose sums over the reach of one word fit into a double
    HugeVector<double> scores;         // by node
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
    table->scores.resize(model.nodes.size());
    const double nothing = numbers == Numbers::RANKS ? NO_RANK : 0;
    for (size_t i = 0; i < model.nodes.size(); ++i) table->scores[i] = is_token(i) ? table->of(model, model.node_cost(i)) : nothing;
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
