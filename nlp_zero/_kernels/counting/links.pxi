# Suffix links of a count tree and statistics along them: see links.hpp.

cdef extern from "counting/links.hpp" namespace "nlpzero::counting" nogil:
    cdef cppclass PieceView:
        size_t first, stop
        const uint32_t* begin "from"
        const uint32_t* to

    cdef cppclass Wanted "nlpzero::counting::LinkedTree::Wanted":
        const uint32_t* node
        size_t size

    cdef cppclass LinkedTree:
        vector[LevelView] tree
        vector[uint32_t*] link, suffixes
        const double* singles
        void cut(const uint32_t*, size_t, uint32_t*) except +
        void fill(int, const PieceView&) except +
        void choose(int, const PieceView&, double, uint32_t, double, uint8_t*, const vector[uint8_t*]&) except +
        void measure(int, const PieceView&, double, size_t, size_t, Wanted, double*, Wanted, double*, double*) except +

    void c_finish_entropies "nlpzero::counting::finish_entropies"(const double*, size_t, double*)
    void c_parents_of "nlpzero::counting::parents_of"(const uint32_t*, size_t, const uint32_t*, size_t, uint32_t*)


cdef uint32_t* _link_pointer(uint32_t[::1] array) noexcept:
    return &array[0] if array is not None and array.shape[0] else NULL


cdef int _set_tree(LinkedTree& tree, list levels, list links, list suffixes) except -1:
    fill_views(levels, tree.tree)
    for array, (symbol, *_) in zip(links, levels, strict=False):
        if array is not None and len(array) not in (0, len(symbol)):
            raise ValueError("the links are those of another tree.")
        tree.link.push_back(_link_pointer(array))
    for level, array in enumerate(suffixes):
        if array is not None and len(array) not in (0, len(levels[level][0]) * max(level - 1, 0)):
            raise ValueError("the suffix counts are those of another tree.")
        tree.suffixes.push_back(_link_pointer(array))
    return 0


cdef int _set_singles(LinkedTree& tree, const double[::1] singles) except -1:
    if <size_t>singles.shape[0] != tree.tree[0].size:
        raise ValueError("the counts of single symbols are those of another tree.")
    tree.singles = &singles[0] if singles.shape[0] else NULL
    return 0


cdef PieceView _piece(list levels, tuple piece) except *:
    cdef PieceView view
    cdef const uint32_t[::1] begin = piece[2], to = piece[3]
    cdef Py_ssize_t size = len(levels[0][0]), stop = piece[1]
    view.first, view.stop = piece[0], stop
    if stop > size or begin.shape[0] != size or to.shape[0] != begin.shape[0]:
        raise ValueError("the piece is one of another tree.")
    view.begin, view.to = &begin[0], &to[0]
    return view


cdef Wanted _wanted(const uint32_t[::1] nodes, size_t size) except *:
    cdef Wanted wanted
    wanted.size = nodes.shape[0]
    wanted.node = &nodes[0] if wanted.size else NULL
    if wanted.size and nodes[wanted.size - 1] >= size:
        raise ValueError("a node is not in the tree.")
    return wanted


def locate_pairs(list levels, const uint32_t[::1] bounds):
    cdef LinkedTree tree
    _set_tree(tree, levels, [], [])
    cdef size_t size = len(levels[0][0]), n = bounds.shape[0]
    cdef uint32_t[:, ::1] starts = np.empty((n, size), np.uint32)
    if n and size:
        with nogil:
            tree.cut(&bounds[0], n, &starts[0, 0])
    return np.asarray(starts)


def fill_links(list levels, list links, list suffixes, int n, tuple piece):
    cdef LinkedTree tree
    _set_tree(tree, levels, links, suffixes)
    cdef PieceView view = _piece(levels, piece)
    if not 2 < n <= len(levels):
        raise ValueError("no such order")
    with nogil:
        tree.fill(n - 1, view)


def choose_ngrams(list levels, list links, list suffixes, const double[::1] singles, int n, tuple piece, double total,
                  uint32_t min_count, double min_pmi, list chosen, list needed):
    cdef LinkedTree tree
    _set_tree(tree, levels, links, suffixes)
    _set_singles(tree, singles)
    cdef PieceView view = _piece(levels, piece)
    cdef vector[uint8_t*] bits
    cdef uint8_t[::1] array
    for array in needed:
        bits.push_back(&array[0])
    array = chosen[n - 1]
    if not 1 < n <= len(levels):
        raise ValueError("no such order")
    with nogil:
        tree.choose(n - 1, view, total, min_count, min_pmi, &array[0], bits)


def measure_ngrams(list levels, list links, list suffixes, const double[::1] singles, int n, tuple piece, double total,
                   tuple block, const uint32_t[::1] nodes, double[::1] pmi, const uint32_t[::1] shorter, double[::1] left,
                   double[::1] right):
    cdef LinkedTree tree
    _set_tree(tree, levels, links, suffixes)
    _set_singles(tree, singles)
    cdef PieceView view = _piece(levels, piece)
    if not 1 < n <= len(levels):
        raise ValueError("no such order")
    cdef size_t low = block[0], high = block[1]
    if low > high or high > tree.tree[n - 2].size:
        raise ValueError("block is not a range of the tree.")
    cdef Wanted here = _wanted(nodes, tree.tree[n - 1].size), above = _wanted(shorter, tree.tree[n - 2].size)
    if pmi.shape[0] < nodes.shape[0] or left.shape[0] < shorter.shape[0] or right.shape[0] < shorter.shape[0]:
        raise ValueError("an array for results is too short.")
    cdef double* first = &pmi[0] if pmi.shape[0] else NULL
    cdef double* second = &left[0] if left.shape[0] else NULL
    cdef double* third = &right[0] if right.shape[0] else NULL
    with nogil:
        tree.measure(n - 1, view, total, low, high, here, first, above, second, third)


def finish_entropies(const double[::1] counts, double[::1] sums):
    if sums.shape[0] != counts.shape[0]:
        raise ValueError("counts and sums have different lengths.")
    if counts.shape[0]:
        with nogil:
            c_finish_entropies(&counts[0], counts.shape[0], &sums[0])
    return np.asarray(sums)


def find_parents(const uint32_t[::1] ends, const uint32_t[::1] nodes):
    cdef uint32_t[::1] places = np.empty(nodes.shape[0] + 1, np.uint32)
    if nodes.shape[0]:
        if not ends.shape[0] or ends[ends.shape[0] - 1] <= nodes[nodes.shape[0] - 1]:
            raise ValueError("a node has no parent.")
        with nogil:
            c_parents_of(&ends[0], ends.shape[0], &nodes[0], nodes.shape[0], &places[0])
    return np.asarray(places)[:nodes.shape[0]]
