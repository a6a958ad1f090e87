# The places of the n-grams of one count tree in another: see locate.hpp.

cdef extern from "counting/locate.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass LocatedTree:
        const uint32_t* symbol
        const uint32_t* end

    void c_locate_children "nlpzero::counting::locate_children"(
        const LocatedTree&, size_t, const uint32_t*, const uint32_t*, const LocatedTree&, uint32_t*) except +


def locate_children(const uint32_t[::1] symbols, const uint32_t[::1] ends, const uint32_t[::1] parents,
                    const uint32_t[::1] ids, const uint32_t[::1] whole_symbols, const uint32_t[::1] whole_ends):
    cdef size_t k, n = ends.shape[0], last = 0
    cdef uint32_t[::1] places = np.empty(symbols.shape[0] + 1, np.uint32)
    cdef LocatedTree part, whole
    if <size_t>parents.shape[0] != n:
        raise ValueError("arrays of different lengths")
    for k in range(n):
        if ends[k] < last or (parents[k] != 0xFFFFFFFFu and parents[k] >= whole_ends.shape[0]):
            raise ValueError("no such n-gram")
        last = ends[k]
    if last != <size_t>symbols.shape[0] or (
            whole_ends.shape[0] and whole_ends[whole_ends.shape[0] - 1] != whole_symbols.shape[0]):
        raise ValueError("arrays that do not fit together")
    for k in range(last):
        if symbols[k] >= ids.shape[0]:
            raise ValueError("no such symbol")
    if last and whole_symbols.shape[0]:
        part.symbol, part.end = &symbols[0], &ends[0]
        whole.symbol, whole.end = &whole_symbols[0], &whole_ends[0]
        with nogil:
            c_locate_children(part, n, &parents[0], &ids[0], whole, &places[0])
    else:
        np.asarray(places)[:] = 0xFFFFFFFF
    return np.asarray(places)[:last]
