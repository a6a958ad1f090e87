// Segmentation with word classes: the score of a segmentation is the sum of the scores of its tokens and of the links
// between the classes of neighbouring tokens.
//
// A token has a class on its left and one on its right side, which differ for own words only.  Further classes: BOUNDARY
// (punctuation, numbers and so on, and the ends of a text) and OPEN (words that have no class, and unknown text).
#pragma once
#include <memory>

#include "../common/portable.hpp"
#include "viterbi.hpp"

namespace nlpzero::tokenization {

// A token that begins at some position, followed by the best segmentation of the rest.
struct ClassStep {
    int64_t score;
    int32_t node;   // 0: not a word of the lexicon
    uint32_t length;
    uint32_t left;  // class
    uint32_t next;  // the step that follows
};

// The steps of a position, and the best of them behind a word of class OPEN.
struct ClassPlace { uint32_t begin, end, open; };

// The steps from each position, from right to left; a growing array without initialization.
class ClassSteps {
 public:
    // Return the array, with room for some steps behind the first `size`.
    ClassStep* reserve(size_t size, size_t more) {
        if (size + more > room_) {
            room_ = std::max(2 * room_, size + more);
            std::unique_ptr<ClassStep[]> wider(new ClassStep[room_]);
            std::copy(steps_.get(), steps_.get() + size, wider.get());
            steps_.swap(wider);
        }
        return steps_.get();
    }
    const ClassStep& operator[](size_t k) const { return steps_[k]; }
    const ClassStep* data() const { return steps_.get(); }

 private:
    std::unique_ptr<ClassStep[]> steps_;
    size_t room_ = 0;
};

// Return the best step of a position behind a token whose links are `row`.  Steps are in the order of rising length, after
// a new word if there is one: ties go to the longer word, and never to the new word.
NLP_ZERO_HOT uint32_t best_class_step(const ClassStep* steps, const ClassPlace& place, const int64_t* row, uint64_t& top) {
    uint32_t best = place.begin;
    top = uint64_t(steps[best].score) + uint64_t(row[steps[best].left]);
    for (uint32_t k = best + 1; k < place.end; ++k) {
        const uint64_t sum = uint64_t(steps[k].score) + uint64_t(row[steps[k].left]);
        const bool better = int64_t(sum - top) >= 0;
        top = better ? sum : top;
        best = better ? k : best;
    }
    return best;
}

// Compute the steps of a block of n symbols; `last` is the class behind it.
template <bool New, class Char>
void class_viterbi(const Model& model, const Char* text, const uint32_t* symbols, const uint32_t* starts, size_t n,
                   uint32_t last, int64_t* open, ClassPlace* places, ClassSteps& array) {
    const Node* const nodes = model.nodes.data();
    const int64_t* const scores = model.scores.data();
    const WordClasses& classes = model.classes;
    const WordClasses::Sides* const sides = classes.nodes.data();
    const Spelling& spelling = model.spelling;
    const int64_t* const links = classes.fixed_links.data();
    const int64_t* const lead = classes.lead.data();
    const size_t width = classes.width();
    const uint32_t open_class = classes.open();
    uint32_t reach = 0;  // number of consecutive letters from i, at most LONGEST
    uint32_t size = 1;
    ClassStep* steps = array.reserve(0, 3 * n + model.max_length + 2);
    steps[0] = {0, 0, 0, last, 0};
    places[n] = {0, 1, 0};
    for (size_t i = n; i-- > 0;) {
        steps = array.reserve(size, model.max_length + 2);
        bool letter = false;
        if (New && (letter = spelling.letter[symbols[i]])) {  // new words may end here
            uint64_t top;
            places[i + 1].open = best_class_step(steps, places[i + 1], links + open_class * width, top);
            open[i + 1] = int64_t(top);
        }
        uint32_t words = 0;  // a bit for each length at which the lexicon has a word here
        // The place of the new word is kept free: it is the first step.
        const uint32_t begin = size + New;
        uint32_t end = begin, best_left = 0;
        uint64_t best = 0;
        auto add = [&](uint32_t node, uint32_t length, uint32_t left, uint32_t right) {
            uint64_t top;
            const uint32_t next = best_class_step(steps, places[i + length], links + right * width, top);
            top += uint64_t(scores[node]);
            steps[end] = {int64_t(top), int32_t(node), length, left, next};
            const bool better = end == begin || int64_t(top - best) > 0;
            best = better ? top : best;
            best_left = better ? left : best_left;
            ++end;
        };
        uint32_t at = symbols[i];
        const WordClasses::Sides first = sides[at];
        if (first.left != WordClasses::OUTSIDE) add(at, 1, first.left, first.right);
        else {
            const uint32_t cls = model.outside_class(at, uint32_t(text[starts[i]]));
            add(at, 1, cls, cls);
        }
        for (size_t j = i + 1; nodes[at].base != 0; ++j) {
            const uint32_t next = uint32_t(nodes[at].base) + symbols[j];
            if (nodes[next].check != int32_t(at)) break;
            at = next;
            const uint32_t length = uint32_t(j + 1 - i);
            const int64_t score = scores[at];
            if (score == NO_WORD) continue;
            if (New && length <= Spelling::LONGEST) words |= 1u << length;
            if (score == FORBIDDEN_WORD) continue;
            add(at, length, sides[at].left, sides[at].right);
        }
        places[i] = {begin, end, 0};
        if (New) {
            reach = letter ? std::min(reach + 1, Spelling::LONGEST) : 0;
            uint64_t begun = reach > 1 ? uint64_t(spelling.first[symbols[i]]) : 0, top = 0;
            uint32_t length = 0;
            for (uint32_t l = 2; l <= reach; ++l) {
                const uint32_t s = symbols[i + l - 1];
                const uint64_t sum = uint64_t(open[i + l]) + begun + uint64_t(spelling.last[s]) + uint64_t(spelling.length[l]);
                const bool unknown = (words >> l & 1) == 0, first = length == 0;
                const bool better = unknown & (first | (int64_t(sum - top) > 0));
                top = better ? sum : top;
                length = better ? l : length;
                begun += uint64_t(spelling.middle[s]);
            }
            // It is left out if it is worse than the best word behind every class.
            if (length && int64_t(top + uint64_t(lead[open_class * width + best_left]) - best) >= 0) {
                steps[begin - 1] = {int64_t(top), 0, length, open_class, places[i + length].open};
                places[i].begin = begin - 1;
            }
        }
        if (end - begin > 1) {  // and so are words
            uint32_t kept = begin;
            for (uint32_t k = begin; k < end; ++k) {
                steps[kept] = steps[k];
                kept += int64_t(uint64_t(steps[k].score) + uint64_t(lead[steps[k].left * width + best_left]) - best) >= 0;
            }
            places[i].end = end = kept;
        }
        size = end;
    }
}

// Call sink(id, start, end) for every token of the best path; `New` allows words that the lexicon does not have.
template <bool New, class Char, class Sink>
void cut_classes(const Model& model, const Char* text, size_t size, Sink sink) {
    Scratch<int64_t, ClassPlace> scratch;
    ClassSteps steps;
    const int32_t* ids = model.ids.data();
    const WordClasses& classes = model.classes;
    uint32_t before = classes.boundary();
    for (size_t from = 0; from < size;) {
        const size_t n = read_block(model, text, size, from, scratch);
        // A block ends with the text or with a symbol that no word contains, whose link to the next block is added there.
        const uint32_t last = from == size ? classes.boundary() : classes.nothing();
        class_viterbi<New>(model, text, scratch.symbols, scratch.starts, n, last, scratch.best, scratch.steps, steps);
        uint64_t top;
        uint32_t k = best_class_step(steps.data(), scratch.steps[0], classes.fixed_links.data() + before * classes.width(), top);
        for (size_t i = 0; i < n; k = steps[k].next) {
            const ClassStep& step = steps[k];
            const size_t next = i + step.length;
            emit_token(sink, {step.node, ids, scratch.starts + i, scratch.starts + next});
            if (next == n) before = step.left;
            i = next;
        }
    }
}

// The best path of words of the lexicon.
template <class Char, class Sink>
void cut_words(const Model& model, const Char* text, size_t size, Sink sink) {
    if (model.classes) cut_classes<false>(model, text, size, sink);
    else if (!model.rules.crossing) cut<false>(model, text, size, sink);
    else if (model.rules.arithmetic == EXACT_SUMS) cut_crossing<ExactSum>(model, text, size, sink);
    else if (model.rules.arithmetic == SINGLE_SUMS) cut_crossing<RoundedSum<float>>(model, text, size, sink);
    else cut_crossing<RoundedSum<double>>(model, text, size, sink);
}

// The best path, with new words if the rules want them.
template <class Char, class Sink>
void cut_best(const Model& model, const Char* text, size_t size, Sink sink) {
    if (model.rules.new_mass > 0 && model.classes) cut_classes<true>(model, text, size, sink);
    else if (model.rules.new_mass > 0) cut<true>(model, text, size, sink);
    else cut_words(model, text, size, sink);
}

}  // namespace nlpzero::tokenization
