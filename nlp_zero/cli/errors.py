"""Errors of the command line; each has an exit status, see `nlp_zero.cli.main`."""

from __future__ import annotations

from ..errors import NlpZeroError

__all__ = ["OutputError", "Stopped", "UsageError"]


class UsageError(Exception):
    """The options make no sense; exit status 2."""


class Stopped(Exception):
    """The user pressed Ctrl-C, and the command can be resumed; exit status 130."""


class OutputError(NlpZeroError):
    """A result cannot be written; exit status 1."""
