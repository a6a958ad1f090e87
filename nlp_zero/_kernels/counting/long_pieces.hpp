// Counts of pieces of any length, by their symbols.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../common/portable.hpp"
#include "sorted_texts.hpp"

namespace nlpzero::counting {

// A hash table whose pieces lie one after the other in one array: a string for each would take twice the time and three
// times the memory.
class LongPieces {
public:
    // Add a piece once; `flush` must follow before the memory of the piece is used for something else.  Many are added
    // together, so that cache misses overlap.
    void postpone(const uint32_t* piece, size_t size) {
        if (slots_.empty()) grow();
        const Waiting waiting = {piece, size, hash_of(piece, size)};
        prefetch(&slots_[waiting.hash & (slots_.size() - 1)]);
        waiting_[waiters_++] = waiting;
        if (waiters_ == WAIT) flush();
    }
    void flush() {
        for (size_t j = 0; j < waiters_; ++j)
            if (const uint32_t known = slots_[waiting_[j].hash & (slots_.size() - 1)].piece) prefetch(&pieces_[known - 1]);
        for (size_t j = 0; j < waiters_; ++j)
            if (const uint32_t known = slots_[waiting_[j].hash & (slots_.size() - 1)].piece) prefetch(begin_of(pieces_[known - 1]));
        for (size_t j = 0; j < waiters_; ++j) add(waiting_[j].piece, waiting_[j].size, 1);
        waiters_ = 0;
    }
    void add(const uint32_t* piece, size_t size, uint64_t times) {
        if (2 * pieces_.size() >= slots_.size()) grow();
        const uint32_t hash = hash_of(piece, size);
        size_t at = hash & (slots_.size() - 1);
        for (; slots_[at].piece; at = (at + 1) & (slots_.size() - 1)) {
            Piece& known = pieces_[slots_[at].piece - 1];
            if (slots_[at].hash != hash || known.size != size || !equal_symbols(piece, begin_of(known), size)) continue;
            known.times += times;
            return;
        }
        if (pieces_.size() >= MOST || size > MOST) throw std::length_error("more than 2^32 different pieces");
        pieces_.emplace_back(symbols_.size(), times, uint32_t(size));
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
        std::vector<Keyed> kept;
        size_t total = 0;
        for (size_t k = 0; k < pieces_.size(); ++k) {
            if (pieces_[k].times < min_count) continue;
            kept.push_back({0, uint32_t(k)});
            total += pieces_[k].size + 1;
        }
        sort_texts(kept, [this](uint32_t k) { return std::make_pair(begin_of(pieces_[k]), size_t(pieces_[k].size)); });
        symbols.reserve(total);
        lengths.reserve(kept.size());
        counts.reserve(kept.size());
        for (const Keyed& entry : kept) {
            const Piece& piece = pieces_[entry.word];
            symbols.insert(symbols.end(), begin_of(piece), begin_of(piece) + piece.size);
            symbols.push_back(0);
            lengths.push_back(piece.size);
            counts.push_back(piece.times);
        }
    }

private:
    static constexpr size_t MOST = 0xFFFFFFFE;
    struct Piece {
        size_t begin;
        uint64_t times;
        uint32_t size;
        Piece(size_t begin, uint64_t times, uint32_t size) : begin(begin), times(times), size(size) {}
    };
    struct Slot { uint32_t hash, piece; };  // piece: its place in pieces_, from 1; 0 is a free slot
    struct Waiting { const uint32_t* piece; size_t size; uint32_t hash; };
    static constexpr size_t WAIT = 32;
    std::array<Waiting, WAIT> waiting_;
    size_t waiters_ = 0;
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
