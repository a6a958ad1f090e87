// Lines of text -> lines of tokens in UTF-8, without Python objects: the characters of the text are copied to the
// output, with separators between tokens.  The GIL is not needed.
#pragma once
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "objects.hpp"

namespace nlpzero::tokenization {

class ByteBuffer {  // growing, without initialization
 public:
    ByteBuffer() = default;
    ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
    ByteBuffer(const ByteBuffer&) = delete;
    ByteBuffer& operator=(const ByteBuffer&) = delete;
    ~ByteBuffer() { std::free(data_); }

    const char* data() const { return data_; }
    size_t size() const { return size_; }
    void resize(size_t size) { size_ = size; }  // to at most what was reserved
    // Return where the next bytes go, of which at most `more` are written.
    char* reserve(size_t more) {
        if (room_ - size_ < more) grow(more);
        return data_ + size_;
    }
    void close(const char* end) { size_ = size_t(end - data_); }

 private:
    char* data_ = nullptr;
    size_t size_ = 0, room_ = 0;
    void swap(ByteBuffer& other) {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
    }
    void grow(size_t more) {
        const size_t room = room_ + room_ / 2 + more + 4096;
        void* wider = std::realloc(data_, room);
        if (!wider) throw std::bad_alloc();
        data_ = static_cast<char*>(wider);
        room_ = room;
    }
};

// How tokens are written.  Vocabularies with byte fallback have names: the bytes that are written for each word, because
// a part of a character is not text; all other tokens are parts of the text.
struct LineFormat {
    std::string separator, pool;
    std::vector<size_t> ends{0};  // of names in `pool`; word i of the lexicon is i + 1
    bool named() const { return ends.size() > 1; }
    void add_name(const char* name, size_t size) {
        pool.append(name, size);
        ends.push_back(pool.size());
    }
};

// Append the lines of a text to `views`: without line ends, and without an empty line behind the last line end.
inline void split_lines(const TextView& text, std::vector<TextView>& views) {
    with_chars(text, [&](auto chars) {
        constexpr size_t STEP = 16;
        size_t begin = 0;
        auto add = [&](size_t end) {
            views.push_back({chars + begin, end - begin - (end > begin && chars[end - 1] == '\r'), text.kind});
            begin = end + 1;
        };
        size_t at = 0;
        for (; at + STEP <= text.size; at += STEP) {
            bool found = false;
            for (size_t k = 0; k < STEP; ++k) found |= chars[at + k] == '\n';
            if (found) for (size_t k = 0; k < STEP; ++k) if (chars[at + k] == '\n') add(at + k);
        }
        for (; at < text.size; ++at) if (chars[at] == '\n') add(at);
        if (begin < text.size) add(text.size);
        return 0;
    });
}

// Decodes lines of UTF-8, into memory that is used again.
class LineDecoder {
 public:
    // Decode [p, end) as characters of 2 bytes or, if that is not enough, of 4; false if it is not valid UTF-8.
    bool decode(const uint8_t* p, const uint8_t* end, TextView& view) {
        return decode_as(narrow_, p, end, view) || decode_as(wide_, p, end, view);
    }

 private:
    std::vector<uint16_t> narrow_;
    std::vector<uint32_t> wide_;

    template <class Char>
    static bool decode_as(std::vector<Char>& chars, const uint8_t* p, const uint8_t* end, TextView& view) {
        if (chars.size() < size_t(end - p)) chars.resize(2 * size_t(end - p));
        Char* out = chars.data();
        while (p != end) {
            uint32_t c;
            const int length = decode_utf8(p, end, c);
            if (length == 0 || (sizeof(Char) == 2 && length == 4)) return false;
            *out++ = Char(c);
            p += length;
        }
        view = {chars.data(), size_t(out - chars.data()), int(sizeof(Char))};
        return true;
    }
};

// Write the characters as UTF-8; there is room for four bytes more than they need at most.
template <class Char>
NLP_ZERO_HOT char* write_utf8(const Char* from, const Char* end, char* out) {
    for (; from != end; ++from) out += encode_utf8(uint32_t(*from), out);
    return out;
}

// Append the tokens that run(sink) gives as a line.  Tokens that are line ends (in texts that are not lines) are left out.
template <class Char, class Run>
void write_line(const Model& model, const LineFormat& format, const Char* chars, Run run, ByteBuffer& out) {
    const size_t gap = format.separator.size();
    const char* const separator = format.separator.data();
    const char blank = gap == 1 ? separator[0] : 0;
    const size_t begin = out.size();
    auto is_line_end = [](auto text, size_t size) {
        return (size == 1 && text[0] == '\n') || (size == 2 && text[0] == '\r' && text[1] == '\n');
    };
    auto write_gap = [&](char* at) {
        if (gap == 1) *at++ = blank;
        else std::memcpy(at, separator, gap), at += gap;
        out.close(at);
    };
    if (format.named()) {
        emit_tokens(model, chars, run, [&](int32_t id, uint32_t, uint32_t) {
            const char* name = format.pool.data() + format.ends[size_t(id) - 1];
            const size_t size = format.ends[size_t(id)] - format.ends[size_t(id) - 1];
            if (is_line_end(name, size)) return;
            char* at = out.reserve(size + gap);
            std::memcpy(at, name, size);
            write_gap(at + size);
        });
    } else {
        emit_tokens(model, chars, run, [&](int32_t, uint32_t start, uint32_t end) {
            if (is_line_end(chars + start, end - start)) return;
            write_gap(write_utf8(chars + start, chars + end, out.reserve(size_t(end - start) * 4 + gap)));
        });
    }
    if (out.size() > begin) out.resize(out.size() - gap);  // no separator behind the last token
    char* at = out.reserve(1);
    *at++ = '\n';
    out.close(at);
}

// What is cut: texts or, if `lines` is not null, the lines of UTF-8 that has not been validated.
struct LineInput {
    std::vector<TextView> texts;
    const char* lines = nullptr;
    size_t size = 0;
};

// Write the lines of texts.  cut_text(i, chars, size, write) calls write(run) for each segmentation.  Returns false if the
// input is not valid UTF-8.
template <class Cut>
bool write_texts(const Model& model, const LineFormat& format, const LineInput& input, ByteBuffer& out, Cut cut_text) {
    auto write = [&](size_t i, const TextView& text) {
        with_chars(text, [&](auto chars) {
            cut_text(i, chars, text.size, [&](auto run) { write_line(model, format, chars, run, out); });
            return 0;
        });
    };
    std::string utf8;  // of one text, if symbols are bytes
    for (size_t i = 0; i < input.texts.size(); ++i) {
        TextView text = input.texts[i];
        if (model.rules.bytes) {
            utf8.resize(text.size * 4);
            char* end = &utf8[0];
            with_chars(text, [&](auto chars) { end = write_utf8(chars, chars + text.size, end); return 0; });
            text = {utf8.data(), size_t(end - utf8.data()), 1};
        }
        write(i, text);
    }
    LineDecoder decoder;
    const char *p = input.lines, *const end = p + input.size;
    for (size_t i = 0; p != end; ++i) {
        const char* const feed = static_cast<const char*>(std::memchr(p, '\n', size_t(end - p)));
        const char* stop = feed ? feed : end;
        stop -= stop > p && stop[-1] == '\r';
        TextView text;
        if (!decoder.decode(reinterpret_cast<const uint8_t*>(p), reinterpret_cast<const uint8_t*>(stop), text)) return false;
        if (model.rules.bytes) text = {p, size_t(stop - p), 1};
        write(i, text);
        p = feed ? feed + 1 : end;
    }
    return true;
}

inline bool write_best(const Model& model, const LineFormat& format, const LineInput& input, ByteBuffer& out) {
    return write_texts(model, format, input, out, [&](size_t, auto chars, size_t size, auto write) {
        write([&](auto sink) { cut_best(model, chars, size, sink); });
    });
}

inline bool write_sampled(const Model& model, const WeightTable& table, uint64_t seed, uint64_t start, size_t draws,
                          const LineFormat& format, const LineInput& input, ByteBuffer& out) {
    TextChain chain;
    return write_texts(model, format, input, out, [&](size_t i, auto chars, size_t size, auto write) {
        sample_rows(model, table, Stream(seed, start + i), draws, chars, size, chain, write);
    });
}

}  // namespace nlpzero::tokenization
