"""Boundary trees, template grammars and the counting of template candidates."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy
from libcpp.memory cimport make_unique, unique_ptr
from libcpp.vector cimport vector

import numpy as np

include "templates/boundary.pxi"
include "templates/chart.pxi"
include "templates/skipgrams.pxi"
