"""Vocabularies of fixed size."""

from cython.operator cimport dereference, preincrement
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.memory cimport make_unique, unique_ptr
from libcpp.string cimport string
from libcpp.unordered_map cimport unordered_map
from libcpp.vector cimport vector

import numpy as np

from .._utils.threads import for_each

include "vocabulary/search.pxi"
include "vocabulary/topics.pxi"
include "vocabulary/ngram.pxi"
include "vocabulary/merges.pxi"
