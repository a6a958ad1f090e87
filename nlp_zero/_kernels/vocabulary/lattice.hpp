// The lattice of each line over the pieces of a vocabulary, and its best path.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../common/elementary.hpp"
#include "../common/portable.hpp"
#include "candidates.hpp"
#include "text.hpp"

namespace nlpzero::vocabulary {

constexpr double FAR = 1e9;
constexpr uint32_t NONE = 0xFFFFFFFF;
constexpr int PARTS = 4;

// Cost of a token: `token` + `bit` * -log2 p.  Fewest tokens, then the most probable: {1, 1e-5}; fewest bits: {0, 1}.
struct Cost { double token, bit; };

// Ids of pieces: candidates from 0, then symbols (symbol 0 is unused), then beginnings of characters (their first
// bytes). A symbol without a piece is spelled in bytes, its beginning as one token if there is a piece for it; a symbol
// below 128 is its own byte.  Without `fallback` there are no bytes, and a missing symbol costs as much as three
// tokens.
//
// The lines are in parts, on which threads can work at the same time.  What a pass over a part changes is in a `Scratch`
// of its own, so the result does not depend on the number of threads.
class VocabularyLattice {
public:
    VocabularyLattice(const VocabularyText& source, Candidates&& candidates, bool bytes, bool fallback)
        : source_(source), text_(source.text), c_(std::move(candidates)), bytes_(bytes), fallback_(fallback),
          first_symbol_(uint32_t(c_.size())), first_prefix_(first_symbol_ + uint32_t(source.code.size())),
          slot_(c_.size(), NONE), active_at_(source.text.size(), 0), symbol_count_(source.code.size(), 0) {
        for (uint32_t s : text_) ++symbol_count_[s];
        make_lines();
        make_prefixes();
        part_lines_.resize(PARTS);
        active_.resize(PARTS);
        for (uint32_t k = 0; k < lines_.size(); ++k) part_lines_[k % PARTS].push_back(k);
        present.assign(ids(), 0);
        uses.assign(ids(), 0);
    }

    std::vector<uint8_t> present;
    std::vector<uint32_t> uses;  // of each piece on the best paths of the last pass, or an estimate
    uint32_t byte_uses[256] = {};
    uint64_t tokens = 0;         // of the last pass
    double total_cost = 0;
    Cost price{1, 1e-5};

    uint32_t ids() const { return first_prefix_ + uint32_t(prefix_.size()); }
    uint32_t first_symbol() const { return first_symbol_; }
    uint32_t first_prefix() const { return first_prefix_; }
    bool is_byte(uint32_t symbol) const { return bytes_ || (fallback_ && source_.code[symbol] < 0x80); }

    // Length in symbols; 0 for a beginning.
    int length(uint32_t id) const { return id < first_symbol_ ? c_.length[id] : id < first_prefix_ ? 1 : 0; }

    // How often the string occurs in the text; for a beginning, the number of different symbols that have it.
    uint32_t count(uint32_t id) const {
        if (id < first_symbol_) return c_.count[id];
        return id < first_prefix_ ? symbol_count_[id - first_symbol_] : prefix_[id - first_prefix_].symbols;
    }

    void spell(uint32_t id, std::vector<uint8_t>& out) const {
        out.clear();
        if (id >= first_prefix_) {
            const Prefix& p = prefix_[id - first_prefix_];
            out.assign(p.bytes, p.bytes + p.length);
            return;
        }
        for (int k = 0; k < length(id); ++k) {
            const uint32_t s = id < first_symbol_ ? text_[c_.place[id] + k] : id - first_symbol_;
            char buffer[4] = {char(source_.code[s])};
            const size_t n = bytes_ ? 1 : encode_utf8(source_.code[s], buffer);
            out.insert(out.end(), buffer, buffer + n);
        }
    }

    // Find the ids of strings of symbols; NONE if a string is not a candidate.
    std::vector<uint32_t> locate(const std::vector<std::u32string>& strings) const {
        std::unordered_map<std::u32string, uint32_t> found;
        std::vector<uint8_t> lengths(LENGTH_MASK + 1, 0);
        for (const auto& s : strings) {
            found[s] = s.size() == 1 ? first_symbol_ + uint32_t(s[0]) : NONE;
            if (s.size() <= LENGTH_MASK) lengths[s.size()] = 1;
        }
        std::u32string key;
        for (uint32_t id = 0; id < first_symbol_; ++id) {
            if (!lengths[c_.length[id]]) continue;
            const uint32_t* at = &text_[c_.place[id]];
            if (const auto it = found.find(key.assign(at, at + c_.length[id])); it != found.end()) it->second = id;
        }
        std::vector<uint32_t> ids;
        for (const auto& s : strings) ids.push_back(found[s]);
        return ids;
    }

    // Build the lattice of the present pieces: `begin_activation`, then `activate` for each part.  It stays valid if
    // pieces are removed later.
    void begin_activation() {
        pieces_.clear();
        std::fill(slot_.begin(), slot_.end(), NONE);
        for (uint32_t id = 0; id < first_symbol_; ++id) {
            if (!present[id]) continue;
            slot_[id] = uint32_t(pieces_.size());
            pieces_.push_back(id);
        }
    }

    void activate(int part) {
        std::vector<uint32_t>& active = active_[part];
        std::vector<uint32_t> found;  // the edges of a line; room for all, so that none is a branch
        active.clear();
        for (uint32_t k : part_lines_[part]) {
            Line& line = lines_[k];
            line.active = active.size();
            uint64_t edge = line.edge;
            size_t edges = 0, size = 0;
            for (uint32_t p = line.begin; p < line.end; ++p) edges += c_.at[p];
            if (found.size() < edges + 1) found.resize(edges + 1);
            for (uint32_t p = line.begin; p < line.end; ++p) {
                const size_t before = size;
                for (const uint64_t end = edge + c_.at[p]; edge < end; ++edge) {
                    const uint32_t s = slot_[c_.edges[edge] >> LENGTH_BITS];
                    found[size] = s << LENGTH_BITS | (c_.edges[edge] & LENGTH_MASK);
                    size += s != NONE;
                }
                active_at_[p] = uint8_t(size - before);
            }
            active.insert(active.end(), found.begin(), found.begin() + ptrdiff_t(size));
        }
    }

protected:
    // `edge`, `active`: the first edge of the line in `c_.edges` and in `active_` of its part.
    struct Line { uint32_t begin, end; uint64_t edge, active; };
    struct Prefix { uint8_t bytes[3]; uint8_t length; uint32_t symbols; };
    // `piece`: a slot, or the number of slots plus a symbol.
    struct Step { uint32_t begin, end, piece; double other; };

    // What a pass over a part writes.
    struct Scratch {
        std::vector<double> f, b;
        std::vector<uint32_t> step, uses;
        std::vector<Step> path;
        uint64_t tokens = 0;
        double cost = 0;
    };

    void prepare(Scratch& w) const {
        w.f.resize(longest_ + LENGTH_MASK + 1);
        w.b.resize(longest_ + LENGTH_MASK + 1);
        w.step.resize(longest_ + 1);
        w.uses.assign(pieces_.size() + source_.code.size(), 0);
    }

    uint32_t id_of(uint32_t piece) const {
        return piece < pieces_.size() ? pieces_[piece] : first_symbol_ + piece - uint32_t(pieces_.size());
    }

    // Add what the pass over a part has counted.
    void add_part(const Scratch& w) {
        for (uint32_t piece = 0; piece < w.uses.size(); ++piece) uses[id_of(piece)] += w.uses[piece];
        tokens += w.tokens;
        total_cost += w.cost;
    }

    double cost_of(double n) const { return price.token + price.bit * (bits_total_ - nlpzero::log2(n + 0.5)); }

    // Compute costs from the uses of the last pass, and reset the uses.
    void begin_pass() {
        double total = 1;
        for (uint32_t id = 0; id < ids(); ++id)
            if (present[id]) total += double(uses[id]) + 0.5;
        uint64_t bytes = 1;
        for (uint32_t n : byte_uses) bytes += n;
        bits_total_ = nlpzero::log2(total + double(bytes));
        cost_.resize(pieces_.size());
        for (size_t s = 0; s < pieces_.size(); ++s) cost_[s] = present[pieces_[s]] ? cost_of(uses[pieces_[s]]) : FAR;
        const uint32_t symbols = uint32_t(source_.code.size());
        single_.assign(symbols, FAR);
        spelled_.assign(symbols, FAR);
        for (uint32_t s = 1; s < symbols; ++s) {
            const uint32_t id = first_symbol_ + s, prefix = prefix_of(s);
            const double rest = byte_length(s) - (prefix == NONE ? 0 : prefix_[prefix].length);
            if (!is_byte(s)) {
                const double beginning = prefix == NONE ? 0 : cost_of(uses[first_prefix_ + prefix]);
                spelled_[s] = rest * cost_of(double(bytes) / 256) + beginning;
            }
            single_[s] = present[id] || is_byte(s) ? cost_of(uses[id]) : spelled_[s];
        }
        std::fill(uses.begin(), uses.end(), 0);
        std::fill(byte_uses, byte_uses + 256, 0);
        tokens = 0;
        total_cost = 0;
    }

    uint32_t byte_length(uint32_t s) const {
        const uint32_t c = source_.code[s];
        return bytes_ ? 1 : !fallback_ ? 3 : c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }

    // The longest beginning of symbol `s` that is a piece.
    uint32_t prefix_of(uint32_t s) const {
        for (int k = 2; k-- > 0;) {
            const uint32_t p = prefixes_[k][s];
            if (p != NONE && present[first_prefix_ + p]) return p;
        }
        return NONE;
    }

    // f[i]: cost of the best path from the begin of the line to i; b[i]: from i to its end; step[i]: the first edge of
    // the latter (NONE: a single symbol).  Ties: the single symbol, else the last edge in the lattice.
    void solve(const Line& line, const uint32_t* edge, Scratch& w) const {
        const uint32_t n = line.end - line.begin;
        double *f = w.f.data(), *b = w.b.data();
        std::fill(f, f + n + LENGTH_MASK + 1, FAR);
        f[0] = 0;
        for (uint32_t i = 0; i < n; ++i) {
            const double here = f[i];
            f[i + 1] = std::min(f[i + 1], here + single_[text_[line.begin + i]]);
            for (const uint32_t* end = edge + active_at_[line.begin + i]; edge < end; ++edge) {
                double& there = f[i + (*edge & LENGTH_MASK)];
                there = std::min(there, here + cost_[*edge >> LENGTH_BITS]);
            }
        }
        b[n] = 0;
        for (uint32_t i = n; i-- > 0;) {
            double best = single_[text_[line.begin + i]] + b[i + 1];
            uint32_t step = NONE;
            for (const uint32_t* begin = edge - active_at_[line.begin + i]; edge > begin;) {
                --edge;
                const double v = cost_[*edge >> LENGTH_BITS] + b[i + (*edge & LENGTH_MASK)];
                if (v < best) {
                    best = v;
                    step = *edge;
                }
            }
            b[i] = best;
            w.step[i] = step;
        }
        walk(line, w);
    }

    void walk(const Line& line, Scratch& w) const {
        w.path.clear();
        for (uint32_t i = 0; i < line.end - line.begin;) {
            const uint32_t step = w.step[i];
            const uint32_t end = step == NONE ? i + 1 : i + (step & LENGTH_MASK);
            const uint32_t piece =
                step == NONE ? uint32_t(pieces_.size()) + text_[line.begin + i] : step >> LENGTH_BITS;
            ++w.uses[piece];
            w.path.push_back({i, end, piece, FAR});
            i = end;
        }
        w.tokens += w.path.size();
        w.cost += w.b[0];
    }

    // Add the uses of symbols that are spelled in bytes to those bytes.
    void end_pass() {
        for (uint32_t s = 1; s < source_.code.size(); ++s) {
            const uint32_t id = first_symbol_ + s, n = uses[id];
            if (present[id] || is_byte(s) || !n) continue;
            uint32_t from = 0;
            if (const uint32_t p = prefix_of(s); p != NONE) {
                uses[first_prefix_ + p] += n;
                from = prefix_[p].length;
            }
            tokens += uint64_t(n) * (byte_length(s) - from + (from ? 1 : 0) - 1);
            if (!fallback_) continue;
            char buffer[4];
            const size_t length = encode_utf8(source_.code[s], buffer);
            for (size_t k = from; k < length; ++k) byte_uses[uint8_t(buffer[k])] += n;
        }
    }

    void make_lines() {
        uint64_t edge = 0;
        for (uint32_t i = 1; i < text_.size();) {
            uint32_t end = i;
            const uint64_t first = edge;
            while (text_[end]) edge += c_.at[end++];
            lines_.push_back({i, end, first, 0});
            longest_ = std::max(longest_, end - i);
            i = end + 1;
        }
    }

    void make_prefixes() {
        const size_t symbols = source_.code.size();
        for (auto& of : prefixes_) of.assign(symbols, NONE);
        if (bytes_ || !fallback_) return;
        std::vector<std::pair<uint32_t, uint32_t>> keys;  // length and bytes; symbol
        for (uint32_t s = 1; s < symbols; ++s) {
            char b[4];
            const size_t n = encode_utf8(source_.code[s], b);
            for (size_t k = 2; k < n; ++k)
                keys.push_back(
                    {uint32_t(k) << 24 | uint8_t(b[0]) << 16 | uint8_t(b[1]) << 8 | (k > 2 ? uint8_t(b[2]) : 0), s});
        }
        std::sort(keys.begin(), keys.end());
        for (size_t i = 0; i < keys.size(); ++i) {
            const uint32_t key = keys[i].first;
            if (!i || key != keys[i - 1].first)
                prefix_.push_back({{uint8_t(key >> 16), uint8_t(key >> 8), uint8_t(key)}, uint8_t(key >> 24), 0});
            ++prefix_.back().symbols;
            prefixes_[(key >> 24) - 2][keys[i].second] = uint32_t(prefix_.size() - 1);
        }
    }

    const VocabularyText& source_;
    const std::vector<uint32_t>& text_;
    Candidates c_;
    bool bytes_, fallback_;
    uint32_t first_symbol_, first_prefix_;
    std::vector<Line> lines_;
    uint32_t longest_ = 0;
    std::vector<std::vector<uint32_t>> part_lines_;  // the lines of each part
    std::vector<uint32_t> slot_, pieces_;            // slot of each candidate; candidate of each slot
    std::vector<std::vector<uint32_t>> active_;      // the edges of each part, with slots in place of candidates
    std::vector<uint8_t> active_at_;
    std::vector<uint32_t> symbol_count_;
    std::vector<Prefix> prefix_;
    std::vector<uint32_t> prefixes_[2];  // of each symbol: its beginnings of two and of three bytes
    std::vector<double> cost_, single_, spelled_;
    double bits_total_ = 0;
};

}  // namespace nlpzero::vocabulary
