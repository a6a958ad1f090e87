// Many texts at once, without the GIL: each worker writes its own slice, then the slices move together.
#pragma once
#include <atomic>
#include <cstring>
#include <exception>
#include <thread>

#include "viterbi.hpp"

namespace nlpzero {

// Cut [0, texts) into `workers` slices of about equal size and run job(first, last, start of the slice in characters).
template <class Job>
void in_slices(const std::vector<TextView>& texts, int workers, Job job) {
    size_t total = 0;
    for (const TextView& text : texts) total += text.size;
    std::vector<std::thread> threads;
    std::vector<std::exception_ptr> errors(static_cast<size_t>(workers));
    size_t first = 0, at = 0;
    for (int w = 0; w < workers; ++w) {
        size_t last = first, end = at;
        const size_t goal = total / size_t(workers) * size_t(w + 1);
        while (last < texts.size() && (w + 1 == workers || end < goal)) end += texts[last++].size;
        auto run = [=, &errors, &job] {
            try { job(first, last, at); } catch (...) { errors[size_t(w)] = std::current_exception(); }
        };
        bool started = false;
        if (w + 1 < workers) try { threads.emplace_back(run); started = true; } catch (const std::system_error&) {}
        if (!started) run();
        first = last;
        at = end;
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& error : errors) if (error) std::rethrow_exception(error);
}

inline size_t most_tokens(const Model& model) { return model.rules.fallback && !model.rules.bytes ? 4 : 1; }  // a character

// Cut every text into `rows` segmentations.  cut_text(i, ids, ends, counts) writes the tokens of text i, row after row, and
// the number of tokens of each row.  `ids` (and `ends`, unless null) has room for `most_tokens` a character and row; offsets
// (texts * rows + 1) receives where the tokens of each row begin.  Returns the number of tokens.
template <class Cut>
int64_t encode_texts(const Model& model, const std::vector<TextView>& texts, size_t rows, int workers, int32_t* ids, uint32_t* ends, int64_t* offsets, Cut cut_text) {
    std::vector<size_t> slice_of(texts.size());
    in_slices(texts, workers, [&](size_t first, size_t last, size_t at) {
        at *= most_tokens(model) * rows;
        for (size_t i = first; i < last; ++i) {
            slice_of[i] = at;
            int64_t* const counts = offsets + 1 + i * rows;
            cut_text(i, ids + at, ends ? ends + at : nullptr, counts);
            for (size_t r = 0; r < rows; ++r) at += size_t(counts[r]);
        }
    });
    offsets[0] = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
        int64_t* const row = offsets + i * rows;
        const size_t to = size_t(row[0]);
        for (size_t r = 0; r < rows; ++r) row[r + 1] += row[r];
        const size_t count = size_t(row[rows]) - to;
        if (slice_of[i] != to) {
            std::memmove(ids + to, ids + slice_of[i], count * sizeof(int32_t));
            if (ends) std::memmove(ends + to, ends + slice_of[i], count * sizeof(uint32_t));
        }
    }
    return offsets[texts.size() * rows];
}

inline int64_t encode_best(const Model& model, const std::vector<TextView>& texts, int workers, int32_t* ids, uint32_t* ends, int64_t* offsets) {
    return encode_texts(model, texts, 1, workers, ids, ends, offsets, [&](size_t i, int32_t* out, uint32_t* ends_out, int64_t* counts) {
        int32_t* const begin = out;
        with_chars(texts[i], [&](auto chars) {
            auto run = [&](auto sink) { cut_best(model, chars, texts[i].size, sink); };
            if (ends_out) told(model, chars, run, [&](int32_t id, uint32_t, uint32_t end) { *out++ = id; *ends_out++ = end; });
            else told(model, chars, run, [&](int32_t id, uint32_t, uint32_t) { *out++ = id; });
            return 0;
        });
        counts[0] = out - begin;
    });
}

}  // namespace nlpzero
