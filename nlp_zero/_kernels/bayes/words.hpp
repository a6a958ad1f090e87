// The words of segmented texts, numbered in the order of their first occurrence.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::bayes {

class WordNumbers {
public:
    static constexpr int64_t NO_WORD = -1;  // between two runs of words

    // Append the words of an encoded text (0 is a boundary) to `runs`; a word begins wherever `cut` says so.  Boundaries
    // are cuts, too.
    void add(const uint32_t* text, const uint8_t* cut, size_t n, std::vector<int64_t>& runs) {
        for (size_t i = 0; i < n;) {
            size_t end = i + 1;
            while (end < n && !cut[end] && text[end]) ++end;
            if (cut[i] && text[i]) {
                runs.push_back(number(text + i, end - i));
                if (end == n || !text[end]) runs.push_back(NO_WORD);
            }
            i = end;
        }
    }
    // The words by number: symbols, each word closed by a 0.
    const std::vector<uint32_t>& symbols() const { return symbols_; }

private:
    struct Slot { uint32_t hash, number; };  // number is one more; 0: empty
    std::vector<Slot> table_ = std::vector<Slot>(1024, Slot{0, 0});
    std::vector<uint32_t> symbols_;
    std::vector<size_t> begin_;

    static uint64_t hash_of(const uint32_t* word, size_t length) {
        uint64_t key = length;
        for (size_t k = 0; k < length; ++k) {
            key = (key ^ word[k]) * 0x9E3779B97F4A7C15u;
            key ^= key >> 29;
        }
        return key;
    }
    int64_t number(const uint32_t* word, size_t length) {
        const uint64_t key = hash_of(word, length);
        const uint32_t hash = uint32_t(key >> 32);
        size_t h = key & (table_.size() - 1);
        for (; table_[h].number; h = (h + 1) & (table_.size() - 1))
            if (table_[h].hash == hash && equal(table_[h].number - 1, word, length)) return table_[h].number - 1;
        begin_.push_back(symbols_.size());
        symbols_.insert(symbols_.end(), word, word + length);
        symbols_.push_back(0);
        table_[h] = {hash, uint32_t(begin_.size())};
        if (2 * begin_.size() > table_.size()) grow();
        return int64_t(begin_.size() - 1);
    }
    bool equal(uint32_t number, const uint32_t* word, size_t length) const {
        const uint32_t* known = &symbols_[begin_[number]];
        for (size_t k = 0; k < length; ++k)
            if (known[k] != word[k]) return false;
        return !known[length];
    }
    void grow() {
        const std::vector<Slot> old = table_;
        table_.assign(4 * old.size(), Slot{0, 0});
        for (const Slot& slot : old) {
            if (!slot.number) continue;
            const size_t begin = begin_[slot.number - 1];
            size_t end = begin;
            while (symbols_[end]) ++end;
            size_t h = hash_of(&symbols_[begin], end - begin) & (table_.size() - 1);
            while (table_[h].number) h = (h + 1) & (table_.size() - 1);
            table_[h] = slot;
        }
    }
};

}  // namespace nlpzero::bayes
