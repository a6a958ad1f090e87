# Pieces by an n-gram model of bytes: see ngram.hpp.

cdef extern from "vocabulary/ngram.hpp" namespace "nlpzero::vocabulary" nogil:
    cdef cppclass CountLevel:
        const uint32_t* symbol
        const uint32_t* count
        const uint32_t* end
        size_t size

    cdef cppclass NgramCutter:
        NgramCutter(const vector[CountLevel]&, uint32_t*, double, cbool) except +
        void count(const uint8_t*, size_t, unordered_map[string, uint64_t]&) except +

    cdef cppclass StringView "std::string_view":
        const char* data()
        size_t size()

    cdef cppclass PieceSplitter:
        void add(const string&, double) except +
        void split(const string&, cbool, vector[StringView]&) except +


def count_pieces(list levels, symbols, double total, const uint32_t[::1] encoded, const uint32_t[::1] codes, *,
                 bint whole):
    """Cut a text of bytes by the n-gram counts `levels`; see the .pyi."""
    cdef vector[CountLevel] all_levels
    cdef CountLevel level
    cdef const uint32_t[::1] symbol, count, end
    cdef uint32_t[::1] id_ = np.zeros(256, np.uint32)
    cdef vector[uint8_t] line
    cdef unordered_map[string, uint64_t] pieces
    cdef unordered_map[string, uint64_t].iterator entry
    cdef unique_ptr[NgramCutter] cutter
    cdef Py_ssize_t i
    keep = []
    for i, byte in enumerate(symbols, 1):
        id_[<uint8_t>byte[0]] = i
    for columns in levels:
        arrays = [np.ascontiguousarray(column, np.uint32) for column in columns]
        keep.append(arrays)
        symbol, count, end = arrays
        level.symbol = &symbol[0] if symbol.shape[0] else NULL
        level.count = &count[0] if count.shape[0] else NULL
        level.end = &end[0] if end.shape[0] else NULL
        level.size = symbol.shape[0]
        all_levels.push_back(level)
    if not levels or (encoded.shape[0] and np.max(encoded) >= codes.shape[0]):
        raise ValueError("levels must not be empty, and codes must have a value for every symbol.")
    cutter = make_unique[NgramCutter](all_levels, &id_[0], total, whole)
    with nogil:
        for i in range(encoded.shape[0]):
            if encoded[i]:
                line.push_back(<uint8_t> codes[encoded[i]])
            elif line.size():
                cutter.get().count(line.data(), line.size(), pieces)
                line.clear()
    found = {}
    entry = pieces.begin()
    while entry != pieces.end():
        found[<bytes>dereference(entry).first] = dereference(entry).second
        preincrement(entry)
    return found


cdef class Splitter:
    """Cuts strings of bytes into the most probable of some pieces."""
    cdef PieceSplitter cpp

    def __init__(self, dict log_probs):
        for piece, value in log_probs.items():
            self.cpp.add(piece, value)

    def split(self, bytes text, *, bint itself=True):
        """Return the pieces, or an empty list if no segmentation exists; see the .pyi."""
        cdef vector[StringView] parts
        cdef string held = text
        self.cpp.split(held, itself, parts)
        return [parts[i].data()[:parts[i].size()] for i in range(parts.size() - 1, -1, -1)] if parts.size() else []
