"""The parser of arguments, for which ``-.jsonl`` is not an option but standard input."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["InputParser"]


class InputParser(argparse.ArgumentParser):
    """A parser that takes arguments such as ``-.gz`` for names of inputs."""

    def _parse_optional(self, arg_string: str) -> Any:
        """Return None for arguments that are not options."""
        return None if arg_string.startswith("-.") else super()._parse_optional(arg_string)
