"""``tokenizer.json`` of Hugging Face tokenizers, of the Unigram kind."""

from __future__ import annotations

from typing import Any

from ._pieces import BYTE_NAMES, SPACE, Piece, pieces_of, table_of
from ._table import MOST_WORDS, Table, Words, checked_number
from .json import parsed

__all__ = ["dumps", "is_tokenizer", "loads", "table_of_value"]


def dumps(words: Words) -> tuple[bytes, int]:
    """A Unigram model with byte fallback that normalises nothing and cuts nothing beforehand.

    Ids are those of `Tokenizer`; after them comes ``<unk>``, which encoding never gives, if there is none.  The names
    of the special tokens are found in text, as is that program's rule.
    """
    import json

    pieces = pieces_of(words, spare_ascii=False)
    # The names of bytes are looked for in text like any piece: they must lose against the six characters they have.
    lowest = min((piece.score for piece in pieces if piece.kind == "word"), default=-1.0)
    vocab = [[piece.text, piece.score if piece.kind == "word" else 6 * lowest - 1] for piece in pieces]
    unknown = next(number for number, piece in enumerate(pieces) if piece.kind == "unknown")
    added = [
        {"id": number, "content": piece.text, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": True}
        for number, piece in enumerate(pieces) if piece.kind in ("special", "unknown")
    ]  # fmt: skip
    value = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": True},
    }
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace"), sum(piece.kind in ("word", "byte") for piece in pieces)


def loads(data: bytes) -> Table:
    """The pieces of a Unigram model with their ids and scores."""
    return table_of_value(parsed(data))


def is_tokenizer(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("model"), dict)


def table_of_value(value: Any) -> Table:
    if not is_tokenizer(value):
        raise ValueError("model: this JSON is no tokenizer.json: it has no model.")
    model = value["model"]
    kind = model.get("type", "BPE" if "merges" in model else "Unigram")
    vocab = model.get("vocab")
    if kind != "Unigram":
        raise ValueError(f"model: its type is {str(kind)[:40]}; only Unigram models can be read.")
    if not isinstance(vocab, list) or len(vocab) > MOST_WORDS:
        raise ValueError("model.vocab: it must be a list of pieces with their scores.")
    fallback = model.get("byte_fallback") is True
    pieces = []
    for number, entry in enumerate(vocab):
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
            raise ValueError(f"model.vocab[{number}]: it must be a piece and its score.")
        score = checked_number(entry[1], f"model.vocab[{number}]")
        pieces.append(Piece(entry[0], score, "byte" if fallback and entry[0] in BYTE_NAMES else "word"))
    unknown = model.get("unk_id")
    if isinstance(unknown, int) and 0 <= unknown < len(pieces):
        pieces[unknown].kind = "unknown"
    added = value.get("added_tokens") or []
    if not isinstance(added, list):
        raise ValueError("added_tokens: it must be a list.")
    for number, token in enumerate(added):
        _add(token, number, pieces)
    escaped = _mentions(value, SPACE)
    table = table_of(pieces, method="huggingface", space=SPACE if escaped else " ", fallback=fallback)
    normalizer = value.get("normalizer")
    table.meta = {
        **table.meta,
        "normalizer": str(normalizer.get("type"))[:40] if isinstance(normalizer, dict) else "identity",
        "dummy_prefix": "yes" if escaped else "no",
    }
    return table


def _add(token: Any, number: int, pieces: list[Piece]) -> None:
    place = token.get("id") if isinstance(token, dict) else None
    content = token.get("content") if isinstance(token, dict) else None
    if not isinstance(place, int) or not isinstance(content, str) or not content:
        raise ValueError(f"added_tokens[{number}]: it must have an id and a content.")
    if not 0 <= place <= len(pieces) + 4096:
        raise ValueError(f"added_tokens[{number}]: the id {place} is far from those of the vocabulary.")
    while len(pieces) <= place:
        pieces.append(Piece("", 0.0, "unused"))
    if pieces[place].kind != "unknown":
        pieces[place] = Piece(content, 0.0, "special")


def _mentions(value: dict[str, Any], text: str) -> bool:
    """Whether the steps around the model write a space as `text`."""
    steps = [value.get(name) for name in ("normalizer", "pre_tokenizer", "decoder")]
    while steps:
        step = steps.pop()
        if isinstance(step, dict):
            steps += step.values()
        elif isinstance(step, list):
            steps += step
        elif step == text:
            return True
    return False
