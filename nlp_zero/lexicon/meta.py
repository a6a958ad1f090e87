"""How a lexicon was made, and how a tokenizer must read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import index
from types import MappingProxyType
from typing import Any

import numpy as np

from .._kernels.counting import ALNUM_MODES
from .._utils.validation import check_choice, check_integer, check_number

__all__ = ["ARITHMETICS", "MAX_CLASSES", "MAX_GRANULARITY", "MAX_IDS", "OBJECTIVES", "UNITS", "LexiconMeta"]

OBJECTIVES = ("unigram", "classes", "shortest")
ARITHMETICS = ("exact", "single", "double")  # in the order of the numbers of the kernel
UNITS = ("char", "byte")
MAX_CLASSES = 255  # of words
MAX_IDS = 1 << 28  # tables of ids must fit into memory
MAX_GRANULARITY = 1000.0  # nats; then every text has the fewest, or the most, tokens
LISTS = (
    "specials", "special_ids", "byte_ids", "own_words", "forbidden_words", "forced_words", "phrase_rounds",
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class LexiconMeta:
    """How a lexicon was made.  Immutable; `dataclasses.replace` or `Lexicon.with_meta` makes a changed one.

    None means that a value is not known.  The fields from `unit` to `granularity` change how `Tokenizer` segments text
    and numbers tokens; the others only describe.

    Parameters
    ----------
    unit : {"char", "byte"}, default "char"
        Whether words are made of characters or of bytes.
    byte_fallback : bool, default False
        Whether the words include all 256 bytes, so that nothing is unknown.
    boundaries : bool, default True
        Whether no word crosses punctuation, symbols and spaces.
    objective : {"unigram", "classes", "shortest"}, default "unigram"
        Whether the best segmentation is the most probable one, the most probable one with the links of word classes, or
        the one with the fewest tokens; see `Tokenizer`.
    alnum : {"token", "join", "split"} or None
        How digits and Latin letters are treated, see `Tokenizer`.
    new_words : float or None
        Share of the tokens that are expected to be words that the lexicon lacks, from 0 to less than 1.
    unk_log_prob : float or None
        ln p of a symbol that is not a word, in nats, from -1e6 to 0.
    specials : tuple of str, default ()
        Names of the special tokens.
    special_ids, byte_ids : tuple of int, default ()
        Ids of the special tokens and of the 256 bytes in the model of another program.
    unk_id : int or None
        Id of unknown text in the model of another program.
    arithmetic : {"exact", "single", "double"}, default "exact"
        How the scores of a vocabulary are added up: without rounding or, so that the best segmentation is that of the
        program whose model it is, as SentencePiece does (sums are 32-bit floating-point numbers) or as Hugging Face
        tokenizers and BytePiece do (64 bits).
    own_words, forbidden_words, forced_words : tuple of str, default ()
        Words that are added, never cut, and always one token: `words`, `forbid` and `force` of `Tokenizer`.
    granularity : float, default 0
        Cost of a token in nats, from -1000 to 1000, see `Tokenizer`.
    method : str or None
        The builder (``"pmi"``, ``"entropy"``, ``"bayes"``, ``"vocabulary"``) or the format of another program's model.
    algorithm : str or None
        How `VocabularyBuilder` chose the pieces.
    max_length, max_piece_length : int or None
        Longest word or piece that the builder looked for, in symbols.
    characters, tokens : int or None
        Size of the text in characters, and in tokens of the builder's own segmentation.
    documents : int or None
        Number of documents in which words were counted (column ``df``).
    bytes_per_token : float or None
        Average size of a token in UTF-8 bytes.
    entropy_before, entropy_after : float or None
        Information of the text in characters and in words, in nats per character.
    class_links : tuple of tuple of int, default ()
        How often a word of one class follows one of another: a row for each class, then one for the end of a run.
    seed, classes, sweeps : int or None
        Seed, number of latent classes and number of sweeps of `BayesLexiconBuilder`.
    sampled : int or None
        Number of symbols that `BayesLexiconBuilder` learnt from; None if it learnt from all of them.
    examples : int or None
        Number of lines cut by hand that taught the builder; None if it learnt from raw text alone.
    estimated : bool, default False
        Whether the counts of the words were estimated from counts of n-grams, without the text.
    interrupted : bool, default False
        Whether sampling was stopped before it had settled.
    phrase_rounds : tuple of float, default ()
        Information before and after each round of `PhraseBuilder`, in nats per character.
    normalizer : str or None
        Unicode normalisation that another program applies to text first; `Tokenizer` does not.
    dummy_prefix : bool, default False
        Whether another program puts a space in front of the text; `Tokenizer` does not.
    other : mapping of str to str, int or float, default empty
        Fields of files of other versions; they are kept and written back.

    Raises
    ------
    ValueError
        If a value is not one of those above.

    Examples
    --------
    >>> meta = LexiconMeta(method="pmi", alnum="join")
    >>> meta
    LexiconMeta(alnum='join', method='pmi')
    >>> meta.alnum, meta.unit, meta.seed
    ('join', 'char', None)
    """

    unit: str = "char"
    byte_fallback: bool = False
    boundaries: bool = True
    objective: str = "unigram"
    alnum: str | None = None
    new_words: float | None = None
    unk_log_prob: float | None = None
    specials: tuple[str, ...] = ()
    special_ids: tuple[int, ...] = ()
    byte_ids: tuple[int, ...] = ()
    unk_id: int | None = None
    arithmetic: str = "exact"
    own_words: tuple[str, ...] = ()
    forbidden_words: tuple[str, ...] = ()
    forced_words: tuple[str, ...] = ()
    granularity: float = 0.0
    method: str | None = None
    algorithm: str | None = None
    max_length: int | None = None
    max_piece_length: int | None = None
    characters: int | None = None
    tokens: int | None = None
    documents: int | None = None
    bytes_per_token: float | None = None
    entropy_before: float | None = None
    entropy_after: float | None = None
    class_links: tuple[tuple[int, ...], ...] = ()
    seed: int | None = None
    classes: int | None = None
    sweeps: int | None = None
    sampled: int | None = None
    examples: int | None = None
    estimated: bool = False
    interrupted: bool = False
    phrase_rounds: tuple[float, ...] = ()
    normalizer: str | None = None
    dummy_prefix: bool = False
    other: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for item in fields(self):
            object.__setattr__(self, item.name, _plain(getattr(self, item.name)))
        check_choice("unit", self.unit, UNITS)
        check_choice("objective", self.objective, OBJECTIVES)
        check_choice("arithmetic", self.arithmetic, ARITHMETICS)
        if self.alnum is not None:
            check_choice("alnum", self.alnum, ALNUM_MODES)
        if self.new_words is not None and not check_number("new_words", self.new_words, least=0, most=1) < 1:
            raise ValueError(f"new_words must be less than 1, not {self.new_words!r}.")
        if self.unk_log_prob is not None:
            check_number("unk_log_prob", self.unk_log_prob, least=-1e6, most=0)
        check_number("granularity", self.granularity, least=-MAX_GRANULARITY, most=MAX_GRANULARITY)
        self._check_ids()
        object.__setattr__(self, "class_links", _check_links(self.class_links))
        for name in ("byte_fallback", "boundaries", "estimated", "interrupted", "dummy_prefix"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be True or False, not {getattr(self, name)!r}.")
        known = [item.name for item in fields(self) if item.name in self.other]
        if known:
            raise ValueError(f"other must not contain {known[0]!r}, which is a field of LexiconMeta.")
        object.__setattr__(self, "other", MappingProxyType({name: _plain(x) for name, x in self.other.items()}))

    def _check_ids(self) -> None:
        for name in LISTS:
            if isinstance(getattr(self, name), str):
                raise ValueError(f"{name} must be a tuple, not one string.")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("special_ids", "byte_ids"):
            for number in getattr(self, name):
                check_integer(name, number, least=0, most=MAX_IDS - 1)
        if self.unk_id is not None:
            check_integer("unk_id", self.unk_id, least=0, most=MAX_IDS - 1)
        if self.special_ids and len(self.special_ids) != len(self.specials):
            raise ValueError(
                f"special_ids must be one for each of the {len(self.specials)} specials, not {len(self.special_ids)}."
            )
        if len(self.byte_ids) not in (0, 256):
            raise ValueError(f"byte_ids must be 256 numbers, not {len(self.byte_ids)}.")

    def __repr__(self) -> str:
        """Show the fields that are not at their defaults; of `class_links` the shape."""
        values = {item.name: getattr(self, item.name) for item in fields(self)} | {"other": dict(self.other)}
        if self.class_links:
            values["class_links"] = f"{len(self.class_links)} x {len(self.class_links)}"
        usual = {item.name: item.default for item in fields(self)} | {"other": {}}
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items() if value != usual[name])
        return f"LexiconMeta({shown})"

    def __reduce__(self) -> tuple[object, ...]:
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return _rebuild, (values | {"other": dict(self.other)},)

    @property
    def segmentation(self) -> tuple[object, ...]:
        """The values of the fields that change how text is segmented and tokens are numbered."""
        return (
            self.unit, self.byte_fallback, self.boundaries, self.objective, self.alnum, self.new_words,
            self.unk_log_prob, self.specials, self.special_ids, self.byte_ids, self.unk_id,
            self.arithmetic, self.own_words, self.forbidden_words, self.forced_words, self.granularity,
            self.class_links,
        )  # fmt: skip


def _plain(value: Any) -> Any:
    """Return a scalar of NumPy as a number of Python, which JSON knows."""
    return value.item() if isinstance(value, np.generic) else value


def _check_links(links: object) -> tuple[tuple[int, ...], ...]:
    """Return a square table of counts as tuples; raises `ValueError` if it is not one."""
    try:
        rows = tuple(tuple(map(index, row)) for row in links)  # type: ignore[attr-defined]
    except TypeError:
        rows = ((-1,),)
    if any(len(row) != len(rows) or min(row) < 0 or max(row) >= 1 << 63 for row in rows) or len(rows) > MAX_CLASSES + 1:
        raise ValueError(
            "class_links must be a square table of counts: a row and a column for each class, and one for the end of "
            f"a run, of at most {MAX_CLASSES} classes."
        )
    return rows


def _rebuild(values: dict[str, object]) -> LexiconMeta:
    return LexiconMeta(**values)  # type: ignore[arg-type]
