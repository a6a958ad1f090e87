"""The command line, ``nlpzero COMMAND ...``: one module for each command."""

from .main import build_parser, main

__all__ = ["build_parser", "main"]
