"""The vocabulary of another model: its ``tokenizer.json``, and the tokens that it cuts lines into."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._utils.file_kinds import read_own_file
from ..._utils.progress import Advance
from ...errors import FormatError
from ...lexicon.formats.huggingface import BYTES
from ...lexicon.formats.json import parse_json

if TYPE_CHECKING:
    import numpy.typing as npt
    from tokenizers import Encoding, Tokenizer

__all__ = [
    "BaseVocabulary",
    "Words",
    "collect_words",
    "count_tokens",
    "cut_lines",
    "encode_lines",
    "load_base",
    "make_tokenizer",
    "require_pieces",
    "spell",
]

LINES_PER_CALL = 2000
BYTE_LEVEL = "ByteLevel"


@dataclass(frozen=True)
class BaseVocabulary:
    """A ``tokenizer.json`` that can be extended.

    Attributes
    ----------
    name : str
        The file, for messages.
    value : dict
        Its content.
    kind : {"BPE", "Unigram"}
    size : int
        The greatest id, plus 1.
    byte_level : bool
        Whether pieces are written in the letters of ByteLevel, one for each byte.
    """

    name: str
    value: dict[str, Any]
    kind: str
    size: int
    byte_level: bool

    @property
    def model(self) -> dict[str, Any]:
        """The field ``model``."""
        model: dict[str, Any] = self.value["model"]
        return model

    @property
    def pieces(self) -> dict[int, str]:
        """The piece or added token of each id, as the file writes it."""
        vocab = self.model["vocab"]
        pieces = {number: piece for piece, number in vocab.items()} if self.kind == "BPE" else {}
        if self.kind == "Unigram":
            pieces = {number: entry[0] for number, entry in enumerate(vocab)}
        return pieces | self.added

    @property
    def added(self) -> dict[int, str]:
        """The added tokens by id."""
        return {token["id"]: token["content"] for token in self.value.get("added_tokens") or []}


@dataclass(frozen=True)
class Words:
    """The distinct words of a text, as tokens of a vocabulary.

    Attributes
    ----------
    tokens : ndarray of uint32
        The tokens of all words, one word after the other.
    ends : ndarray of uint64, shape (words,)
        Where the tokens of each word end.
    counts : ndarray of uint64, shape (words,)
        How often each word occurs.
    """

    tokens: npt.NDArray[np.uint32]
    ends: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.uint64]


def load_base(base: object) -> BaseVocabulary:
    """Read a vocabulary and check that it can be extended.

    Parameters
    ----------
    base : str, path-like, dict, or a tokenizer of ``tokenizers`` or ``transformers``
        A file, its content, or an object that has it.

    Returns
    -------
    BaseVocabulary

    Raises
    ------
    FormatError
        If the file is missing or damaged, or the model is neither Unigram nor a byte-level BPE.
    """
    name, value = _read_value(base)
    try:
        return _check(name, value)
    except ValueError as error:
        raise FormatError(f"{name}, {error}") from None


def _read_value(base: object) -> tuple[str, Any]:
    if isinstance(base, str | os.PathLike):
        name = os.fspath(base)
        data = read_own_file(name, "the tokenizer.json of a model", "name such a file")
        try:
            return str(name), parse_json(data)
        except ValueError as error:
            raise FormatError(f"{name}, {error}") from None
    if isinstance(base, Mapping):
        return "base", json.loads(json.dumps(base))
    tokenizer: Any = getattr(base, "backend_tokenizer", base)  # of transformers
    if not hasattr(tokenizer, "to_str"):
        raise TypeError(
            "base must be the name of a tokenizer.json, its content or a tokenizer of the package tokenizers, not "
            f"{type(base).__name__}."
        )
    return "base", json.loads(tokenizer.to_str())


def _check(name: str, value: Any) -> BaseVocabulary:
    if not isinstance(value, dict) or not isinstance(value.get("model"), dict):
        raise ValueError("model: this JSON is not a tokenizer.json: it has no model.")
    model = value["model"]
    kind = model.get("type", "BPE" if "merges" in model else "Unigram")
    byte_level = _mentions(value.get("pre_tokenizer"), BYTE_LEVEL) or _mentions(value.get("normalizer"), BYTE_LEVEL)
    if kind not in ("BPE", "Unigram"):
        raise ValueError(
            f"model: its type is {str(kind)[:40]}; only a Unigram model or a byte-level BPE can be extended."
        )
    if kind == "BPE" and not byte_level:
        raise ValueError(
            "pre_tokenizer: this BPE is not byte-level (it has no ByteLevel); only a Unigram model or a byte-level BPE "
            "can be extended."
        )
    for option in ("continuing_subword_prefix", "end_of_word_suffix", "dropout"):
        if model.get(option):
            raise ValueError(f"model.{option}: it is {model[option]!r}; only a model without it can be extended.")
    vocab = model.get("vocab")
    if not isinstance(vocab, dict if kind == "BPE" else list) or not vocab:
        raise ValueError("model.vocab: it must be the pieces with their ids or scores.")
    make_tokenizer(value)
    added = [token["id"] for token in value.get("added_tokens") or []]
    last = max(vocab.values()) if isinstance(vocab, dict) else len(vocab) - 1
    return BaseVocabulary(name, value, kind, max(last, *added, 0) + 1, byte_level)


def _mentions(step: Any, kind: str) -> bool:
    """Return whether a step of the pipeline, or a part of it, is of a kind."""
    if isinstance(step, list):
        return any(_mentions(part, kind) for part in step)
    return isinstance(step, dict) and (step.get("type") == kind or any(_mentions(part, kind) for part in step.values()))


def make_tokenizer(value: Mapping[str, Any]) -> Tokenizer:
    """Return the tokenizer of a ``tokenizer.json``, which neither truncates nor pads.

    Raises
    ------
    ImportError
        If the package tokenizers is not installed.
    ValueError
        If tokenizers cannot read it.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise ImportError("A base needs the package tokenizers; run: pip install 'nlpzero[extend]'.") from None
    try:
        tokenizer = Tokenizer.from_str(json.dumps(value))
    except Exception as error:  # tokenizers raises no other class
        reason = str(error).strip().rstrip(".")
        raise ValueError(f"the package tokenizers cannot read it ({reason}); make the file again.") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def spell(piece: str, *, byte_level: bool) -> bytes:
    """Return the UTF-8 bytes of a piece as the file writes it."""
    if byte_level and all(letter in BYTES for letter in piece):
        return bytes(BYTES[letter] for letter in piece)
    return piece.encode("utf-8", "surrogatepass")


def encode_lines(tokenizer: Tokenizer, lines: Sequence[str], advance: Advance = None) -> Iterator[Encoding]:
    """Yield the encoding of each line, without the tokens that a model puts around a text."""
    yield from _encode(tokenizer.encode_batch, lines, advance)


def count_tokens(tokenizer: Tokenizer, lines: Sequence[str], size: int) -> npt.NDArray[np.int64]:
    """Return how often each of `size` ids occurs in the encoding of lines."""
    counts = np.zeros(size, np.int64)
    for encoding in _encode(tokenizer.encode_batch_fast, lines):
        np.add.at(counts, np.array(encoding.ids, np.int64), 1)
    return counts


def _encode(encode: Callable[..., list[Encoding]], lines: Sequence[str], advance: Advance = None) -> Iterator[Encoding]:
    """Yield what a method of a tokenizer makes of each line.

    Raises
    ------
    FormatError
        If the model has no token for a character.
    """
    for begin in range(0, len(lines), LINES_PER_CALL):
        chunk = lines[begin : begin + LINES_PER_CALL]
        try:
            yield from encode(chunk, add_special_tokens=False)
        except Exception as error:  # tokenizers raises no other class
            reason = str(error).strip().rstrip(".")
            raise FormatError(
                f"the base cannot encode this text ({reason}); use a base that has bytes or an unknown token."
            ) from None
        if advance is not None:
            advance(len(chunk))


def collect_words(encodings: Iterable[Encoding]) -> Words:
    """Return the distinct words (pre-tokens) of encoded lines; an added token is a word of its own."""
    words: dict[tuple[int, ...], int] = {}
    for encoding in encodings:
        ids, owners = tuple(encoding.ids), encoding.word_ids
        begin = 0
        for place in range(1, len(ids) + 1):
            if place == len(ids) or owners[place] != owners[begin]:
                word = ids[begin:place]
                words[word] = words.get(word, 0) + 1
                begin = place
    lengths = np.fromiter(map(len, words), np.uint64, len(words))
    tokens = np.fromiter((number for word in words for number in word), np.uint32, int(lengths.sum()))
    return Words(tokens, np.cumsum(lengths, dtype=np.uint64), np.fromiter(words.values(), np.uint64, len(words)))


def cut_lines(base: BaseVocabulary, tokenizer: Tokenizer, lines: Iterable[str]) -> list[str]:
    """Return the words of lines: what the normalizer and the pre-tokenizer of the base make of them."""
    names = sorted(base.added.values(), key=len, reverse=True)
    between = re.compile("|".join(map(re.escape, names)) if names else "(?!)")
    normalizer, splitter = tokenizer.normalizer, tokenizer.pre_tokenizer
    words: list[str] = []
    for line in lines:
        for part in between.split(line):
            text = normalizer.normalize_str(part) if normalizer is not None else part
            words += [word for word, _ in splitter.pre_tokenize_str(text)] if splitter is not None else [text]
    return [word for word in words if word]


def require_pieces(number: int, most: int) -> None:
    """Make sure that the text has enough strings that save tokens."""
    if number > most:
        raise ValueError(
            f"{number} new pieces are more than this text yields: give more text, or add at most {most} pieces."
        )
