# cython: binding=False, embedsignature=True, embedsignature.format=clinic
"""Lattices of segmentations, and segmentation of text by a lexicon."""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, isinf
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libcpp.memory cimport shared_ptr, unique_ptr
from libcpp.vector cimport vector

import numpy as np

from .._utils.seeds import check_index, draw_seed
from .._utils.threads import run_alongside, for_each
from .._utils.validation import check_integer, check_number

include "tokenization/lattice.pxi"
include "tokenization/tokenize.pxi"
include "tokenization/lines.pxi"
