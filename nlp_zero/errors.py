"""Errors caused by the input, the disk or the cluster.

Every message says what is wrong, where, and what to do; the command line prints it as it is.  Invalid options raise
the built-in `ValueError` or `TypeError`.
"""

__all__ = ["CheckpointError", "ClusterError", "CorpusError", "FormatError", "NlpZeroError", "StorageError"]


class NlpZeroError(Exception):
    """Base class of the errors of this library."""


class CorpusError(NlpZeroError):
    """A text cannot be read: it is missing, empty, cannot be decoded, or has another form than stated."""


class FormatError(NlpZeroError):
    """A lexicon, a counts folder or another model file is unreadable, truncated or of another version."""


class StorageError(NlpZeroError):
    """A disk is full, or a memory budget is too small."""


class CheckpointError(NlpZeroError):
    """A checkpoint belongs to another corpus or other options, or the corpus can be read only once."""


class ClusterError(NlpZeroError):
    """A scheduler cannot be reached, or workers of a cluster were lost repeatedly."""
