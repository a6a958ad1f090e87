# Dropping words that are made of other words: see deduplicate.hpp.

cdef extern from "counting/deduplicate.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass Deduplication:
        Deduplication(const CppPackedWords&, int64_t*) except +
        const vector[uint8_t]& run() except +


def deduplicate_words(const uint32_t[::1] text, const int64_t[::1] ends, int64_t[::1] tokens):
    cdef CppPackedWords words = packed_words(text, ends)
    cdef size_t k
    if <size_t>tokens.shape[0] != words.size:
        raise ValueError("arrays of different lengths")
    for k in range(words.size):
        if not words.length_of(k) or tokens[k] < 1:
            raise ValueError("every word needs a symbol and a token.")
    if not words.size:
        return np.zeros(0, np.uint8)
    cdef unique_ptr[Deduplication] work
    cdef const vector[uint8_t]* kept
    with nogil:
        work = make_unique[Deduplication](words, &tokens[0])
        kept = &work.get().run()
    return _copy_array(kept.data(), kept.size(), np.uint8)
