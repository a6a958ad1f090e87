// Many texts at once, without the GIL: threads write separate slices of the output, which are then moved together.
//
// The threads are those of Python: they call `encode_best` (or `encode_sampled`) for one slice at a time, which release
// the GIL.
#pragma once
#include <cstring>
#include <vector>

#include "classes.hpp"

namespace nlpzero::tokenization {

// Texts [first, last); `at` is the number of characters before them.
struct Slice { size_t first, last, at; };

// Divide the texts into at most `count` slices of about equal size.
inline std::vector<Slice> make_slices(const std::vector<TextView>& texts, size_t count) {
    size_t total = 0;
    for (const TextView& text : texts) total += text.size;
    std::vector<Slice> slices;
    size_t first = 0, at = 0;
    for (size_t k = 0; k < count; ++k) {
        size_t last = first, end = at;
        const size_t goal = total / count * (k + 1);
        while (last < texts.size() && (k + 1 == count || end < goal)) end += texts[last++].size;
        if (last > first) slices.push_back({first, last, at});
        first = last;
        at = end;
    }
    return slices;
}

// The tokens of all texts, with `rows` segmentations of each.  `ids` (and `ends`, unless null) have room for
// `most_tokens` per character and row; `offsets` (texts * rows + 1) receives where the tokens of each row begin.
struct BatchOutput {
    int32_t* ids = nullptr;
    uint32_t* ends = nullptr;
    int64_t* offsets = nullptr;
    size_t rows = 1;
};

// Encode the texts of a slice.  cut_text(i, ids, ends, counts) writes the tokens of text i, row after row, and the
// number of tokens of each row.
template <class Cut>
void encode_slice(const Model& model, const Slice& slice, const BatchOutput& out, Cut cut_text) {
    size_t at = slice.at * most_tokens(model) * out.rows;
    for (size_t i = slice.first; i < slice.last; ++i) {
        int64_t* const counts = out.offsets + 1 + i * out.rows;
        cut_text(i, out.ids + at, out.ends ? out.ends + at : nullptr, counts);
        for (size_t r = 0; r < out.rows; ++r) at += size_t(counts[r]);
    }
}

// Move the slices together and turn the numbers of tokens into offsets.  Returns the number of all tokens.
inline int64_t close_gaps(const Model& model, const std::vector<Slice>& slices, const BatchOutput& out) {
    out.offsets[0] = 0;
    for (const Slice& slice : slices) {
        const size_t first = slice.first * out.rows, last = slice.last * out.rows;
        const size_t from = slice.at * most_tokens(model) * out.rows, to = size_t(out.offsets[first]);
        for (size_t row = first; row < last; ++row) out.offsets[row + 1] += out.offsets[row];
        const size_t count = size_t(out.offsets[last]) - to;
        if (from == to) continue;
        std::memmove(out.ids + to, out.ids + from, count * sizeof(int32_t));
        if (out.ends) std::memmove(out.ends + to, out.ends + from, count * sizeof(uint32_t));
    }
    return slices.empty() ? 0 : out.offsets[slices.back().last * out.rows];
}

inline void encode_best(const Model& model, const std::vector<TextView>& texts, const Slice& slice,
                        const BatchOutput& output) {
    encode_slice(model, slice, output, [&](size_t i, int32_t* out, uint32_t* ends_out, int64_t* counts) {
        int32_t* const begin = out;
        with_chars(texts[i], [&](auto chars) {
            auto run = [&](auto sink) { cut_best(model, chars, texts[i].size, sink); };
            auto write = [&](int32_t id, uint32_t, uint32_t end) { *out++ = id; *ends_out++ = end; };
            auto write_ids = [&](int32_t id, uint32_t, uint32_t) { *out++ = id; };
            if (ends_out) emit_tokens(model, chars, run, write);
            else emit_tokens(model, chars, run, write_ids);
            return 0;
        });
        counts[0] = out - begin;
    });
}

}  // namespace nlpzero::tokenization
