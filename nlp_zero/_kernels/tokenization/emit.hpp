// Tokens as Python objects: references to existing objects where possible.  The GIL is held.
#pragma once
#include <Python.h>

#include <cstdlib>
#include <new>

#include "classes.hpp"

namespace nlpzero::tokenization {

inline bool view_of(PyObject* text, TextView& view) {
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "a text must be str, not %s.", Py_TYPE(text)->tp_name);
        return false;
    }
#if PY_VERSION_HEX < 0x030C0000
    if (PyUnicode_READY(text) < 0) return false;
#endif
    view = {PyUnicode_DATA(text), size_t(PyUnicode_GET_LENGTH(text)), int(PyUnicode_KIND(text))};
    if (view.size < 0xFFFFFF00u) return true;
    PyErr_SetString(PyExc_OverflowError, "a text must be shorter than 2**32 characters; cut it into several.");
    return false;
}

// The text of one call as the model reads it: the buffer of the str, or its UTF-8 if symbols are bytes.
class Source {
 public:
    TextView view;
    bool utf8() const { return !utf8_.empty(); }  // whether positions are those of UTF-8

    bool open(const Model& model, PyObject* text) {
        if (model.rules.bytes && PyBytes_Check(text)) {
            view = {PyBytes_AS_STRING(text), size_t(PyBytes_GET_SIZE(text)), 1};
            return true;
        }
        if (PyBytes_Check(text)) {
            PyErr_SetString(PyExc_TypeError,
                            "a text must be str, not bytes: only vocabularies with unit='byte' take bytes.");
            return false;
        }
        if (!view_of(text, view)) return false;
        if (!model.rules.bytes || PyUnicode_IS_ASCII(text)) return true;
        utf8_.resize(view.size * 4);
        char* out = &utf8_[0];
        with_chars(view, [&](auto chars) {
            for (size_t i = 0; i < view.size; ++i) out += encode_utf8(chars[i], out);
            return 0;
        });
        view = {utf8_.data(), size_t(out - utf8_.data()), 1};
        return true;
    }

 private:
    std::string utf8_;
};

class Objects {  // the Python objects of a tokenizer, cached on first use
 public:
    // numbers: the id that users see, by our own (0: unknown, i + 1: word i, then the kinds if there are ids for them)
    Objects(PyObject* words, std::vector<int32_t> numbers)
        : words_(words), words_at_(reinterpret_cast<uintptr_t>(reinterpret_cast<PyTupleObject*>(words)->ob_item)), words_count_(uint32_t(PyTuple_GET_SIZE(words))),
          numbers_(std::move(numbers)), ints_(numbers_.size()),
          chars_(static_cast<PyObject**>(std::calloc(KEPT_CHARS, sizeof(PyObject*))), &std::free) {
        if (!chars_) throw std::bad_alloc();
        Py_INCREF(words_);
        for (size_t i = 0; i < numbers_.size(); ++i) same_ = same_ && numbers_[i] == int32_t(i);
    }
    ~Objects() {
        for (PyObject* number : ints_) Py_XDECREF(number);
        for (size_t c = 0; c < KEPT_CHARS; ++c) Py_XDECREF(chars_.get()[c]);
        Py_DECREF(words_);
    }
    Objects(const Objects&) = delete;
    Objects& operator=(const Objects&) = delete;

    PyObject* number(int32_t id) {
        PyObject*& slot = ints_[size_t(id)];
        if (!slot) slot = PyLong_FromLong(numbers_[size_t(id)]);
        Py_XINCREF(slot);
        return slot;
    }
    void renumber(int32_t* ids, size_t count) const {
        if (same_) return;
        for (size_t k = 0; k < count; ++k) ids[k] = numbers_[size_t(ids[k])];
    }
    PyObject* piece(PyObject* text, const TextView& view, const Token& token, uint32_t start) {
        return with_chars(view, [&](auto chars) { return piece(text, chars, token.id, start, token.end); });
    }
    // Most tokens are words or single characters.  A branch between the two would often be mispredicted: the place of the
    // object is computed.
    template <class Char>
    PyObject* piece(PyObject* text, const Char* chars, int32_t id, uint32_t start, uint32_t end) {
        const uint32_t c = chars[start], word = uint32_t(id) - 1;
        const uintptr_t outside = opaque(uintptr_t(0) - uintptr_t(word >= words_count_));
        const uintptr_t in_words = words_at_ + word * sizeof(PyObject*);
        const uintptr_t in_chars = reinterpret_cast<uintptr_t>(chars_.get() + uint16_t(c));
        PyObject* const found = *reinterpret_cast<PyObject* const*>(in_words ^ ((in_words ^ in_chars) & outside));
        if (!found || (outside & uintptr_t((end - start != 1) | (c >> 16 != 0)))) return other_piece(text, c, start, end);
        Py_INCREF(found);
        return found;
    }
    PyObject* item(int what, PyObject* text, const TextView& view, const Token& token, uint32_t start) {
        if (what == 0) return piece(text, view, token, start);
        if (what == 1) return number(token.id);
        return Py_BuildValue("(nn)", Py_ssize_t(start), Py_ssize_t(token.end));
    }
    // A token that is a part of a character ends where it begins; its span is that of the character.
    static Token widen(const Token& token, uint32_t start) {
        return {token.id, token.end > start ? token.end : start + 1};
    }

 private:
    static constexpr size_t KEPT_CHARS = 1 << 16;  // of the basic plane; others are rare
    PyObject* words_;
    uintptr_t words_at_;
    uint32_t words_count_;
    std::vector<int32_t> numbers_;
    bool same_ = true;  // as our own
    std::vector<PyObject*> ints_;
    std::unique_ptr<PyObject*, decltype(&std::free)> chars_;  // most of these pages are never touched

    // Text that is not a word: c is its first character.
    PyObject* other_piece(PyObject* text, uint32_t c, uint32_t start, uint32_t end) {
        if (end - start != 1) return PyUnicode_Substring(text, start, end);
        if (c >> 16) return PyUnicode_FromOrdinal(int(c));
        PyObject*& slot = chars_.get()[c];
        if (!slot) slot = PyUnicode_FromOrdinal(int(c));
        Py_XINCREF(slot);
        return slot;
    }
};

template <class Item>
class Buffer {  // the tokens of one text; on the stack if they are few
 public:
    void add(Item item) {
        if (size_ == room_) grow();
        data_[size_++] = item;
    }
    size_t size() const { return size_; }
    const Item* data() const { return data_; }
    void clear() { size_ = 0; }

 private:
    static constexpr size_t INLINE = 1024;
    Item inline_[INLINE];
    Item* data_ = inline_;
    size_t size_ = 0, room_ = INLINE;
    std::unique_ptr<Item[]> heap_;
    void grow() {
        std::unique_ptr<Item[]> wider(new Item[room_ * 4]);
        std::copy(data_, data_ + size_, wider.get());
        heap_.swap(wider);
        data_ = heap_.get();
        room_ *= 4;
    }
};
using TokenBuffer = Buffer<Token>;

class ItemBuffer {  // strings or ids, which it owns until they are in a list
 public:
    ItemBuffer() = default;
    ~ItemBuffer() {
        for (size_t k = 0; k < items_.size(); ++k) Py_XDECREF(items_.data()[k]);
    }
    ItemBuffer(const ItemBuffer&) = delete;
    ItemBuffer& operator=(const ItemBuffer&) = delete;
    bool failed() const { return failed_; }
    void add(PyObject* item) {  // null: an exception is set
        failed_ = !item;
        items_.add(item);
    }
    // Return a new list, or null with an exception set.
    PyObject* to_list() {
        PyObject* const list = failed_ ? nullptr : PyList_New(Py_ssize_t(items_.size()));
        if (!list) return nullptr;
        std::copy_n(items_.data(), items_.size(), reinterpret_cast<PyListObject*>(list)->ob_item);
        items_.clear();
        return list;
    }

 private:
    Buffer<PyObject*> items_;
    bool failed_ = false;
};

// `what` is 0 for strings, 1 for ids, 2 for spans.  Returns a new list, or null with an exception set.
template <int what>
PyObject* make_list(Objects& objects, PyObject* text, const TextView& view, const Token* tokens, size_t count) {
    PyObject* list = PyList_New(Py_ssize_t(count));
    if (!list) return nullptr;
    uint32_t start = 0;
    for (size_t k = 0; k < count; ++k) {
        const Token token = what == 2 ? Objects::widen(tokens[k], start) : tokens[k];
        PyObject* item = objects.item(what, text, view, token, start);
        if (!item) { Py_DECREF(list); return nullptr; }
        PyList_SET_ITEM(list, Py_ssize_t(k), item);
        start = tokens[k].end;
    }
    return list;
}

// The same from flat arrays, as strings.
inline PyObject* make_list(Objects& objects, PyObject* text, const TextView& view, const int32_t* ids,
                           const uint32_t* ends, size_t count) {
    PyObject* list = PyList_New(Py_ssize_t(count));
    with_chars(view, [&](auto chars) {
        uint32_t start = 0;
        for (size_t k = 0; list && k < count; start = ends[k++]) {
            PyObject* const item = objects.piece(text, chars, ids[k], start, ends[k]);
            if (!item) Py_CLEAR(list);
            else PyList_SET_ITEM(list, Py_ssize_t(k), item);
        }
        return 0;
    });
    return list;
}

// Spans, in characters, of tokens that end at any byte of UTF-8: all characters of which a token has a byte.
inline PyObject* character_spans(const TextView& utf8, const Token* tokens, size_t count) {
    const auto* bytes = static_cast<const uint8_t*>(utf8.data);
    auto inside = [&](size_t at) { return at < utf8.size && (bytes[at] & 0xC0) == 0x80; };  // within a character
    PyObject* list = PyList_New(Py_ssize_t(count));
    Py_ssize_t begun = 0, first = 0;  // characters that begin before `at`
    for (size_t k = 0, at = 0; list && k < count; ++k) {
        first = begun - (inside(at) ? 1 : 0);
        for (; at < tokens[k].end; ++at) begun += inside(at) ? 0 : 1;
        PyObject* pair = Py_BuildValue("(nn)", first, begun);
        if (!pair) Py_CLEAR(list);
        else PyList_SET_ITEM(list, Py_ssize_t(k), pair);
    }
    return list;
}

// `what` as in `make_list`; 3 is a tuple of the lists of ids, strings and spans.
inline PyObject* list_as(int what, Objects& objects, PyObject* text, const Source& source, const TokenBuffer& tokens) {
    if (what == 3) {
        return Py_BuildValue("(NNN)", list_as(1, objects, text, source, tokens),
                             list_as(0, objects, text, source, tokens), list_as(2, objects, text, source, tokens));
    }
    if (what == 0) return make_list<0>(objects, text, source.view, tokens.data(), tokens.size());
    if (what == 1) return make_list<1>(objects, text, source.view, tokens.data(), tokens.size());
    if (source.utf8()) return character_spans(source.view, tokens.data(), tokens.size());
    return make_list<2>(objects, text, source.view, tokens.data(), tokens.size());
}

// The tokens of cut(chars, size, sink).
template <class Cut>
PyObject* collect(const Model& model, Objects& objects, PyObject* text, int what, Cut cut) {
    Source source;
    if (!source.open(model, text)) return nullptr;
    if (what == 0 || what == 1) {  // without an array of tokens in between
        ItemBuffer items;
        with_chars(source.view, [&](auto chars) {
            auto run = [&](auto sink) { cut(chars, source.view.size, sink); };
            auto add_piece = [&](int32_t id, uint32_t start, uint32_t end) {
                if (!items.failed()) items.add(objects.piece(text, chars, id, start, end));
            };
            auto add_number = [&](int32_t id, uint32_t, uint32_t) {
                if (!items.failed()) items.add(objects.number(id));
            };
            if (what == 0) emit_tokens(model, chars, run, add_piece);
            else emit_tokens(model, chars, run, add_number);
            return 0;
        });
        return items.to_list();
    }
    TokenBuffer tokens;
    with_chars(source.view, [&](auto chars) {
        emit_tokens(model, chars, [&](auto sink) { cut(chars, source.view.size, sink); },
                    [&](int32_t id, uint32_t, uint32_t end) { tokens.add({id, end}); });
        return 0;
    });
    return list_as(what, objects, text, source, tokens);
}

template <int what>
PyObject* tokenize(const Model& model, Objects& objects, PyObject* text) {
    return collect(model, objects, text, what, [&](auto chars, size_t size, auto sink) { cut_best(model, chars, size, sink); });
}

}  // namespace nlpzero::tokenization
