// Pieces by an n-gram model of bytes (BytePiece's method), and splitting of pieces into other pieces.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../common/elementary.hpp"

namespace nlpzero::vocabulary {

struct CountLevel {  // one level of a count tree: the children of n-gram k end at end[k]
    const uint32_t* symbol;
    const uint32_t* count;
    const uint32_t* end;
    size_t size;
};

// Cuts bytes where the model predicts the next byte better without a context.  Within a piece, the score of byte k is
// ln p(byte | the k bytes before it in the piece, at most order - 1); the best sequence of context lengths gives the
// cuts. Source: kexue.fm/archives/3956.
class NgramCutter {
public:
    // `id[byte]`: the symbol id of a byte, 0 if it never occurs.  `whole`: never cut inside a character.
    NgramCutter(const std::vector<CountLevel>& levels, const uint32_t* id, double total, bool whole)
        : levels_(levels), id_(id, id + 256), total_(total), whole_(whole) {}

    // Cut one line and count the pieces.
    void count(const uint8_t* line, size_t n, std::unordered_map<std::string, uint64_t>& pieces) {
        const size_t order = levels_.size();
        const double never = -std::numeric_limits<double>::infinity();
        score_.assign(n * order, never);
        for (size_t i = 0; i < n; ++i) score_string(line, n, i);
        from_.resize(n * order);
        std::vector<double> best(order, never), next(order);
        for (size_t i = 0; i < n; ++i) {
            const bool may_cut = !(whole_ && i > 0 && (line[i] & 0xC0) == 0x80);
            size_t last = 0;
            for (size_t j = 1; j < order; ++j)
                if (best[j] > best[last]) last = j;
            next.assign(order, never);
            if (may_cut) {
                next[0] = (i ? best[last] : 0) + score_[i * order];
                from_[i * order] = uint8_t(last);
            }
            for (size_t j = 0; i && j < order; ++j) {  // the context grows up to order - 1 bytes
                const size_t to = std::min(j + 1, order - 1);
                const double s = score_[i * order + to];
                // A string without a count: inside a character it is continued at a high cost, elsewhere never.
                const double v = best[j] + (s > never ? s : may_cut ? never : -1000.0);
                if (v > next[to]) {
                    next[to] = v;
                    from_[i * order + to] = uint8_t(j);
                }
            }
            best.swap(next);
        }
        size_t state = 0, end = n;
        for (size_t j = 1; j < order; ++j)
            if (best[j] > best[state]) state = j;
        for (size_t i = n; i-- > 0;) {
            if (state == 0) {
                ++pieces[std::string(reinterpret_cast<const char*>(line) + i, end - i)];
                end = i;
            }
            state = from_[i * order + state];
        }
    }

private:
    // Compute ln p of every byte of the string that begins at i, given the bytes of the string before it.
    void score_string(const uint8_t* line, size_t n, size_t i) {
        size_t begin = 0, end = levels_[0].size;
        double before = total_;
        for (size_t k = 0; k < levels_.size() && i + k < n; ++k) {
            const CountLevel& level = levels_[k];
            const uint32_t symbol = id_[line[i + k]];
            const uint32_t* found = std::lower_bound(level.symbol + begin, level.symbol + end, symbol);
            if (found == level.symbol + end || *found != symbol) return;
            const size_t node = size_t(found - level.symbol);
            const double count = level.count[node];
            score_[(i + k) * levels_.size() + k] = nlpzero::log(count / before);
            before = count;
            if (k + 1 < levels_.size()) {
                begin = node ? level.end[node - 1] : 0;
                end = level.end[node];
            }
        }
    }

    std::vector<CountLevel> levels_;
    std::vector<uint32_t> id_;
    double total_;
    bool whole_;
    std::vector<double> score_;
    std::vector<uint8_t> from_;
};

// Cuts strings into the most probable pieces; ties go to the longer last piece.
class PieceSplitter {
public:
    void add(const std::string& piece, double log_prob) {
        const auto it = pieces_.emplace(piece, log_prob).first;
        it->second = log_prob;
        longest_ = std::max(longest_, piece.size());
    }

    // `itself`: whether the whole string may be the piece.  `parts` is empty if no segmentation exists.
    void split(const std::string& text, bool itself, std::vector<std::string_view>& parts) {
        const size_t n = text.size();
        best_.assign(n + 1, -std::numeric_limits<double>::infinity());
        from_.assign(n + 1, 0);
        best_[0] = 0;
        for (size_t j = 1; j <= n; ++j)
            for (size_t i = j > longest_ ? j - longest_ : 0; i < j; ++i) {
                if (!itself && j - i == n) continue;
                const auto it = pieces_.find(text.substr(i, j - i));
                if (it == pieces_.end() || best_[i] + it->second <= best_[j]) continue;
                best_[j] = best_[i] + it->second;
                from_[j] = i;
            }
        parts.clear();
        if (std::isinf(best_[n])) return;
        for (size_t j = n; j > 0; j = from_[j]) parts.push_back(std::string_view(text).substr(from_[j], j - from_[j]));
    }

private:
    std::unordered_map<std::string, double> pieces_;
    size_t longest_ = 0;
    std::vector<double> best_;
    std::vector<size_t> from_;
};

}  // namespace nlpzero::vocabulary
