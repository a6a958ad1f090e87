"""Count n-grams, merge counts, compute statistics along suffix links, and cut text with chosen n-grams."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DATA, PyUnicode_GET_LENGTH, PyUnicode_KIND, PyUnicode_READ
from libc.stdint cimport int64_t, uint32_t, uint64_t, uint8_t
from libc.stdlib cimport free
from libcpp cimport bool as cbool
from libcpp.memory cimport make_shared, make_unique, shared_ptr, unique_ptr
from libcpp.pair cimport pair
from libcpp.string cimport string
from libcpp.unordered_map cimport unordered_map
from libcpp.vector cimport vector

import numpy as np

include "counting/unicode.pxi"
include "counting/alphabet.pxi"
include "counting/ngrams.pxi"
include "counting/merge.pxi"
include "counting/links.pxi"
include "counting/locate.pxi"
include "counting/segment.pxi"
include "counting/windows.pxi"
include "counting/words.pxi"
include "counting/deduplicate.pxi"
include "counting/rows.pxi"
