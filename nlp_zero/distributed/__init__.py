"""Work on many machines, as tasks of a Dask scheduler."""

from .api import build_vocab, count, count_in_parts, distribute, merge_in_parts
from .connection import connect
from .corpus import DistributedCorpus

__all__ = ["DistributedCorpus", "build_vocab", "connect", "count", "count_in_parts", "distribute", "merge_in_parts"]
