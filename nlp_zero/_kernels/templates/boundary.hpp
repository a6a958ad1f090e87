// Boundary trees: scores of the gaps between neighbouring words, and the brackets that follow from them.
//
// Scores are whole numbers (steps of 2^-20 nats), so that ties are the same on every platform.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../common/elementary.hpp"
#include <vector>

namespace nlpzero::templates {

constexpr int64_t EDGE = std::numeric_limits<int64_t>::max() / 4;  // above every score

// The tables of a boundary model: e(u) and s(v) by word, and pairs in CSR form (the followers of a word are sorted).
struct BoundaryView {
    const int64_t* ends;
    const int64_t* starts;
    const int64_t* left;   // how often each word is the first of a pair
    const int64_t* right;  // how often it is the second
    const int64_t* first;  // pairs of word u: first[u] .. first[u + 1] - 1
    const int32_t* follower;
    const int64_t* stick;  // alpha * ln((c + 1) / (l * r / M + 1)) of the pair
    double pairs;          // M, the number of pairs
    double alpha;
};

constexpr double STEP = 1 << 20;

inline int64_t gap_score(const BoundaryView& model, int32_t u, int32_t v) {
    int64_t score = (u >= 0 ? model.ends[u] : 0) + (v >= 0 ? model.starts[v] : 0);
    if (u < 0 || v < 0) return score;  // nothing is known about an unknown word
    const int32_t* begin = model.follower + model.first[u];
    const int32_t* end = model.follower + model.first[u + 1];
    const int32_t* found = std::lower_bound(begin, end, v);
    if (found != end && *found == v) return score - model.stick[found - model.follower];
    double expected = double(model.left[u]) * double(model.right[v]) / model.pairs;  // the count of an unseen pair
    return score + std::llround(model.alpha * nlpzero::log1p(expected) * STEP);
}

// One round of self-training over clause segments (CSR): each cut of depth 0 and 1 counts for the two words next to it.
// stick[i] belongs to tokens i and i + 1.  Ties: the first gap is cut.
inline void count_cuts(const int32_t* token, const int64_t* offset, size_t segments, const int64_t* ends,
                       const int64_t* starts, const int64_t* stick, int64_t shortest, int64_t longest,
                       int64_t* new_starts, int64_t* new_ends) {
    std::vector<int64_t> gap;
    for (size_t k = 0; k < segments; ++k) {
        const int64_t base = offset[k], n = offset[k + 1] - base;
        if (n < shortest || n > longest) continue;
        gap.resize(n - 1);
        for (int64_t i = 0; i + 1 < n; ++i) {
            gap[i] = ends[token[base + i]] + starts[token[base + i + 1]] - stick[base + i];
        }
        auto cut = [&](int64_t from, int64_t to) -> int64_t {  // among gaps from .. to - 1
            if (from >= to) return -1;
            int64_t at = std::max_element(gap.begin() + from, gap.begin() + to) - gap.begin();
            ++new_ends[token[base + at]];
            ++new_starts[token[base + at + 1]];
            return at;
        };
        int64_t top = cut(0, n - 1);
        cut(0, top);
        cut(top + 1, n - 1);
    }
}

// Codes of tokens: the number of a word, UNKNOWN, or FIRST_MARK - kind for punctuation.
constexpr int32_t UNKNOWN = -1, FIRST_MARK = -2;
enum Mark : int32_t { BREAK = 0, STOP = 1, SEMICOLON = 2, COMMA = 3, PAUSE = 4, TIE = 5, OPEN = 8, CLOSE = 64 };

struct Span {
    int32_t start, end;
};

class TreeBuilder {
public:
    TreeBuilder(const BoundaryView& model, int64_t prominence, int64_t pause)
        : model_(model), prominence_(prominence), pause_(pause) {}

    // Spans of more than one token below the root, in depth-first order (outer before inner, left before right).
    const std::vector<Span>& build(const int32_t* code, int32_t n) {
        spans_.clear();
        frames_.clear();
        size_ = n;
        match_brackets(code, n);
        frames_.push_back({0, 0, -1});
        items_.clear();
        gap_ = NONE;
        for (int32_t i = 0; i < n; ++i) {
            int32_t mark = FIRST_MARK - code[i];
            if (mark < 0) {
                add_item({i, i + 1}, code[i], code[i]);
            } else if (mark >= OPEN && mark < CLOSE && mate_[i] >= 0) {
                frames_.push_back({items_.size(), gap_, i});
                gap_ = NONE;
            } else if (mark >= CLOSE && mate_[i] >= 0) {
                close_frame(i);
            } else {
                gap_ = std::max(gap_, mark_score(mark));
            }
        }
        bracket(items_.data(), items_.size());
        std::sort(spans_.begin(), spans_.end(), [](const Span& a, const Span& b) {
            return a.start != b.start ? a.start < b.start : a.end > b.end;
        });
        return spans_;
    }

private:
    struct Item {
        Span span;
        int32_t first, last;  // codes of its first and last words
        int64_t gap;          // score of the gap before it
    };
    struct Frame {
        size_t items;  // where its items begin
        int64_t gap;   // score of the punctuation before its opening mark
        int32_t open;
    };
    static constexpr int64_t NONE = -EDGE;

    int64_t mark_score(int32_t mark) const {
        switch (mark) {
            case PAUSE: return pause_;
            case TIE: return -EDGE / 8;  // Mary·Smith: separated last
            case COMMA: return EDGE / 8;
            case SEMICOLON: return EDGE / 4;
            case STOP: return EDGE / 2;
            default: return EDGE / 8;  // other punctuation, and marks without a partner
        }
    }

    void add_item(Span span, int32_t first, int32_t last) {
        int64_t gap = gap_;
        if (items_.size() > frames_.back().items && gap == NONE) gap = gap_score(model_, items_.back().last, first);
        items_.push_back({span, first, last, gap});
        gap_ = NONE;
    }

    // A matched pair of marks and the items between them become one item of the enclosing frame.
    void close_frame(int32_t close) {
        Frame frame = frames_.back();
        frames_.pop_back();
        size_t count = items_.size() - frame.items;
        gap_ = frame.gap;
        if (count == 0) {  // no words inside: treated as other punctuation
            gap_ = std::max(gap_, mark_score(BREAK));
            return;
        }
        bracket(items_.data() + frame.items, count);
        int32_t first = items_[frame.items].first, last = items_.back().last;
        items_.resize(frame.items);
        if (frame.open > 0 || close + 1 < size_) spans_.push_back({frame.open, close + 1});
        add_item({frame.open, close + 1}, first, last);
    }

    // Match nested pairs; if a closing mark matches an outer opening mark, the opening marks between have no partner.
    void match_brackets(const int32_t* code, int32_t n) {
        mate_.assign(n, -1);
        open_.clear();
        int32_t waiting[CLOSE - OPEN] = {0};
        for (int32_t i = 0; i < n; ++i) {
            int32_t mark = FIRST_MARK - code[i];
            if (mark >= OPEN && mark < CLOSE) {
                open_.push_back(i);
                ++waiting[mark - OPEN];
            } else if (mark >= CLOSE && mark < 2 * CLOSE - OPEN && waiting[mark - CLOSE] > 0) {
                int32_t j, kind;
                do {
                    j = open_.back();
                    open_.pop_back();
                    kind = FIRST_MARK - code[j] - OPEN;
                    --waiting[kind];
                } while (kind != mark - CLOSE);
                mate_[j] = i;
                mate_[i] = j;
            }
        }
    }

    // Cartesian tree of the gaps: gap t spans the items between the nearest greater gaps on its two sides; equal gaps
    // divide one span together.  A span is kept if the smaller of the gaps around it exceeds gap t by the prominence.
    void bracket(const Item* item, size_t count) {
        if (count < 3) return;  // the whole is already a node
        left_.assign(count, 0);
        stack_.clear();
        twin_.assign(count, false);
        for (size_t t = 1; t < count; ++t) {
            while (!stack_.empty() && item[stack_.back()].gap < item[t].gap) {
                finish(item, count, stack_.back(), t);
                stack_.pop_back();
            }
            if (!stack_.empty() && item[stack_.back()].gap == item[t].gap) {
                left_[t] = left_[stack_.back()];
                twin_[t] = true;
            } else {
                left_[t] = stack_.empty() ? 0 : stack_.back();
            }
            stack_.push_back(t);
        }
        while (!stack_.empty()) {
            finish(item, count, stack_.back(), count);
            stack_.pop_back();
        }
    }

    // Gap t, with greater gaps at left_[t] and `right`; 0 and `count` are the ends.
    void finish(const Item* item, size_t count, size_t t, size_t right) {
        if (twin_[t]) return;
        size_t left = left_[t];
        if (left == 0 && right == count) return;
        int64_t around = std::min(left == 0 ? EDGE : item[left].gap, right == count ? EDGE : item[right].gap);
        if (around - item[t].gap > prominence_) spans_.push_back({item[left].span.start, item[right - 1].span.end});
    }

    const BoundaryView& model_;
    int64_t prominence_, pause_, gap_ = NONE;
    int32_t size_ = 0;
    std::vector<Span> spans_;
    std::vector<Item> items_;
    std::vector<Frame> frames_;
    std::vector<int32_t> mate_, open_;
    std::vector<size_t> left_, stack_;
    std::vector<char> twin_;
};

// Trees of many sentences: code and offset in CSR form; `result` and `sizes` are filled sentence by sentence.
inline void build_trees(const BoundaryView& model, int64_t prominence, int64_t pause, const int32_t* code,
                        const int64_t* offset, size_t sentences, std::vector<Span>& result,
                        std::vector<int64_t>& sizes) {
    TreeBuilder builder(model, prominence, pause);
    sizes.assign(1, 0);
    for (size_t k = 0; k < sentences; ++k) {
        const auto& spans = builder.build(code + offset[k], int32_t(offset[k + 1] - offset[k]));
        result.insert(result.end(), spans.begin(), spans.end());
        sizes.push_back(int64_t(result.size()));
    }
}

}  // namespace nlpzero::templates
