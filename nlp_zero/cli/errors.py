"""Errors of the command line; each has an exit status, see `nlp_zero.cli.main`."""

from __future__ import annotations

from ..errors import NlpZeroError

__all__ = ["MissingPackage", "OutputError", "Stopped", "UsageError"]


class UsageError(Exception):
    """The options make no sense; exit status 2."""


class Stopped(Exception):
    """A signal such as Ctrl-C stopped the command, and there is more to say than that.

    Parameters
    ----------
    message : str
        What was kept, and how to go on.
    status : int
        The exit status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class OutputError(NlpZeroError):
    """A result cannot be written; exit status 1."""


class MissingPackage(NlpZeroError):
    """An option needs a package that is not installed; exit status 1."""
