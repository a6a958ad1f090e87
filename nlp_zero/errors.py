"""What can go wrong with the things that users hand in.

Every message is one sentence that says what is wrong, where, and what to do; the command line prints it as it is.
Options that make no sense raise the ordinary `ValueError` or `TypeError`.
"""

__all__ = ["CheckpointError", "ClusterError", "CorpusError", "FormatError", "NlpZeroError", "StorageError"]


class NlpZeroError(Exception):
    """Base class of the errors that this library raises on bad input."""


class CorpusError(NlpZeroError):
    """A text cannot be read: it is missing, empty, not decodable, or not of the stated form."""


class FormatError(NlpZeroError):
    """A lexicon, a counts folder or another model file is unreadable, truncated or of another version."""


class StorageError(NlpZeroError):
    """A disk is full, or a memory budget is too small."""


class CheckpointError(NlpZeroError):
    """A checkpoint is of another corpus or of other options, or the corpus can be read only once."""


class ClusterError(NlpZeroError):
    """A scheduler cannot be reached, or the workers of a cluster keep dying."""
