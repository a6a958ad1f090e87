"""Numbered pieces with scores: the content of the unigram models of other programs.

Readers turn pieces into a lexicon that keeps the ids; writers number the words of a lexicon as `Tokenizer` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..ids import LexiconLike, TokenIds, byte_token
from ..meta import LexiconMeta
from .table import MAX_WORDS, Table

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["BYTE_NAMES", "Piece", "has_fallback", "model_scores", "pieces_of", "table_of"]

BYTE_NAMES = {f"<0x{byte:02X}>": byte for byte in range(256)}
SPACE = "\u2581"
UNKNOWN_PENALTY = 10.0  # nats below the lowest score: what SentencePiece and tokenizers charge for an unknown character
TOKEN_NATS, TIE_NATS = 5.0, 5.0 / 32  # objective="shortest": cost of a token, and the most that its probability adds


@dataclass
class Piece:
    """One piece.  kind: word, byte, special, unknown or unused; a byte's text is its name, as ``<0x0A>``."""

    text: str
    score: float = 0.0
    kind: str = "word"


def model_scores(lexicon: LexiconLike) -> npt.NDArray[np.float64]:
    """Return scores, in nats, that make a unigram decoder segment as `Tokenizer` does.

    ``objective="unigram"``: ln p.  ``"shortest"``: a cost of 5 nats a token and up to 5/32 more, in proportion to
    -ln p, so that fewer tokens win and ties go to the more probable.  At 5 nats a token, a receiver that charges 10
    nats more than the lowest score for an unknown character counts it as three tokens: the bytes of a Chinese
    character.
    """
    log_probs = lexicon.log_probs
    if lexicon.meta.objective != "shortest" or not len(log_probs):
        return log_probs
    return -TOKEN_NATS - TIE_NATS * log_probs / min(float(log_probs.min()), -1e-9)


def pieces_of(lexicon: LexiconLike, *, space: str = " ", spare_ascii: bool) -> tuple[list[Piece], int]:
    """Return the pieces of a lexicon by id, then missing bytes and an unknown piece; also the number of words in them.

    A piece is left unused if another one has its text, if its text contains `space`, or if it is not UTF-8.

    Parameters
    ----------
    lexicon : Lexicon
    space : str
        How the receiver writes a space.
    spare_ascii : bool
        Whether bytes below 0x80 need pieces of their own in addition to those of the characters.

    Returns
    -------
    list of Piece, int
    """
    ids, scores = TokenIds(lexicon), model_scores(lexicon).tolist()
    pieces: list[Piece | None] = [None] * ids.size
    for number, name in zip(ids.special_ids, ids.specials, strict=True):
        pieces[number] = Piece(name, 0.0, "unknown" if name == "<unk>" else "special")
    if ids.unknown >= 0:
        pieces[ids.unknown] = Piece("<unk>", 0.0, "unknown")
    for byte, number in enumerate(ids.byte_ids):
        pieces[number] = Piece(byte_name(byte), 0.0, "byte")
    for number, word, score in zip(ids.numbers[1:].tolist(), lexicon.words, scores, strict=True):
        pieces[number] = _piece(word, score, space, ids.fallback)
    names = {piece.text for piece in pieces if piece and piece.kind != "word"}
    for piece in pieces:
        if piece and piece.kind == "word" and (piece.text in names or piece.text in BYTE_NAMES):
            piece.kind = "unused"
    held = sum(pieces[number].kind in ("word", "byte") for number in ids.numbers[1:].tolist())
    single = set() if spare_ascii else {word for word in lexicon.words if len(word) == 1 and "\0" < word < "\x80"}
    needed = [byte_name(byte) for byte in range(256) if chr(byte) not in single] if has_fallback(lexicon) else []
    full = [piece or Piece("", 0.0, "unused") for piece in pieces]
    full += [Piece(name, 0.0, "byte") for name in needed if name not in names]
    if not any(piece.kind == "unknown" for piece in full):
        full.append(Piece("<unk>", 0.0, "unknown"))
    for number, piece in enumerate(full):
        if piece.kind == "unused":
            piece.text = f"<unused_{number}>"
    return full, held


def has_fallback(lexicon: LexiconLike) -> bool:
    """Return whether the exported model has byte fallback: plain lexicons get it, vocabularies if they have it."""
    return lexicon.meta.byte_fallback or lexicon.meta.boundaries


def byte_name(byte: int) -> str:
    """Return the name of the piece of a byte, as ``<0x0A>``."""
    return f"<0x{byte:02X}>"


def _piece(word: str, score: float, space: str, fallback: bool) -> Piece:
    if fallback and len(word) == 1 and (word == "\0" or "\udc80" <= word <= "\udcff"):
        return Piece(byte_name(ord(word) & 0xFF), 0.0, "byte")
    try:
        word.encode()
    except UnicodeEncodeError:  # bytes that are not whole characters
        return Piece(word, score, "unused")
    if "\0" in word or (space != " " and space in word):
        return Piece(word, score, "unused")
    return Piece(word.replace(" ", space), score)


def table_of(pieces: Sequence[Piece], *, method: str, space: str = " ", fallback: bool) -> Table:
    """Return the table of a unigram model: its pieces as words, with their ids and scores (ln p).

    If there is a piece for a character and one for its byte, the first is used; `Tokenizer.decode` knows both.
    """
    if len(pieces) > MAX_WORDS:
        raise ValueError(f"it has {len(pieces):,} pieces; nlp-zero reads at most {MAX_WORDS:,}.")
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
                raise ValueError(f"piece {number}: {piece.text!r} is empty or occurs twice.")
            if not -1e6 <= piece.score <= 0:
                raise ValueError(f"piece {number}: the score {piece.score} is not a log-probability from -1e6 to 0.")
            words[text] = (number, piece.score)
    for byte in range(256) if fallback else ():
        token = byte_token(byte)
        if byte in byte_ids:
            words.setdefault(token, (byte_ids[byte], unk))
        elif token not in words:
            raise ValueError(f"the model has byte fallback but no piece {byte_name(byte)}.")
    meta = LexiconMeta(
        method=method,
        boundaries=False,
        unk_log_prob=unk,
        specials=tuple(name for name, _ in specials),
        special_ids=tuple(number for _, number in specials),
        byte_fallback=fallback,
        byte_ids=tuple(byte_ids.get(b, words[byte_token(b)][0]) for b in range(256)) if fallback else (),
        unk_id=unknown if unknown >= 0 else None,
    )
    ids, scores = zip(*words.values(), strict=True) if words else ((), ())
    counts = [round(math.exp(score) * 1e9) for score in scores]  # so that the most probable come first
    return Table(list(words), counts, {"id": ids, "log_prob": scores}, meta)
