// Features of a symbol: templates over integer columns, hashed to places in a table of weights.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::teaching {

struct Term { int column, offset; };  // the value of a column this many symbols further on

class Templates {
public:
    // `terms`: for each template the number of its terms, then column and offset of each.
    Templates(const int32_t* terms, size_t n, int bits) : shift_(64 - bits) {
        for (size_t i = 0; i < n; i += 1 + 2 * size_t(terms[i])) {
            begin_.push_back(uint32_t(terms_.size()));
            for (int k = 0; k < terms[i]; ++k) terms_.push_back({terms[i + 1 + 2 * k], terms[i + 2 + 2 * k]});
        }
        begin_.push_back(uint32_t(terms_.size()));
    }
    size_t size() const { return begin_.size() - 1; }

    // Places of the features of symbol i of the run [begin, end).  Beyond the run every column has one value of its own.
    void fill(const uint32_t* columns, size_t positions, size_t begin, size_t end, size_t i, uint32_t* out) const {
        for (size_t k = 0; k < size(); ++k) {
            uint64_t h = (k + 1) * 0x9E3779B97F4A7C15u;
            for (uint32_t t = begin_[k]; t < begin_[k + 1]; ++t) {
                const size_t at = i + size_t(std::ptrdiff_t(terms_[t].offset));  // wraps below 0, which is outside too
                const uint32_t value = at >= begin && at < end ? columns[size_t(terms_[t].column) * positions + at] : OUTSIDE;
                h = (h ^ value) * 0xBF58476D1CE4E5B9u;
                h ^= h >> 31;
            }
            out[k] = uint32_t(h * 0x94D049BB133111EBu >> shift_);
        }
    }

private:
    static constexpr uint32_t OUTSIDE = 0xFFFFFFFF;
    int shift_;
    std::vector<Term> terms_;
    std::vector<uint32_t> begin_;
};

}  // namespace nlpzero::teaching
