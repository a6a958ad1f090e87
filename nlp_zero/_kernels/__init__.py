"""Compiled kernels: typed buffers in, typed buffers out."""
