// Drawing a segmentation with word classes: sums from the right, only for the classes that a token before may have, and
// choice of the first token from the left.
#pragma once
#include <vector>

#include "weights.hpp"

namespace nlpzero::tokenization {

class ClassSums {
 public:
    // table.fits must be true.
    ClassSums(const Model& model, const WeightTable& table)
        : model_(model), classes_(model.classes), links_(table.links.data()), table_(table) {}

    template <class Char>
    void build(const Char* text, size_t size) {
        n_ = read_text(model_, text, size, symbols_, starts_);
        places_.resize(n_);
        edges_.clear();
        sums_.clear();
        edges_.reserve(3 * n_);
        sums_.reserve(3 * n_);
        end_ = 1;
        for (size_t i = n_; i-- > 0;) {
            Place& place = places_[i];
            place = {uint32_t(edges_.size()), 0, NONE};
            const double top = add_edges(i, uint32_t(text[starts_[i]]));
            place.end = uint32_t(edges_.size());
            if (top < 0x1p-400 || top > 0x1p400) rescale(i, top > 1 ? 0x1p-400 : 0x1p400);
        }
    }

    // Call sink(id, start, end) for every token of a random segmentation.
    template <class Sink>
    void draw(Stream& stream, Sink sink) {
        uint32_t before = classes_.boundary();
        for (size_t i = 0; i < n_;) {
            const Place place = places_[i];
            uint32_t chosen = place.begin;
            if (place.end - place.begin > 1) {
                const double* const row = links_ + before * classes_.width();
                double left = stream.uniform() * sum(i, before);
                for (uint32_t e = place.begin; e < place.end; ++e) {
                    const double term = edges_[e].value * row[edges_[e].left];
                    if (term > 0) chosen = e;  // the last possible edge also gets the rounding error
                    if ((left -= term) < 0) break;
                }
            }
            const Edge& edge = edges_[chosen];
            sink(model_.ids[size_t(edge.node)], starts_[i], starts_[edge.end]);
            before = edge.right;
            i = edge.end;
        }
    }

 private:
    static constexpr uint32_t NONE = ~0u;
    struct Edge { double value; int32_t node; uint32_t end; uint16_t left, right; };  // value: its weight times the sum behind it
    struct Sum { double value; uint32_t cls, next; };  // behind a token of a class; the next one of the same position
    struct Place { uint32_t begin, end, sums; };       // edges from a position, and the first of its sums
    const Model& model_;
    const WordClasses& classes_;
    const double* const links_;
    const WeightTable& table_;
    size_t n_ = 0;
    double end_ = 1;  // scale of the sums at the end of the text
    std::vector<uint32_t> symbols_, starts_;
    std::vector<Place> places_;
    std::vector<Edge> edges_;  // of the last position first
    std::vector<Sum> sums_;

    // The sum over all segmentations of the text from position i on, behind a token of a class.
    double sum(size_t i, uint32_t cls) {
        const double* const row = links_ + cls * classes_.width();
        if (i == n_) return end_ * row[classes_.boundary()];
        Place& place = places_[i];
        for (uint32_t k = place.sums; k != NONE; k = sums_[k].next) if (sums_[k].cls == cls) return sums_[k].value;
        double total = 0;
        for (uint32_t e = place.begin; e < place.end; ++e) total += edges_[e].value * row[edges_[e].left];
        sums_.push_back({total, cls, place.sums});
        place.sums = uint32_t(sums_.size()) - 1;
        return total;
    }
    // Add the edges from a position whose first character is c; returns the greatest value.
    double add_edges(size_t i, uint32_t c) {
        const Node* const nodes = model_.nodes.data();
        const double* const scores = table_.scores.data();
        double top = 0;
        auto add = [&](uint32_t node, size_t end, double weight, uint32_t left, uint32_t right) {
            const double value = weight * sum(end, right);
            edges_.push_back({value, int32_t(node), uint32_t(end), uint16_t(left), uint16_t(right)});
            top = std::max(top, value);
        };
        uint32_t at = symbols_[i];
        const WordClasses::Sides first = classes_.nodes[at];
        if (first.left != WordClasses::OUTSIDE) {
            add(at, i + 1, scores[at], first.left, first.right);
        } else {
            const uint32_t cls = model_.outside_class(at, c);
            add(at, i + 1, class_table()[c] == BOUNDARY ? table_.boundary : table_.unknown, cls, cls);
        }
        for (size_t j = i + 1; nodes[at].base != 0; ++j) {  // symbol 0 follows the last one
            const uint32_t next = uint32_t(nodes[at].base) + symbols_[j];
            if (nodes[next].check != int32_t(at)) break;
            at = next;
            if (model_.ids[at]) add(at, j + 1, scores[at], classes_.nodes[at].left, classes_.nodes[at].right);
        }
        return top;
    }
    // Rescale all sums that positions before i still need.
    void rescale(size_t i, double scale) {
        for (size_t j = i; j < n_ && j <= i + model_.max_length; ++j) {
            for (uint32_t e = places_[j].begin; e < places_[j].end; ++e) edges_[e].value *= scale;
            for (uint32_t k = places_[j].sums; k != NONE; k = sums_[k].next) sums_[k].value *= scale;
        }
        if (n_ <= i + model_.max_length) end_ *= scale;
    }
};

}  // namespace nlpzero::tokenization
