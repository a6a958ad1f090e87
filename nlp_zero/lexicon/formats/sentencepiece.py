"""SentencePiece ``.model`` files of the unigram kind, read and written without the sentencepiece package.

Fields of its sentencepiece_model.proto that are used: ModelProto pieces = 1 (piece = 1, score = 2, type = 3),
trainer_spec = 2 (model_type = 3, vocab_size = 4, byte_fallback = 35, unk_id = 40, bos_id = 41, eos_id = 42,
pad_id = 43), normalizer_spec = 3 (name = 1, precompiled_charsmap = 2, add_dummy_prefix = 3,
remove_extra_whitespaces = 4, escape_whitespaces = 5).
"""

from __future__ import annotations

from dataclasses import replace

from ..ids import LexiconLike
from .pieces import BYTE_NAMES, SPACE, Piece, has_fallback, pieces_of, table_of
from .table import MAX_WORDS, Table
from .wire import bytes_field, fields, float_field, int_field

__all__ = ["dumps", "loads"]

KINDS = {"word": 1, "unknown": 2, "special": 3, "user": 4, "unused": 5, "byte": 6}
MODEL_TYPES = {1: "unigram", 2: "BPE", 3: "word", 4: "char"}
ROLES = {"<unk>": 40, "<s>": 41, "<bos>": 41, "</s>": 42, "<eos>": 42, "<pad>": 43}


def dumps(lexicon: LexiconLike) -> tuple[bytes, int]:
    """Write a unigram model with byte fallback and without normalisation.

    Ids are those of `Tokenizer`.  SentencePiece needs more pieces, which follow and which encoding never gives: the
    bytes below 0x80 in addition to the characters, and ``<unk>``.  SentencePiece writes a space as U+2581; a piece
    that contains a real U+2581 is left unused.
    """
    pieces, held = pieces_of(lexicon, space=SPACE, spare_ascii=True)
    out = [bytes_field(1, _piece(piece)) for piece in pieces]
    roles = {40: -1, 41: -1, 42: -1, 43: -1}
    for number, piece in enumerate(pieces):
        if piece.kind in ("special", "unknown") and roles.get(ROLES.get(piece.text, 0)) == -1:
            roles[ROLES[piece.text]] = number
    trainer = int_field(3, 1) + int_field(4, len(pieces)) + int_field(35, int(has_fallback(lexicon)))
    trainer += b"".join(int_field(field, number & (1 << 64) - 1) for field, number in roles.items())
    normalizer = bytes_field(1, b"identity") + int_field(3, 0) + int_field(4, 0) + int_field(5, 1)
    out += [bytes_field(2, trainer), bytes_field(3, normalizer)]
    return b"".join(out), held


def _piece(piece: Piece) -> bytes:
    score = float_field(2, piece.score)
    kind = b"" if piece.kind == "word" else int_field(3, KINDS[piece.kind])
    return bytes_field(1, piece.text.encode()) + score + kind


def loads(data: bytes) -> Table:
    """Read the pieces with their ids and scores; how the model normalises text is recorded in ``meta``."""
    pieces: list[Piece] = []
    trainer, normalizer = {3: 1, 35: 0}, {3: 1, 4: 1, 5: 1}  # defaults of the format
    name, charsmap = "", False
    for number, _, begin, end in fields(data, 0, len(data)):
        if number == 1:
            pieces.append(_read_piece(data, begin, end, len(pieces)))
            if len(pieces) > MAX_WORDS:
                raise ValueError(f"byte {begin}: more than {MAX_WORDS:,} pieces are not a vocabulary.")
        elif number == 2:
            trainer |= {n: int(v) for n, v, _, _ in fields(data, begin, end)}
        elif number == 3:
            for n, v, at, last in fields(data, begin, end):
                normalizer[n] = int(v)
                name = data[at:last].decode("utf-8", "replace") if n == 1 else name
                charsmap |= n == 2 and last > at
    if not pieces:
        raise ValueError("byte 0: there is not one piece; this is not a SentencePiece model.")
    if trainer[3] != 1:
        kind = MODEL_TYPES.get(trainer[3], str(trainer[3]))
        raise ValueError(f"this is a {kind} model; only unigram models can be read.")
    highest = max((piece.score for piece in pieces if piece.kind == "word"), default=0.0)
    for piece in pieces:
        if piece.kind == "user":  # SentencePiece weighs them so that they always win
            piece.kind, piece.score = "word", min(len(piece.text.encode()) * highest - 0.1, 0.0)
    table = table_of(
        pieces, method="sentencepiece", space=SPACE if normalizer[5] else " ", fallback=bool(trainer[35])
    )
    named = name.strip() or ("custom" if charsmap else "identity")
    table.meta = replace(table.meta, normalizer=named, dummy_prefix=bool(normalizer[3]))
    return table


def _read_piece(data: bytes, begin: int, end: int, number: int) -> Piece:
    text, score, kind = "", 0.0, 1
    for field, value, at, last in fields(data, begin, end):
        if field == 1:
            try:
                text = data[at:last].decode()
            except UnicodeDecodeError as error:
                raise ValueError(f"byte {at + error.start}: piece {number} is not UTF-8.") from None
        elif field == 2:
            score = float(value)
        elif field == 3:
            kind = int(value)
    kinds = {code: name for name, code in KINDS.items()}
    if kind not in kinds or (kind == KINDS["byte"] and text not in BYTE_NAMES):
        raise ValueError(f"byte {begin}: piece {number}, {text[:40]!r}, is of an unknown kind.")
    return Piece(text, score, kinds[kind])
