// Candidate pieces: all maximal strings inside lines that occur often enough, with all their places.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace nlpzero::vocabulary {

constexpr int LENGTH_BITS = 6;  // an edge is piece << LENGTH_BITS | length
constexpr uint32_t LENGTH_MASK = (1u << LENGTH_BITS) - 1;

// Pieces of two or more symbols; the edges of the lattice are grouped by the place where they begin.
struct Candidates {
    std::vector<uint32_t> place, count;  // of each piece: a place where it occurs, and its count
    std::vector<uint8_t> length;
    std::vector<uint8_t> at;      // number of edges that begin at each position of the text
    std::vector<uint32_t> edges;

    size_t size() const { return place.size(); }
};

// Sorts positions by the symbols that follow, one symbol at a time, and extends only groups that are large enough.  A
// group of positions with the same n symbols is an n-gram with all its places, so no table of n-grams is needed.
// A string is maximal if no longer string that contains it occurs as often; other strings can never be worth more.
class CandidateFinder {
public:
    // `lonely[symbol]`: whether the symbol is never part of a longer candidate.
    CandidateFinder(const std::vector<uint32_t>& text, const std::vector<uint8_t>& lonely, uint32_t min_count,
                    int longest)
        : text_(text), lonely_(lonely), least_(std::max(2u, min_count)), longest_(longest) {
        if (text.size() >= std::numeric_limits<uint32_t>::max()) throw std::length_error("too much text at once");
    }

    // Find all candidates, and in addition the `wanted` strings of two or more symbols, however rare.
    Candidates find(const std::vector<std::u32string>& wanted = {}) {
        if (longest_ > 1) start();
        while (!stack_.empty()) {
            const Group g = stack_.back();
            stack_.pop_back();
            split(g);
        }
        if (!wanted.empty()) add(wanted);
        return collect();
    }

private:
    struct Group { uint32_t lo, hi; int depth; };
    struct Found { uint32_t lo, hi; uint8_t length; };

    void start() {
        std::vector<uint32_t> end(lonely_.size() + 1, 0);
        for (uint32_t s : text_)
            if (s && !lonely_[s]) ++end[s + 1];
        for (size_t s = 1; s < end.size(); ++s) end[s] += end[s - 1];
        order_.resize(end.back());
        std::vector<uint32_t> next(end.begin(), end.end() - 1);
        for (size_t i = 0; i < text_.size(); ++i)
            if (text_[i] && !lonely_[text_[i]]) order_[next[text_[i]]++] = uint32_t(i);
        for (size_t s = lonely_.size(); s-- > 1;)
            if (end[s + 1] - end[s] >= least_) stack_.push_back({end[s], end[s + 1], 1});
    }

    void split(const Group g) {
        sort_by_next(g);
        uint32_t widest = 0;
        const size_t children = stack_.size();
        for (uint32_t lo = g.lo; lo < g.hi;) {
            const uint32_t s = text_[order_[lo] + g.depth];
            uint32_t hi = lo + 1;
            while (hi < g.hi && text_[order_[hi] + g.depth] == s) ++hi;
            widest = s ? std::max(widest, hi - lo) : widest;  // line ends count as different symbols
            if (hi - lo >= least_ && s && !lonely_[s]) stack_.push_back({lo, hi, g.depth + 1});
            lo = hi;
        }
        std::reverse(stack_.begin() + std::ptrdiff_t(children), stack_.end());
        if (g.depth > 1 && widest < g.hi - g.lo && differs_before(g)) found_.push_back({g.lo, g.hi, uint8_t(g.depth)});
        if (g.depth + 1 < longest_) return;
        while (stack_.size() > children) {  // the longest strings are not extended
            const Group& child = stack_.back();
            if (differs_before(child)) found_.push_back({child.lo, child.hi, uint8_t(child.depth)});
            stack_.pop_back();
        }
    }

    bool differs_before(const Group& g) const {
        const uint32_t first = text_[order_[g.lo] - 1];
        if (!first) return true;
        for (uint32_t k = g.lo + 1; k < g.hi; ++k)
            if (text_[order_[k] - 1] != first) return true;
        return false;
    }

    // Stable: the positions of each symbol keep the order of the text.
    void sort_by_next(const Group& g) {
        const size_t n = g.hi - g.lo;
        keys_.resize(n);
        for (size_t k = 0; k < n; ++k)
            keys_[k] = uint64_t(text_[order_[g.lo + k] + g.depth]) << 32 | order_[g.lo + k];
        if (n < 1024) {
            std::sort(keys_.begin(), keys_.end());
        } else {
            radix(32);
            if (lonely_.size() > 2048) radix(43);
        }
        for (size_t k = 0; k < n; ++k) order_[g.lo + k] = uint32_t(keys_[k]);
    }

    void radix(int shift) {
        uint32_t begin[2049] = {0};
        spare_.resize(keys_.size());
        for (uint64_t key : keys_) ++begin[(key >> shift & 2047) + 1];
        for (int d = 0; d < 2048; ++d) begin[d + 1] += begin[d];
        for (uint64_t key : keys_) spare_[begin[(key >> shift & 2047)]++] = key;
        keys_.swap(spare_);
    }

    void add(const std::vector<std::u32string>& wanted) {
        std::unordered_map<std::u32string, std::vector<uint32_t>> places;
        size_t longest = 0;
        for (const auto& w : wanted)
            if (w.size() > 1) {
                places[w];
                longest = std::max(longest, w.size());
            }
        if (longest > LENGTH_MASK) throw std::length_error("a piece is too long");
        std::u32string key;
        for (const Found& f : found_) {
            const uint32_t* at = &text_[order_[f.lo]];
            places.erase(key.assign(at, at + f.length));
        }
        for (size_t i = 0; i < text_.size() && !places.empty(); ++i) {
            key.clear();
            for (size_t k = i; k < i + longest && text_[k]; ++k) {
                key += char32_t(text_[k]);
                if (const auto it = places.find(key); it != places.end()) it->second.push_back(uint32_t(i));
            }
        }
        for (const auto& w : wanted) {
            const auto it = places.find(w);
            if (it == places.end() || it->second.empty()) continue;
            found_.push_back({uint32_t(order_.size()), uint32_t(order_.size() + it->second.size()), uint8_t(w.size())});
            order_.insert(order_.end(), it->second.begin(), it->second.end());
            places.erase(it);
        }
    }

    Candidates collect() {
        std::vector<uint64_t>().swap(keys_);
        std::vector<uint64_t>().swap(spare_);
        Candidates c;
        c.place.reserve(found_.size());
        c.count.reserve(found_.size());
        c.length.reserve(found_.size());
        c.at.assign(text_.size(), 0);
        uint64_t total = 0;
        for (const Found& f : found_) {
            for (uint32_t k = f.lo; k < f.hi; ++k) ++c.at[order_[k]];
            total += f.hi - f.lo;
        }
        if (found_.size() >> (32 - LENGTH_BITS)) throw std::length_error("too many candidates");
        c.edges.resize(total);
        std::vector<uint64_t> block(text_.size() / 256 + 2, 0);  // first edge of every 256th position
        uint64_t edge = 0;
        for (size_t i = 0; i < text_.size(); ++i) {
            if (i % 256 == 0) block[i / 256] = edge;
            edge += c.at[i];
        }
        std::vector<uint16_t> cursor(text_.size());
        uint32_t inside = 0;
        for (size_t i = 0; i < text_.size(); ++i) {
            if (i % 256 == 0) inside = 0;
            cursor[i] = uint16_t(inside);
            inside += c.at[i];
        }
        for (const Found& f : found_) {
            const uint32_t piece = uint32_t(c.place.size());
            for (uint32_t k = f.lo; k < f.hi; ++k) {
                const uint32_t p = order_[k];
                c.edges[block[p / 256] + cursor[p]++] = piece << LENGTH_BITS | f.length;
            }
            c.place.push_back(order_[f.lo]);
            c.count.push_back(f.hi - f.lo);
            c.length.push_back(f.length);
        }
        return c;
    }

    const std::vector<uint32_t>& text_;
    const std::vector<uint8_t>& lonely_;
    uint32_t least_;
    int longest_;
    std::vector<uint32_t> order_;
    std::vector<Group> stack_;
    std::vector<Found> found_;
    std::vector<uint64_t> keys_, spare_;
};

}  // namespace nlpzero::vocabulary
