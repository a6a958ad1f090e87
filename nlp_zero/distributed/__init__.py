"""Counting and building on many machines, as tasks of a Dask scheduler."""

from .api import build_vocab, connect, count

__all__ = ["build_vocab", "connect", "count"]
