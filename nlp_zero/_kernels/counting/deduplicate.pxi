# Dropping words that are made of other words: see deduplicate.hpp.

cdef extern from "counting/deduplicate.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass Deduplication:
        Deduplication(const uint32_t*, const int64_t*, size_t, int64_t*) except +
        const vector[uint8_t]& run() except +


def deduplicate_words(const uint32_t[::1] text, const int64_t[::1] ends, int64_t[::1] tokens):
    cdef size_t k, words = tokens.shape[0]
    cdef int64_t last = 0, total = 0
    if <size_t>ends.shape[0] != words or words >= 0xFFFFFFFFu:
        raise ValueError("arrays of different lengths")
    for k in range(words):
        if ends[k] <= last or tokens[k] < 1:
            raise ValueError("every word needs a symbol and a token.")
        last = ends[k]
    if last != text.shape[0]:
        raise ValueError("arrays of different lengths")
    if not words:
        return np.zeros(0, np.uint8)
    cdef unique_ptr[Deduplication] work
    cdef const vector[uint8_t]* kept
    with nogil:
        work = make_unique[Deduplication](&text[0], &ends[0], words, &tokens[0])
        kept = &work.get().run()
    return _copy_array(kept.data(), kept.size(), np.uint8)
