// The topic of each block of a text: the square roots of the frequencies of some symbols in it.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nlpzero::vocabulary {

// The table of all blocks would be as large as the text, so each row is computed anew by every pass.
class BlockTopics {
public:
    // `column[symbol]`: from 0 to width - 1, or -1 for a symbol that is not measured.
    BlockTopics(const std::vector<uint32_t>& text, const std::vector<uint32_t>& begin,
                const std::vector<int32_t>& column, size_t width)
        : text_(text), begin_(begin), column_(column), count_(width, 0) {}

    // Add the rows to `sum`, and the upper triangle of the products of their values to `square` (width x width).
    void add_moments(double* sum, double* square) {
        const size_t width = count_.size();
        for (size_t block = 0; block < begin_.size(); ++block) {
            measure(block);
            for (size_t a = 0; a < place_.size(); ++a) {
                const double value = value_[a];
                double* row = square + place_[a] * width;
                sum[place_[a]] += value;
                for (size_t b = a; b < place_.size(); ++b) row[place_[b]] += value * value_[b];
            }
        }
    }

    // out[block]: the product of its row and `axis`.
    void project(const double* axis, double* out) {
        for (size_t block = 0; block < begin_.size(); ++block) {
            measure(block);
            double product = 0;
            for (size_t a = 0; a < place_.size(); ++a) product += axis[place_[a]] * value_[a];
            out[block] = product;
        }
    }

private:
    // Find the columns of a block that are not 0, rising, and their values.
    void measure(size_t block) {
        const size_t end = block + 1 < begin_.size() ? begin_[block + 1] : text_.size();
        for (size_t i = begin_[block]; i < end; ++i)
            if (const int32_t c = column_[text_[i]]; c >= 0) ++count_[size_t(c)];
        place_.clear();
        value_.clear();
        const double size = double(end > begin_[block] ? end - begin_[block] : 1);
        for (size_t c = 0; c < count_.size(); ++c) {
            if (!count_[c]) continue;
            place_.push_back(uint32_t(c));
            value_.push_back(std::sqrt(double(count_[c]) / size));
            count_[c] = 0;
        }
    }

    const std::vector<uint32_t>&text_, &begin_;
    const std::vector<int32_t>& column_;
    std::vector<uint32_t> count_, place_;
    std::vector<double> value_;
};

}  // namespace nlpzero::vocabulary
