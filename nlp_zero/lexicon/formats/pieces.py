"""Numbered pieces with scores: the content of the unigram models of other programs.

Readers turn pieces into a lexicon that keeps the ids; writers number the words of a lexicon as `Tokenizer` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.counting import Alphabet
from ..._kernels.elementary import exp, log
from ..ids import LexiconLike, TokenIds, byte_token
from ..meta import LexiconMeta
from ..scores import scores_of_pieces
from .table import MAX_WORDS, Table

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["BYTE_NAMES", "Piece", "has_fallback", "model_scores", "pieces_of", "table_of"]

BYTE_NAMES = {f"<0x{byte:02X}>": byte for byte in range(256)}
SPACE = "\u2581"
UNKNOWN_PENALTY = 10.0  # nats below the lowest score: what SentencePiece and tokenizers charge for an unknown character
# Why words are left out.
PARTS = "pieces that are parts of characters"
SIGNS = "pieces with U+0000 or U+2581"
NAMES = "pieces that are the names of special tokens or bytes"
PAIRED_MARKS = ("……", "——")
NEVER = "words that cross punctuation, numbers or Latin words"
# Punctuation and symbols of Chinese and Western text: ASCII and Latin-1, general and CJK punctuation, arrows,
# operators, lines and shapes; digits and Latin letters, of half and full width.
MARKS = ((0x20, 0xFF), (0x2010, 0x2044), (0x2100, 0x2122), (0x2190, 0x2199), (0x2200, 0x22FF), (0x2500, 0x2606),
         (0x3000, 0x303F), (0xFE30, 0xFE6B), (0xFF00, 0xFFEF))  # fmt: skip
LATIN = [chr(start + k) for start in (0, 0xFEE0) for k in range(0x30, 0x7B) if chr(k).isalnum()]


@dataclass
class Piece:
    """One piece.  kind: word, byte, special, unknown or unused; a byte's text is its name, as ``<0x0A>``."""

    text: str
    score: float = 0.0
    kind: str = "word"


def model_scores(lexicon: LexiconLike) -> npt.NDArray[np.float64]:
    """Return scores, in nats, that make a unigram decoder segment as `Tokenizer` does.

    Those of another program's model are kept.
    """
    if lexicon.meta.arithmetic != "exact" and lexicon.meta.objective == "unigram":
        return lexicon.log_probs
    return scores_of_pieces(lexicon.log_probs, lexicon.meta.objective)


def pieces_of(lexicon: LexiconLike, *, space: str = " ", spare_ascii: bool) -> tuple[list[Piece], dict[str, int]]:
    """Return the pieces of a lexicon by id, then missing bytes, an unknown piece and, for plain lexicons, characters.

    Also return how many words are left out, by reason: their pieces are unused.

    Parameters
    ----------
    lexicon : Lexicon
    space : str
        How the receiver writes a space.
    spare_ascii : bool
        Whether bytes below 0x80 need pieces of their own in addition to those of the characters.

    Returns
    -------
    list of Piece, dict of str to int
    """
    ids, scores = TokenIds(lexicon), model_scores(lexicon).tolist()
    pieces: list[Piece | None] = [None] * (ids.size - len(ids.kinds))  # that model has no kinds
    for number, name in zip(ids.special_ids, ids.specials, strict=True):
        pieces[number] = Piece(name, 0.0, "unknown" if name == "<unk>" else "special")
    if ids.unknown >= 0:
        pieces[ids.unknown] = Piece("<unk>", 0.0, "unknown")
    for byte, number in enumerate(ids.byte_ids):
        pieces[number] = Piece(byte_name(byte), 0.0, "byte")
    never = words_without_use(lexicon)
    left_out: Counter[str] = Counter()
    names = {*BYTE_NAMES, *(piece.text for piece in pieces if piece)}
    for number, word, score in zip(ids.numbers[1:].tolist(), lexicon.words, scores, strict=True):
        piece = _piece(word, score, space, ids.fallback)
        if piece.kind == "word" and piece.text in names:
            piece = Piece(word, score, NAMES)
        elif word in never:
            piece = Piece(word, score, NEVER)
        if piece.kind not in ("word", "byte"):
            left_out[piece.kind] += 1
            piece.kind = "unused"
        pieces[number] = piece
    held_names = {piece.text for piece in pieces if piece and piece.kind != "word"}
    single = set() if spare_ascii else {word for word in lexicon.words if len(word) == 1 and "\0" < word < "\x80"}
    needed = [byte_name(byte) for byte in range(256) if chr(byte) not in single] if has_fallback(lexicon) else []
    full = [piece or Piece("", 0.0, "unused") for piece in pieces]
    full += [Piece(name, 0.0, "byte") for name in needed if name not in held_names]
    if not any(piece.kind == "unknown" for piece in full):
        full.append(Piece("<unk>", 0.0, "unknown"))
    full += [Piece(char.replace(" ", space), score) for char, score in characters_of(lexicon).items()]
    for number, piece in enumerate(full):
        if piece.kind == "unused":
            piece.text = f"<unused_{number}>"
    return full, dict(left_out)


def is_plain(lexicon: LexiconLike) -> bool:
    """Return whether the words are words, without pieces that cross boundaries."""
    return lexicon.meta.boundaries and not lexicon.meta.byte_fallback


def words_without_use(lexicon: LexiconLike) -> set[str]:
    """Return the words of a plain lexicon that no segmentation has: they cross punctuation, numbers or Latin words."""
    if not is_plain(lexicon):
        return set()
    chars = {char for word in lexicon.words for char in word}
    marks, latin = _without_letters(chars, "split"), _without_letters(chars, "token")
    whole = (lexicon.meta.alnum or "token") == "token"
    return {
        word for word in lexicon.words
        if len(word) > 1
        and (not marks.isdisjoint(word) or (whole and not latin.isdisjoint(word) and not latin.issuperset(word)))
    }  # fmt: skip


def characters_of(lexicon: LexiconLike) -> dict[str, float]:
    """Return characters and their scores that make other programs split text as `Tokenizer` does.

    A plain lexicon does not hold punctuation, which would become bytes, and not every character of its words.
    """
    if not is_plain(lexicon):
        return {}
    words = set(lexicon.words)
    unknown = lexicon.meta.unk_log_prob
    if unknown is None:
        unknown = -log(int(lexicon.counts.sum()) + 1) - 1
    inside = {char for word in lexicon.words for char in word if not "\ud800" <= char <= "\udfff"}
    marks = _without_letters((chr(point) for first, last in MARKS for point in range(first, last + 1)), "split")
    # The pairs are one token of ours; the tie with two single marks goes to the longer piece.
    pairs = PAIRED_MARKS if lexicon.meta.alnum in (None, "token") else ()
    scores = dict.fromkeys([*sorted(marks - words - {SPACE}), *(pair for pair in pairs if pair not in words)], 0.0)
    return scores | dict.fromkeys(sorted((inside | set(LATIN)) - marks - words), unknown)


def _without_letters(chars: Iterable[str], alnum: str) -> set[str]:
    """Return the characters that are no symbols of words: punctuation and, if `alnum` is "token", digits and Latin."""
    alphabet = Alphabet(alnum=alnum)
    return {char for char in chars if not any(alphabet.encode(char))}


def has_fallback(lexicon: LexiconLike) -> bool:
    """Return whether the exported model has byte fallback: plain lexicons get it, vocabularies if they have it."""
    return lexicon.meta.byte_fallback or lexicon.meta.boundaries


def byte_name(byte: int) -> str:
    """Return the name of the piece of a byte, as ``<0x0A>``."""
    return f"<0x{byte:02X}>"


def _piece(word: str, score: float, space: str, fallback: bool) -> Piece:
    """Return the piece of a word; its kind is the reason if the receiver cannot hold it."""
    if fallback and len(word) == 1 and (word == "\0" or "\udc80" <= word <= "\udcff"):
        return Piece(byte_name(ord(word) & 0xFF), 0.0, "byte")
    try:
        word.encode()
    except UnicodeEncodeError:
        return Piece(word, score, PARTS)
    if "\0" in word or (space != " " and space in word):
        return Piece(word, score, SIGNS)
    return Piece(word.replace(" ", space), score)


def table_of(pieces: Sequence[Piece], *, method: str, arithmetic: str, space: str = " ", fallback: bool) -> Table:
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
        arithmetic=arithmetic,
        boundaries=False,
        unk_log_prob=unk,
        specials=tuple(name for name, _ in specials),
        special_ids=tuple(number for _, number in specials),
        byte_fallback=fallback,
        byte_ids=tuple(byte_ids.get(b, words[byte_token(b)][0]) for b in range(256)) if fallback else (),
        unk_id=unknown if unknown >= 0 else None,
    )
    ids, scores = zip(*words.values(), strict=True) if words else ((), ())
    counts = [round(exp(score) * 1e9) for score in scores]  # so that the most probable come first
    return Table(list(words), counts, {"id": ids, "log_prob": scores}, meta)
