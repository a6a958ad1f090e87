// Counts of pieces of any length, by their symbols.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace nlpzero::counting {

// A hash table whose pieces lie one after the other in one array: a string for each would take twice the time and three
// times the memory.
class LongPieces {
public:
    void add(const uint32_t* piece, size_t size, uint64_t times) {
        if (2 * pieces_.size() >= slots_.size()) grow();
        const uint32_t hash = hash_of(piece, size);
        size_t at = hash & (slots_.size() - 1);
        for (; slots_[at].piece; at = (at + 1) & (slots_.size() - 1)) {
            Piece& known = pieces_[slots_[at].piece - 1];
            if (slots_[at].hash != hash || known.size != size || !std::equal(piece, piece + size, begin_of(known))) continue;
            known.times += times;
            return;
        }
        if (pieces_.size() >= MOST || size > MOST) throw std::length_error("more than 2^32 different pieces");
        pieces_.push_back({symbols_.size(), times, uint32_t(size)});
        symbols_.insert(symbols_.end(), piece, piece + size);
        slots_[at] = {hash, uint32_t(pieces_.size())};
    }
    // Add the pieces of another table, which is empty afterwards.
    void take(LongPieces& other) {
        if (pieces_.empty()) std::swap(*this, other);
        for (const Piece& piece : other.pieces_) add(other.begin_of(piece), piece.size, piece.times);
        other = LongPieces();
    }

    // List the pieces that occur at least min_count times, in the order of their symbols: their symbols, each closed
    // by a 0, lengths and counts.
    void list(uint64_t min_count, std::vector<uint32_t>& symbols, std::vector<uint32_t>& lengths,
              std::vector<uint64_t>& counts) const {
        struct Entry { uint64_t head; const Piece* piece; };  // head: the first two symbols, which usually decide
        std::vector<Entry> kept;
        size_t total = 0;
        for (const Piece& piece : pieces_) {
            if (piece.times < min_count) continue;
            const uint32_t* const first = begin_of(piece);
            kept.push_back({uint64_t(first[0]) << 32 | (piece.size > 1 ? first[1] : 0), &piece});
            total += piece.size + 1;
        }
        std::sort(kept.begin(), kept.end(), [this](const Entry& a, const Entry& b) {
            if (a.head != b.head) return a.head < b.head;
            const uint32_t *const x = begin_of(*a.piece), *const y = begin_of(*b.piece);
            return std::lexicographical_compare(x, x + a.piece->size, y, y + b.piece->size);
        });
        symbols.reserve(total);
        lengths.reserve(kept.size());
        counts.reserve(kept.size());
        for (const Entry& entry : kept) {
            const uint32_t* const first = begin_of(*entry.piece);
            symbols.insert(symbols.end(), first, first + entry.piece->size);
            symbols.push_back(0);
            lengths.push_back(entry.piece->size);
            counts.push_back(entry.piece->times);
        }
    }

private:
    static constexpr size_t MOST = 0xFFFFFFFE;
    struct Piece { size_t begin; uint64_t times; uint32_t size; };
    struct Slot { uint32_t hash, piece; };  // piece: its place in pieces_, from 1; 0 is a free slot
    std::vector<uint32_t> symbols_;
    std::vector<Piece> pieces_;
    std::vector<Slot> slots_;

    const uint32_t* begin_of(const Piece& piece) const { return symbols_.data() + piece.begin; }
    static uint32_t hash_of(const uint32_t* piece, size_t size) {
        uint64_t hash = size;
        for (size_t k = 0; k < size; ++k) {
            hash = (hash ^ piece[k]) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 32;
        }
        return uint32_t(hash);
    }
    void grow() {
        std::vector<Slot> larger(std::max<size_t>(2 * slots_.size(), 1024));
        for (const Slot& slot : slots_) {
            size_t at = slot.hash & (larger.size() - 1);
            while (slot.piece && larger[at].piece) at = (at + 1) & (larger.size() - 1);
            if (slot.piece) larger[at] = slot;
        }
        slots_.swap(larger);
    }
};

}  // namespace nlpzero::counting
