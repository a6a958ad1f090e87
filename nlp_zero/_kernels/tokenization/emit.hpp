// Tokens as Python objects: references to existing objects where possible.  The GIL is held.
#pragma once
#include <Python.h>
#include <string>

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
        : words_(words), numbers_(std::move(numbers)), ints_(numbers_.size()) {
        Py_INCREF(words_);
        for (size_t i = 0; i < numbers_.size(); ++i) same_ = same_ && numbers_[i] == int32_t(i);
    }
    ~Objects() {
        for (PyObject* number : ints_) Py_XDECREF(number);
        for (PyObject** page : pages_) if (page) {
            for (int k = 0; k < 256; ++k) Py_XDECREF(page[k]);
            delete[] page;
        }
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
        if (token.id && token.id <= PyTuple_GET_SIZE(words_)) {
            PyObject* word = PyTuple_GET_ITEM(words_, token.id - 1);
            Py_INCREF(word);
            return word;
        }
        if (token.end - start != 1) return PyUnicode_Substring(text, start, token.end);
        const Py_UCS4 c = PyUnicode_READ(view.kind, view.data, start);
        if (c >> 16) return PyUnicode_FromOrdinal(int(c));  // rare ones are not kept
        PyObject**& page = pages_[c >> 8];
        if (!page) page = new PyObject*[256]();
        PyObject*& slot = page[c & 255];
        if (!slot) slot = PyUnicode_FromOrdinal(int(c));
        Py_XINCREF(slot);
        return slot;
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
    PyObject* words_;
    std::vector<int32_t> numbers_;
    bool same_ = true;  // as our own
    std::vector<PyObject*> ints_;
    PyObject** pages_[256] = {};  // characters of the basic plane
};

class TokenBuffer {  // the tokens of one text; on the stack if they are few
 public:
    void add(int32_t id, uint32_t end) {
        if (size_ == room_) grow();
        data_[size_++] = {id, end};
    }
    size_t size() const { return size_; }
    const Token* data() const { return data_; }
    void clear() { size_ = 0; }

 private:
    static constexpr size_t INLINE = 1024;
    Token inline_[INLINE];
    Token* data_ = inline_;
    size_t size_ = 0, room_ = INLINE;
    std::unique_ptr<Token[]> heap_;
    void grow() {
        std::unique_ptr<Token[]> wider(new Token[room_ * 4]);
        std::copy(data_, data_ + size_, wider.get());
        heap_.swap(wider);
        data_ = heap_.get();
        room_ *= 4;
    }
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
    std::vector<Token> tokens(count);
    for (size_t k = 0; k < count; ++k) tokens[k] = {ids[k], ends[k]};
    return make_list<0>(objects, text, view, tokens.data(), count);
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

template <int what>
PyObject* tokenize(const Model& model, Objects& objects, PyObject* text) {
    Source source;
    if (!source.open(model, text)) return nullptr;
    TokenBuffer tokens;
    with_chars(source.view, [&](auto chars) {
        emit_tokens(model, chars, [&](auto sink) { cut_best(model, chars, source.view.size, sink); },
                    [&](int32_t id, uint32_t, uint32_t end) { tokens.add(id, end); });
        return 0;
    });
    return list_as(what, objects, text, source, tokens);
}

}  // namespace nlpzero::tokenization
