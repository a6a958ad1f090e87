"""BytePiece ``.model`` files: JSON, ``{base64 of the piece: [id, piece as text, count]}``; ids 0 to 2 are special."""

from __future__ import annotations

import math
from typing import Any

from ..ids import byte_token, join_names
from .json import parsed
from .pieces import model_scores
from .table import MOST_WORDS, Table, Words, checked_number

__all__ = ["dumps", "is_model", "loads", "table_of_value"]

SPECIALS = ("<pad>", "<bos>", "<eos>")
SCALE = 1 << 50  # counts that stand for probabilities


def dumps(words: Words) -> tuple[bytes, int]:
    """Pieces with counts in proportion to the probabilities that our tokenizer uses; ids from 3 on, in our order.

    With ``specials="<pad> <bos> <eos>"`` ids are those of `Tokenizer`.
    """
    import json
    from base64 import b64encode

    scores = model_scores(words).tolist()
    exact = "log_prob" not in words.scores and words.meta.get("objective") != "shortest"
    counts = words.counts.tolist() if exact else [math.exp(score) * SCALE for score in scores]
    way = "surrogateescape" if words.meta.get("byte_fallback") == "yes" else "surrogatepass"
    pieces: dict[bytes, int] = {}
    for word, count in zip(words.words, counts, strict=True):
        pieces[word.encode("utf-8", way)] = max(1, round(count))
    for byte in range(256):
        pieces.setdefault(bytes([byte]), 1)
    ids = [*range(3, 3 + len(pieces))]
    if "id" in words.scores and words.scores["id"].min(initial=3) >= 3 and len(pieces) == len(words.words):
        ids = [int(number) for number in words.scores["id"].tolist()]
    rows = {
        b64encode(piece).decode(): [number, piece.decode("utf-8", "ignore"), count]
        for number, (piece, count) in zip(ids, pieces.items(), strict=True)
    }
    return json.dumps(rows, ensure_ascii=False, indent=1).encode(), len(rows)


def loads(data: bytes) -> Table:
    """The pieces with their ids and counts, as a vocabulary of bytes."""
    return table_of_value(parsed(data))


def is_model(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(next(iter(value.values()), None), list)


def table_of_value(value: Any) -> Table:
    from base64 import b64decode
    from binascii import Error

    if not isinstance(value, dict) or len(value) > MOST_WORDS:
        raise ValueError("this JSON is no BytePiece model: it must be one object, a piece a key.")
    words, ids, counts = [], [], []
    for number, (key, row) in enumerate(value.items(), 1):
        place = f"piece {number} ({key[:40]!r})"
        try:
            piece = b64decode(key, validate=True)
        except (Error, ValueError):
            raise ValueError(f"{place}: its name is not base64.") from None
        if not piece or not isinstance(row, list) or len(row) != 3:
            raise ValueError(f"{place}: it must have a list of id, text and count.")
        ids.append(int(checked_number(row[0], place, whole=True)))
        counts.append(int(checked_number(row[2], place, whole=True)))
        words.append(byte_token(piece[0]) if len(piece) == 1 else piece.decode("utf-8", "surrogateescape"))
        if counts[-1] < 1 or ids[-1] < len(SPECIALS):
            raise ValueError(f"{place}: the count must be 1 or more, and the id 3 or more.")
    if not len(set(ids)) == len(ids) == len(set(words)):
        raise ValueError("two pieces have the same id or the same bytes.")
    held = set(words)
    for byte in range(256):
        if byte_token(byte) not in held:
            raise ValueError(f"the byte 0x{byte:02X} is no piece; a BytePiece model holds all 256.")
    meta = {
        "method": "bytepiece", "unit": "byte", "byte_fallback": "yes", "objective": "unigram", "normalizer": "NFC",
        "specials": join_names(SPECIALS),
    }  # fmt: skip
    return Table(words, counts, {"id": ids}, meta)
