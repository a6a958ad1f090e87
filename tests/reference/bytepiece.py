"""Segmentation by BytePiece, from its description: the most probable pieces of the bytes of each line."""

from __future__ import annotations

import base64
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any


def cut(text: str, model: Mapping[str, Any]) -> list[bytes]:
    """Return the pieces of a text; lines are segmented one by one, each with the line feeds at its end."""
    pieces = {base64.b64decode(key): row[2] for key, row in model.items()}
    total = math.log(sum(pieces.values()))
    longest = max(map(len, pieces))
    result = []
    for line in re.findall(rb".*\n+|.+", unicodedata.normalize("NFC", text).encode()):
        best: list[tuple[float, int]] = [(0.0, 0)] + [(-math.inf, 0)] * len(line)
        for end in range(1, len(line) + 1):
            for start in range(max(0, end - longest), end):  # the first, so the longest, of equals stays
                if line[start:end] in pieces:
                    score = best[start][0] + math.log(pieces[line[start:end]]) - total
                    if score > best[end][0]:
                        best[end] = score, start
        end, found = len(line), []
        while end:
            found.append(line[best[end][1] : end])
            end = best[end][1]
        result += found[::-1]
    return result
