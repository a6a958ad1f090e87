// Tokens as Python objects: references to objects that exist already, wherever one does.  The GIL is held.
#pragma once
#include <Python.h>

#include "tokenize_viterbi.hpp"

namespace nlpzero {

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

class Objects {  // owned by a tokenizer; caches fill up as they are used
 public:
    explicit Objects(PyObject* words) : words_(words), ints_(size_t(PyTuple_GET_SIZE(words)) + 1) { Py_INCREF(words_); }
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
        if (!slot) slot = PyLong_FromLong(id);
        Py_XINCREF(slot);
        return slot;
    }
    PyObject* piece(PyObject* text, const TextView& view, const Token& token, uint32_t start) {
        if (token.id) {
            PyObject* word = PyTuple_GET_ITEM(words_, token.id - 1);
            Py_INCREF(word);
            return word;
        }
        if (token.end - start != 1) return PyUnicode_Substring(text, start, token.end);
        const Py_UCS4 c = PyUnicode_READ(view.kind, view.data, start);
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

 private:
    PyObject* words_;
    std::vector<PyObject*> ints_;
    PyObject** pages_[CODE_POINTS >> 8] = {};
};

class TokenBuffer {  // tokens of one text: on the stack while they are few
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

// what: 0 strings, 1 ids, 2 spans.  Returns a new list, or null with an exception set.
template <int what>
PyObject* make_list(Objects& objects, PyObject* text, const TextView& view, const Token* tokens, size_t count) {
    PyObject* list = PyList_New(Py_ssize_t(count));
    if (!list) return nullptr;
    uint32_t start = 0;
    for (size_t k = 0; k < count; ++k) {
        PyObject* item = objects.item(what, text, view, tokens[k], start);
        if (!item) { Py_DECREF(list); return nullptr; }
        PyList_SET_ITEM(list, Py_ssize_t(k), item);
        start = tokens[k].end;
    }
    return list;
}

// The same from flat arrays, as strings.
inline PyObject* make_list(Objects& objects, PyObject* text, const TextView& view, const int32_t* ids, const uint32_t* ends, size_t count) {
    std::vector<Token> tokens(count);
    for (size_t k = 0; k < count; ++k) tokens[k] = {ids[k], ends[k]};
    return make_list<0>(objects, text, view, tokens.data(), count);
}

template <int what>
PyObject* tokenize(const Model& model, Objects& objects, PyObject* text) {
    TextView view;
    if (!view_of(text, view)) return nullptr;
    TokenBuffer tokens;
    with_chars(view, [&](auto chars) {
        cut(model, chars, view.size, [&](int32_t id, uint32_t, uint32_t end) { tokens.add(id, end); });
        return 0;
    });
    return make_list<what>(objects, text, view, tokens.data(), tokens.size());
}

}  // namespace nlpzero
