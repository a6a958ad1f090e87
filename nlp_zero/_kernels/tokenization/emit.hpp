// Tokens as Python objects: references to existing objects where possible.  The thread is attached to the interpreter (and
// holds the GIL, if there is one).
#pragma once
#include <Python.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "classes.hpp"
#include "few.hpp"

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

class References {  // that are given back at the end
 public:
    References() = default;
    ~References() {
        for (PyObject* object : objects_) Py_DECREF(object);
    }
    References(const References&) = delete;
    References& operator=(const References&) = delete;
    PyObject* add(PyObject* object) {  // null: an exception is set
        if (object) objects_.push_back(object);
        return object;
    }

 private:
    std::vector<PyObject*> objects_;
};

// The Python objects of a tokenizer, cached on first use.  Threads may use them at the same time without the GIL: a slot is
// empty until one thread puts a whole object there, and never changes after that.
class Objects {
    using Slot = std::atomic<PyObject*>;
    static_assert(sizeof(Slot) == sizeof(PyObject*) && Slot::is_always_lock_free, "`PieceSlots` reads slots and a tuple alike.");

 public:
    // numbers: the id that users see, by our own (0: unknown, i + 1: word i, then the kinds if there are ids for them)
    Objects(PyObject* words, std::vector<int32_t> numbers, const Model& model)
        : words_(words), words_at_(reinterpret_cast<uintptr_t>(reinterpret_cast<PyTupleObject*>(words)->ob_item)), words_count_(uint32_t(PyTuple_GET_SIZE(words))),
          numbers_(std::move(numbers)), ints_(numbers_.size()),
          chars_(make_slots(KEPT_CHARS)), nodes_(make_slots(model.nodes.size())), model_(model) {
        Py_INCREF(words_);
        for (size_t i = 0; i < numbers_.size(); ++i) same_ = same_ && numbers_[i] == int32_t(i);
    }
    ~Objects() {
        for (const Slot& number : ints_) Py_XDECREF(number.load());
        for (size_t c = 0; c < KEPT_CHARS; ++c) Py_XDECREF(chars_.get()[c].load());
        Py_DECREF(words_);
    }
    Objects(const Objects&) = delete;
    Objects& operator=(const Objects&) = delete;

    // Where lent references to numbers are found.  Loops keep a copy, which the compiler holds in registers: what is reached by
    // a pointer would be read again for each token.
    struct NumberSlots {
        Slot* slots;
        const int32_t* numbers;
        NLP_ZERO_HOT PyObject* operator()(int32_t id) const {  // null: an exception is set
            PyObject* const found = slots[size_t(id)].load(std::memory_order_acquire);
            return found ? found : keep(slots[size_t(id)], PyLong_FromLong(numbers[size_t(id)]));
        }
    };
    NumberSlots numbers() { return {ints_.data(), numbers_.data()}; }
    // The same for strings.  Most tokens are words or single characters.  A branch between the two would often be
    // mispredicted: the place of the object is computed.
    struct PieceSlots {
        uintptr_t words;
        uint32_t count;
        Slot* chars;
        template <class Char>
        NLP_ZERO_HOT PyObject* operator()(PyObject* text, const Char* data, int32_t id, uint32_t start, uint32_t end, References& owner) const {
            const uint32_t c = data[start], word = uint32_t(id) - 1;
            const uintptr_t outside = opaque(uintptr_t(0) - uintptr_t(word >= count));
            const uintptr_t in_words = words + word * sizeof(PyObject*);
            const uintptr_t in_chars = reinterpret_cast<uintptr_t>(chars + uint16_t(c));
            PyObject* const found = reinterpret_cast<const Slot*>(in_words ^ ((in_words ^ in_chars) & outside))->load(std::memory_order_acquire);
            if (!found || (outside & uintptr_t((end - start != 1) | (c >> 16 != 0)))) return make(chars, text, c, start, end, owner);
            prefetch_to_write(found);  // references are counted when all objects are known
            return found;
        }
        // Text that is not a word: c is its first character.  No method: it would get the address of the copy, which would
        // then be in memory.
        static PyObject* make(Slot* chars, PyObject* text, uint32_t c, uint32_t start, uint32_t end, References& owner) {
            if (end - start != 1) return owner.add(PyUnicode_Substring(text, start, end));
            if (c >> 16) return owner.add(PyUnicode_FromOrdinal(int(c)));
            return keep(chars[c], PyUnicode_FromOrdinal(int(c)));
        }
    };
    // The same for tokens whose node is known.  Nodes have slots of their own: there is nothing to compute, and the text is not
    // read.
    class NodeSlots {
     public:
        explicit NodeSlots(Objects& objects) : nodes_(objects.nodes_.get()), objects_(&objects) {}
        template <class Char>
        NLP_ZERO_HOT PyObject* operator()(PyObject* text, const Char* data, const PathToken& token, References& owner) const {
            PyObject* const found = nodes_[token.node].load(std::memory_order_acquire);
            if (!found) return find(*objects_, nodes_[token.node], text, data, token, owner);
            prefetch_to_write(found);
            return found;
        }

     private:
        Slot* nodes_;
        Objects* objects_;
        // What is kept has other owners: words, and characters that have symbols of their own.  Other nodes have many texts.
        template <class Char>
        static PyObject* find(Objects& objects, Slot& slot, PyObject* text, const Char* data, const PathToken& token, References& owner) {
            const uint32_t start = token.start(), end = token.end(), word = uint32_t(token.id()) - 1;
            PyObject* const piece = objects.pieces()(text, data, token.id(), start, end, owner);
            const bool kept = word < objects.words_count_ || (end - start == 1 && objects.model_.is_char(size_t(token.node), uint32_t(data[start])));
            if (piece && kept) slot.store(piece, std::memory_order_release);
            return piece;
        }
    };
    PieceSlots pieces() { return {words_at_, words_count_, chars_.get()}; }
    void renumber(int32_t* ids, size_t count) const {
        if (same_) return;
        for (size_t k = 0; k < count; ++k) ids[k] = numbers_[size_t(ids[k])];
    }
    // A new reference to the string of a token.
    PyObject* item(PyObject* text, const TextView& view, const Token& token, uint32_t start) {
        References owner;
        PyObject* const lent = with_chars(view, [&](auto chars) {
            return pieces()(text, chars, token.id, start, token.end, owner);
        });
        Py_XINCREF(lent);
        return lent;
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
    std::vector<Slot> ints_;
    using Slots = std::unique_ptr<Slot, decltype(&std::free)>;
    Slots chars_;  // most of these pages are never touched
    Slots nodes_;  // owned by `words_` and `chars_`
    const Model& model_;

    static Slots make_slots(size_t count) {
        Slots slots(static_cast<Slot*>(std::calloc(count, sizeof(Slot))), &std::free);
        if (!slots) throw std::bad_alloc();
        return slots;
    }

    // Put a new object into an empty slot; returns what is there then, which another thread may have put there before.
    static PyObject* keep(Slot& slot, PyObject* made) {
        PyObject* found = nullptr;
        if (!made || slot.compare_exchange_strong(found, made, std::memory_order_acq_rel)) return made;
        Py_DECREF(made);
        return found;
    }
};

class TokenBuffer {  // the tokens of one text; on the stack if they are few
 public:
    void add(int32_t id, uint32_t end) {
        if (size_ == room_) grow();
        data_[size_++] = {id, end};
    }
    size_t size() const { return size_; }
    const Token* data() const { return data_; }

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

// Count the references of a new list, to whose items they were only lent; null, with an exception set, if one is missing.
// References are counted when all objects are known: a processor that counts while it still looks for objects often finds that
// it has read an old count, and starts again.
inline PyObject* own_items(PyObject* list, size_t count) {
    PyObject** const items = reinterpret_cast<PyListObject*>(list)->ob_item;
    for (size_t k = 0; k < count; ++k) {
        if (!items[k]) {
            std::fill(items + k, items + count, nullptr);
            Py_DECREF(list);
            return nullptr;
        }
        Py_INCREF(items[k]);
    }
    return list;
}

inline void add_references(PyObject* object, uint32_t count) {
#ifdef Py_GIL_DISABLED
    while (count--) Py_INCREF(object);  // other threads count, too
#else
    Py_SET_REFCNT(object, Py_REFCNT(object) + Py_ssize_t(count));
#endif
}

// Return a new list of objects that are lent, or null with an exception set, also if one of them is null.
inline PyObject* list_of(PyObject* const* lent, size_t count) {
    PyObject* const list = PyList_New(Py_ssize_t(count));
    if (!list) return nullptr;
    std::copy_n(lent, count, reinterpret_cast<PyListObject*>(list)->ob_item);
    return own_items(list, count);
}

// Return a new list of count objects, to which find(k) lends references, or null with an exception set.
template <class Find>
PyObject* fill_list(size_t count, Find find) {
    PyObject* const list = PyList_New(Py_ssize_t(count));
    if (!list) return nullptr;
    PyObject** const items = reinterpret_cast<PyListObject*>(list)->ob_item;
    for (size_t k = 0; k < count; ++k) {
        items[k] = find(k);
        if (items[k]) continue;
        std::fill_n(items, k, nullptr);
        Py_DECREF(list);
        return nullptr;
    }
    for (size_t k = 0; k < count; ++k) Py_INCREF(items[k]);
    return list;
}

// Strings; token_at(k) is the k-th token.
template <class TokenAt>
PyObject* list_pieces(Objects& objects, PyObject* text, const TextView& view, size_t count, TokenAt token_at) {
    References owner;
    return with_chars(view, [&](auto chars) {
        return fill_list(count, [pieces = objects.pieces(), text, chars, token_at, &owner, start = uint32_t(0)](size_t k) mutable {
            const Token token = token_at(k);
            PyObject* const piece = pieces(text, chars, token.id, start, token.end, owner);
            start = token.end;
            return piece;
        });
    });
}

inline PyObject* list_spans(const Token* tokens, size_t count) {
    PyObject* list = PyList_New(Py_ssize_t(count));
    uint32_t start = 0;
    for (size_t k = 0; list && k < count; start = tokens[k++].end) {
        PyObject* pair = Py_BuildValue("(nn)", Py_ssize_t(start), Py_ssize_t(Objects::widen(tokens[k], start).end));
        if (!pair) Py_CLEAR(list);
        else PyList_SET_ITEM(list, Py_ssize_t(k), pair);
    }
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

// The forms of tokens: a list of strings or of ids, or a tuple of the lists of ids, strings and spans.
enum Form : int { STRINGS = 0, IDS = 1, ALL_FORMS = 2 };

// Writes the strings of tokens, to which references are lent.
template <class Chars>
class PieceSink {
 public:
    PieceSink(PyObject**& out, References& owner, PyObject* text, Chars chars, Objects& objects)
        : out_(out), owner_(owner), text_(text), chars_(chars), pieces_(objects.pieces()), nodes_(objects) {}
    NLP_ZERO_HOT void operator()(int32_t id, uint32_t start, uint32_t end) const { *out_++ = pieces_(text_, chars_, id, start, end, owner_); }
    NLP_ZERO_HOT void operator()(const PathToken& token) const { *out_++ = nodes_(text_, chars_, token, owner_); }

 private:
    PyObject**& out_;
    References& owner_;
    PyObject* const text_;
    const Chars chars_;
    const Objects::PieceSlots pieces_;
    const Objects::NodeSlots nodes_;
};

// The tokens of run(chars, sink) as strings or ids.  Their objects are found one by one while the best path is followed.
template <Form form, class Run>
PyObject* list_tokens(const Model& model, Objects& objects, PyObject* text, const TextView& view, Run run) {
    Few<PyObject*, 1024> memory;
    PyObject** const items = memory.reserve(view.size * most_tokens(model));
    PyObject** out = items;
    References owner;
    with_chars(view, [&](auto chars) {
        auto run_chars = [&](auto sink) { run(chars, sink); };
        if constexpr (form == IDS) {
            emit_tokens(model, chars, run_chars, [&out, find = objects.numbers()](int32_t id, uint32_t, uint32_t) { *out++ = find(id); });
        } else {
            emit_tokens(model, chars, run_chars, PieceSink<decltype(chars)>{out, owner, text, chars, objects});
        }
        return 0;
    });
    return list_of(items, size_t(out - items));
}

template <class Run>
PyObject* list_all_forms(const Model& model, Objects& objects, PyObject* text, const Source& source, Run run) {
    TokenBuffer tokens;
    with_chars(source.view, [&](auto chars) {
        emit_tokens(model, chars, [&](auto sink) { run(chars, sink); },
                    [&](int32_t id, uint32_t, uint32_t end) { tokens.add(id, end); });
        return 0;
    });
    const Token* const data = tokens.data();
    const size_t count = tokens.size();
    return Py_BuildValue("(NNN)", fill_list(count, [data, find = objects.numbers()](size_t k) { return find(data[k].id); }),
                         list_pieces(objects, text, source.view, count, [data](size_t k) { return data[k]; }),
                         source.utf8() ? character_spans(source.view, data, count) : list_spans(data, count));
}

// The tokens of cut(chars, size, sink).  Returns null with an exception set.
template <Form form, class Cut>
PyObject* collect(const Model& model, Objects& objects, PyObject* text, Cut cut) {
    Source source;
    if (!source.open(model, text)) return nullptr;
    auto run = [&](auto chars, auto sink) { cut(chars, source.view.size, sink); };
    if constexpr (form == ALL_FORMS) return list_all_forms(model, objects, text, source, run);
    else return list_tokens<form>(model, objects, text, source.view, run);
}

template <Form form>
PyObject* tokenize(const Model& model, Objects& objects, PyObject* text) {
    return collect<form>(model, objects, text, [&](auto chars, size_t size, auto sink) { cut_best(model, chars, size, sink); });
}

}  // namespace nlpzero::tokenization
