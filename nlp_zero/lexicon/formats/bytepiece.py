"""BytePiece ``.model`` files: JSON, ``{base64 of the piece: [id, piece as text, count]}``; ids 0 to 2 are special."""

from __future__ import annotations

from typing import Any

from ..._kernels.elementary import exp
from ..ids import LexiconLike, byte_token
from ..meta import LexiconMeta
from .json import parse_json
from .pieces import model_scores
from .table import MAX_WORDS, Table, check_number

__all__ = ["dumps", "is_model", "loads", "table_of_value"]

SPECIALS = ("<pad>", "<bos>", "<eos>")
COUNT_SCALE = 1 << 50  # the count of a piece of probability 1, where counts are made from probabilities


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write pieces with counts in proportion to the probabilities that `Tokenizer` uses; ids begin at 3, in our order.

    If the specials are ``<pad>``, ``<bos>`` and ``<eos>``, ids are those of `Tokenizer`.
    """
    import json
    from base64 import b64encode

    scores = model_scores(lexicon).tolist()
    exact = "log_prob" not in lexicon.scores and lexicon.meta.objective != "shortest"
    counts = lexicon.counts.tolist() if exact else [exp(score) * COUNT_SCALE for score in scores]
    way = "surrogateescape" if lexicon.meta.byte_fallback else "surrogatepass"
    pieces: dict[bytes, int] = {}
    for word, count in zip(lexicon.words, counts, strict=True):
        pieces[word.encode("utf-8", way)] = max(1, round(count))
    for byte in range(256):
        pieces.setdefault(bytes([byte]), 1)
    ids = [*range(3, 3 + len(pieces))]
    if "id" in lexicon.scores and lexicon.scores["id"].min(initial=3) >= 3 and len(pieces) == len(lexicon.words):
        ids = [int(number) for number in lexicon.scores["id"].tolist()]
    rows = {
        b64encode(piece).decode(): [number, piece.decode("utf-8", "ignore"), count]
        for number, (piece, count) in zip(ids, pieces.items(), strict=True)
    }
    return json.dumps(rows, ensure_ascii=False, indent=1).encode(), {}


def loads(data: bytes) -> Table:
    """Read the pieces with their ids and counts, as a vocabulary of bytes."""
    return table_of_value(parse_json(data))


def is_model(value: Any) -> bool:
    """Return whether the value of a JSON file looks like a BytePiece model."""
    return isinstance(value, dict) and isinstance(next(iter(value.values()), None), list)


def table_of_value(value: Any) -> Table:
    """Read the value of a JSON file."""
    from base64 import b64decode
    from binascii import Error

    if not isinstance(value, dict) or len(value) > MAX_WORDS:
        raise ValueError("this JSON is not a BytePiece model: it must be an object whose keys are the pieces.")
    words, ids, counts = [], [], []
    for number, (key, row) in enumerate(value.items(), 1):
        place = f"piece {number} ({key[:40]!r})"
        try:
            piece = b64decode(key, validate=True)
        except (Error, ValueError):
            raise ValueError(f"{place}: its name is not base64.") from None
        if not piece or not isinstance(row, list) or len(row) != 3:
            raise ValueError(f"{place}: it must have a list of id, text and count.")
        ids.append(int(check_number(row[0], place, whole=True)))
        counts.append(int(check_number(row[2], place, whole=True)))
        words.append(byte_token(piece[0]) if len(piece) == 1 else piece.decode("utf-8", "surrogateescape"))
        if counts[-1] < 1 or ids[-1] < len(SPECIALS):
            raise ValueError(f"{place}: the count must be 1 or more, and the id 3 or more.")
    if not len(set(ids)) == len(ids) == len(set(words)):
        raise ValueError("two pieces have the same id or the same bytes.")
    held = set(words)
    for byte in range(256):
        if byte_token(byte) not in held:
            raise ValueError(f"the byte 0x{byte:02X} is not a piece; a BytePiece model holds all 256.")
    meta = LexiconMeta(
        method="bytepiece", arithmetic="double", unit="byte", byte_fallback=True, normalizer="NFC", specials=SPECIALS
    )
    return Table(words, counts, {"id": ids}, meta)
