"""What unigram models of other programs are made of: numbered pieces with scores.

Their readers turn pieces into a lexicon that keeps the numbers; their writers number a lexicon's words as `Tokenizer`
does, so that ids agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..ids import TokenIds, byte_token, join_names
from .table import MOST_WORDS, Table, Words

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["BYTE_NAMES", "Piece", "has_fallback", "model_scores", "pieces_of", "table_of"]

BYTE_NAMES = {f"<0x{byte:02X}>": byte for byte in range(256)}
SPACE = "\u2581"
UNKNOWN_PENALTY = 10.0  # nats below the lowest score: what SentencePiece and tokenizers charge for an unknown character
TOKEN, TIE = 5.0, 5.0 / 32  # nats of a token when the fewest are wanted, and at most how much more by its probability


@dataclass
class Piece:
    """One piece.  kind: word, byte, special, unknown or unused; a byte's text is its name, as ``<0x0A>``."""

    text: str
    score: float = 0.0
    kind: str = "word"


def model_scores(words: Words) -> npt.NDArray[np.float64]:
    """Scores with which a unigram decoder does as our tokenizer would, in nats, a word each.

    ``objective="unigram"``: ln p.  ``"shortest"``: 5 nats a token and up to 5/32 more, in proportion to -ln p, so that
    fewer tokens win and ties go to the more probable.  At 5 nats a token, a receiver that charges 10 more than
    the lowest score for an unknown character counts it as three tokens: the bytes of a Chinese character.
    """
    log_probs = words.log_probs
    if words.meta.get("objective") != "shortest" or not len(log_probs):
        return log_probs
    return -TOKEN - TIE * log_probs / min(float(log_probs.min()), -1e-9)


def pieces_of(words: Words, *, space: str = " ", spare_ascii: bool) -> tuple[list[Piece], int]:
    """The pieces of a lexicon by id, then bytes that it lacks and an unknown piece; also how many words they hold.

    A text that two pieces would have, that holds what `space` stands for, or that is not UTF-8, is left unused.

    Parameters
    ----------
    space
        How the receiver writes a space.
    spare_ascii
        Whether bytes below 0x80 need pieces of their own beside the characters.
    """
    ids, scores = TokenIds(words), model_scores(words).tolist()
    pieces: list[Piece | None] = [None] * ids.size
    for number, name in zip(ids.special_ids, ids.specials, strict=True):
        pieces[number] = Piece(name, 0.0, "unknown" if name == "<unk>" else "special")
    if ids.unknown >= 0:
        pieces[ids.unknown] = Piece("<unk>", 0.0, "unknown")
    for byte, number in enumerate(ids.byte_ids):
        pieces[number] = Piece(byte_name(byte), 0.0, "byte")
    for number, word, score in zip(ids.numbers[1:].tolist(), words.words, scores, strict=True):
        pieces[number] = _piece(word, score, space, ids.fallback)
    names = {piece.text for piece in pieces if piece and piece.kind != "word"}
    for piece in pieces:
        if piece and piece.kind == "word" and (piece.text in names or piece.text in BYTE_NAMES):
            piece.kind = "unused"
    held = sum(pieces[number].kind in ("word", "byte") for number in ids.numbers[1:].tolist())
    single = set() if spare_ascii else {word for word in words.words if len(word) == 1 and "\0" < word < "\x80"}
    needed = [byte_name(byte) for byte in range(256) if chr(byte) not in single] if has_fallback(words) else []
    full = [piece or Piece("", 0.0, "unused") for piece in pieces]
    full += [Piece(name, 0.0, "byte") for name in needed if name not in names]
    if not any(piece.kind == "unknown" for piece in full):
        full.append(Piece("<unk>", 0.0, "unknown"))
    for number, piece in enumerate(full):
        if piece.kind == "unused":
            piece.text = f"<unused_{number}>"
    return full, held


def has_fallback(words: Words) -> bool:
    """Whether unknown characters become bytes: in vocabularies if they say so, and for plain lexicons when exported."""
    return words.meta.get("byte_fallback", words.meta.get("boundaries", "yes")) == "yes"


def byte_name(byte: int) -> str:
    return f"<0x{byte:02X}>"


def _piece(word: str, score: float, space: str, fallback: bool) -> Piece:
    if fallback and len(word) == 1 and (word == "\0" or "\udc80" <= word <= "\udcff"):
        return Piece(byte_name(ord(word) & 0xFF), 0.0, "byte")
    try:
        word.encode()
    except UnicodeEncodeError:  # bytes that are no whole characters
        return Piece(word, score, "unused")
    if "\0" in word or (space != " " and space in word):
        return Piece(word, score, "unused")
    return Piece(word.replace(" ", space), score)


def table_of(pieces: Sequence[Piece], *, method: str, space: str = " ", fallback: bool) -> Table:
    """The lexicon of a unigram model: its pieces as words, with their ids and scores (ln p).

    Whoever has a piece for a character and one for its byte is served by the former; `Tokenizer.decode` knows both.
    """
    if len(pieces) > MOST_WORDS:
        raise ValueError(f"it has {len(pieces):,} pieces; nlp-zero reads at most {MOST_WORDS:,}.")
    normal = [piece.score for piece in pieces if piece.kind == "word"]
    unk = max(min(normal, default=0.0) - UNKNOWN_PENALTY, -1e6)
    words: dict[str, tuple[int, float]] = {}
    specials, byte_ids, unknown = [], {}, -1
    for number, piece in enumerate(pieces):
        if piece.kind == "byte":
            byte_ids[BYTE_NAMES[piece.text]] = number
        elif piece.kind == "special" or (piece.kind == "unknown" and fallback):
            specials.append((piece.text, number))
        elif piece.kind == "unknown":
            unknown = number
        elif piece.kind == "word":
            text = piece.text.replace(space, " ")
            if not text or text in words:
                raise ValueError(f"piece {number}: {piece.text!r} is empty or was there before.")
            if not -1e6 <= piece.score <= 0:
                raise ValueError(f"piece {number}: the score {piece.score} is no log-probability from -1e6 to 0.")
            words[text] = (number, piece.score)
    for byte in range(256) if fallback else ():
        token = byte_token(byte)
        if byte in byte_ids:
            words.setdefault(token, (byte_ids[byte], unk))
        elif token not in words:
            raise ValueError(f"it says byte fallback but has no piece {byte_name(byte)}.")
    meta: dict[str, object] = {
        "method": method, "unit": "char", "boundaries": "no", "objective": "unigram", "unk_log_prob": unk,
        "specials": join_names(name for name, _ in specials),
        "special_ids": " ".join(str(number) for _, number in specials),
    }  # fmt: skip
    if fallback:
        meta["byte_fallback"] = "yes"
        meta["byte_ids"] = " ".join(str(byte_ids.get(b, words[byte_token(b)][0])) for b in range(256))
    elif unknown >= 0:
        meta["unk_id"] = unknown
    ids, scores = zip(*words.values(), strict=True) if words else ((), ())
    counts = [round(math.exp(score) * 1e9) for score in scores]  # so that the most probable come first
    return Table(list(words), counts, {"id": ids, "log_prob": scores}, meta)
