"""``tokenizer.json`` of Hugging Face tokenizers, of the Unigram kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from ..ids import LexiconLike, TokenIds, byte_token
from .json import parse_json
from .pieces import BYTE_NAMES, NAMES, SPACE, Piece, has_fallback, model_scores, pieces_of, table_of
from .table import MAX_WORDS, Table, check_number

__all__ = ["BYTES", "dumps", "is_tokenizer", "loads", "table_of_value"]


# ByteLevel writes bytes as characters: letters and marks of Latin-1 as themselves, the other bytes from U+0100 on.
PLAIN = (*range(33, 127), *range(161, 173), *range(174, 256))
LETTERS = {byte: chr(byte) for byte in PLAIN}
LETTERS |= {byte: chr(256 + k) for k, byte in enumerate(sorted(set(range(256)) - set(PLAIN)))}
BYTES = {letter: byte for byte, letter in LETTERS.items()}


def dumps(lexicon: LexiconLike) -> tuple[bytes, dict[str, int]]:
    """Write a Unigram model without normalisation and pre-tokenisation; ids are those of `Tokenizer`.

    If all words are made of whole characters, the model has byte fallback; ``<unk>``, which encoding never gives, is
    added after the ids of `Tokenizer` unless there is one.  If some words are parts of characters, the model is one of
    bytes (ByteLevel), where nothing is unknown and the size is ours.  That program finds the names of the special
    tokens in text.  Also return how many words are left out, by reason.
    """
    import json

    if lexicon.meta.byte_fallback and any(
        len(word) > 1 and any("\udc80" <= c <= "\udcff" for c in word) for word in lexicon.words
    ):
        (pieces, left_out), unknown, bytewise = _byte_pieces(lexicon), None, True
        vocab = [[piece.text, piece.score] for piece in pieces]
    else:
        (pieces, left_out), bytewise = pieces_of(lexicon, spare_ascii=False), False
        unknown = next(number for number, piece in enumerate(pieces) if piece.kind == "unknown")
        # Names of bytes are found in text like any piece: they must lose against the six characters of the name.
        lowest = min((piece.score for piece in pieces if piece.kind == "word"), default=-1.0)
        vocab = [[piece.text, piece.score if piece.kind == "word" else 6 * lowest - 1] for piece in pieces]
    tail = has_fallback(lexicon) and not bytewise
    steps = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    fallback = {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]}
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
        "pre_tokenizer": steps if bytewise else None,
        "post_processor": None,
        "decoder": steps if bytewise else fallback if tail else {"type": "Fuse"},
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": tail},
    }
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "backslashreplace"), left_out


def _byte_pieces(lexicon: LexiconLike) -> tuple[list[Piece], dict[str, int]]:
    """Return every word as the letters of its bytes, and how many are left out."""
    ids = TokenIds(lexicon)
    pieces = [Piece(f"<unused_{number}>", 0.0, "unused") for number in range(ids.size)]
    for number, name in zip(ids.special_ids, ids.specials, strict=True):
        pieces[number] = Piece(name, 0.0, "unknown" if name == "<unk>" else "special")
    scores, left_out = model_scores(lexicon).tolist(), Counter[str]()
    for number, word, score in zip(ids.numbers[1:].tolist(), lexicon.words, scores, strict=True):
        text = "".join(LETTERS[byte] for byte in word.encode("utf-8", "surrogateescape"))
        if text in ids.specials:
            left_out[NAMES] += 1
        else:
            pieces[number] = Piece(text, score)
    return pieces, dict(left_out)


def loads(data: bytes) -> Table:
    """Read the pieces of a Unigram model with their ids and scores."""
    return table_of_value(parse_json(data))


def is_tokenizer(value: Any) -> bool:
    """Return whether the value of a JSON file looks like a ``tokenizer.json``."""
    return isinstance(value, dict) and isinstance(value.get("model"), dict)


def table_of_value(value: Any) -> Table:
    """Read the value of a JSON file."""
    if not is_tokenizer(value):
        raise ValueError("model: this JSON is not a tokenizer.json: it has no model.")
    model = value["model"]
    kind = model.get("type", "BPE" if "merges" in model else "Unigram")
    vocab = model.get("vocab")
    if kind != "Unigram":
        raise ValueError(
            f"model: its type is {str(kind)[:40]}; only Unigram models can be read; use the package tokenizers for it."
        )
    if not isinstance(vocab, list) or len(vocab) > MAX_WORDS:
        raise ValueError("model.vocab: it must be a list of pieces with their scores.")
    fallback = model.get("byte_fallback") is True
    pieces = []
    for number, entry in enumerate(vocab):
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
            raise ValueError(f"model.vocab[{number}]: it must be a piece and its score.")
        score = check_number(entry[1], f"model.vocab[{number}]")
        pieces.append(Piece(entry[0], score, "byte" if fallback and entry[0] in BYTE_NAMES else "word"))
    unknown = model.get("unk_id")
    if isinstance(unknown, int) and 0 <= unknown < len(pieces):
        pieces[unknown].kind = "unknown"
    added = value.get("added_tokens") or []
    if not isinstance(added, list):
        raise ValueError("added_tokens: it must be a list.")
    for number, token in enumerate(added):
        _add(token, number, pieces)
    if _mentions(value, "ByteLevel"):
        return _byte_table(pieces)
    escaped = _mentions(value, SPACE)
    space = SPACE if escaped else " "
    table = table_of(pieces, method="huggingface", arithmetic="double", space=space, fallback=fallback)
    normalizer = value.get("normalizer")
    name = str(normalizer.get("type"))[:40] if isinstance(normalizer, dict) else "identity"
    table.meta = replace(table.meta, normalizer=name, dummy_prefix=escaped)
    return table


def _byte_table(pieces: list[Piece]) -> Table:
    for number, piece in enumerate(pieces):
        if piece.kind == "word" and not BYTES.keys() >= set(piece.text):
            piece.kind = "unused"  # no text becomes such letters
        elif piece.kind == "word":
            data = bytes(BYTES[letter] for letter in piece.text)
            piece.text = byte_token(data[0]) if len(data) == 1 else data.decode("utf-8", "surrogateescape")
        elif piece.kind == "unknown" and not piece.text:
            raise ValueError(f"model.vocab[{number}]: the unknown piece has no name.")
    table = table_of(pieces, method="huggingface", arithmetic="double", fallback=True)
    table.meta = replace(table.meta, unk_log_prob=None, unit="byte", normalizer="identity")
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
    """Return whether the steps around the model mention `text`."""
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
