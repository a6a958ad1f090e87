# Algorithms on lattices of segmentations; used by `nlp_zero.tokenization.lattice`.
# All arrays are CSR: the edges from position i are first[i] to first[i + 1] - 1, and end[e] is where edge e ends.


cdef extern from *:
    """
    #include "tokenization/lattice.hpp"
    template <class Path>
    void draw_into(const nlpzero::tokenization::Lattice& lattice, const double* q, nlpzero::Stream& stream,
                   Path& path) {
        path.clear();
        nlpzero::tokenization::draw(lattice, q, stream, [&](int64_t e) { path.push_back(e); });
    }
    """
    cdef cppclass Lattice "nlpzero::tokenization::Lattice":
        size_t n
        const int64_t* first
        const int64_t* end
        const double* score
    cdef cppclass Stream "nlpzero::Stream":
        Stream()
        Stream(uint64_t, uint64_t)
        double uniform()
    double c_transitions "nlpzero::tokenization::transitions"(const Lattice&, double, double*) except + nogil
    double c_marginals "nlpzero::tokenization::marginals<true>"(
        const Lattice&, const double*, double*, double*) except + nogil
    cdef cppclass Suffix "nlpzero::tokenization::Suffix":
        int64_t edge
    vector[Suffix] best_suffixes "nlpzero::tokenization::best_suffixes"(const Lattice&) except + nogil
    vector[vector[int64_t]] n_best "nlpzero::tokenization::n_best"(const Lattice&, size_t) except + nogil
    void draw_into(const Lattice&, const double*, Stream&, vector[int64_t]&) except + nogil


cdef Lattice make_lattice(const int64_t[::1] first, const int64_t[::1] end, const double[::1] score) except *:
    cdef Lattice lattice
    cdef int64_t i, e, n = first.shape[0] - 1, edges = end.shape[0]
    if n < 0 or first[0] or first[n] != edges or score.shape[0] < edges:
        raise ValueError("the arrays of a lattice do not fit together")
    for i in range(n):
        if not 0 <= first[i] <= first[i + 1] <= edges:
            raise ValueError("the edges of a lattice must be sorted by their start")
        for e in range(first[i], first[i + 1]):
            if not i < end[e] <= n:
                raise ValueError("an edge of a lattice must end after its start, within the text")
    lattice.n = first.shape[0] - 1
    lattice.first = &first[0]
    lattice.end = &end[0] if end.shape[0] else NULL
    lattice.score = &score[0] if score.shape[0] else NULL
    return lattice


def transitions(const int64_t[::1] first, const int64_t[::1] end, const double[::1] score, double alpha):
    q = np.empty(len(end) + 1)
    cdef double[::1] view = q
    cdef Lattice lattice = make_lattice(first, end, score)
    cdef double log_sum
    with nogil:
        log_sum = c_transitions(lattice, alpha, &view[0])
    return q[:len(end)], log_sum


def marginals(const int64_t[::1] first, const int64_t[::1] end, const double[::1] q):
    visits, edges = np.empty(len(first)), np.empty(len(end) + 1)
    cdef double[::1] visit_view = visits, edge_view = edges
    cdef Lattice lattice = make_lattice(first, end, q)
    cdef double entropy
    with nogil:
        entropy = c_marginals(lattice, lattice.score, &visit_view[0], &edge_view[0])
    return visits, edges[:len(end)], entropy


def find_best_path(const int64_t[::1] first, const int64_t[::1] end, const double[::1] score):
    cdef Lattice lattice = make_lattice(first, end, score)
    cdef vector[Suffix] suffixes
    with nogil:
        suffixes = best_suffixes(lattice)
    cdef int64_t at = 0
    path = []
    while at < <int64_t>lattice.n:
        if suffixes[at].edge < 0:
            raise ValueError("no path of edges leads from 0 to n.")
        path.append(suffixes[at].edge)
        at = end[suffixes[at].edge]
    return path


def find_best_paths(const int64_t[::1] first, const int64_t[::1] end, const double[::1] score, size_t limit):
    cdef Lattice lattice = make_lattice(first, end, score)
    cdef vector[vector[int64_t]] paths
    with nogil:
        paths = n_best(lattice, limit)
    return paths


def sample_paths(const int64_t[::1] first, const int64_t[::1] end, const double[::1] q, uint64_t seed, uint64_t index,
                 Py_ssize_t k):
    cdef Lattice lattice = make_lattice(first, end, q)
    cdef Stream stream = Stream(seed, index)
    cdef vector[int64_t] path
    paths = []
    for _ in range(k):
        with nogil:
            draw_into(lattice, lattice.score, stream, path)
        paths.append(path)
    return paths


def draw_uniforms(uint64_t seed, uint64_t index, Py_ssize_t count):
    """The first numbers of a stream, in [0, 1)."""
    out = np.empty(count)
    cdef Stream stream = Stream(seed, index)
    for k in range(count):
        out[k] = stream.uniform()
    return out
