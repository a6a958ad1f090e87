"""From examples and the words of an unsupervised builder to a cut of the text in the convention of the examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.counting import Alphabet
from ..._utils.threads import for_each
from ...counting.counts import NgramCounts, alphabet_of
from ...errors import CorpusError
from .columns import split_blocks
from .examples import CUT, OPEN, ExampleLines, ExampleRun, allowed_tags, parse_examples
from .field import PRIME, Evidence, FieldReader, PooledMeans, apply_field, find_runs, train_field

if TYPE_CHECKING:
    import numpy.typing as npt

    Float32 = npt.NDArray[np.float32]
    SymbolArray = npt.NDArray[np.uint32]

__all__ = [
    "EncodedExamples",
    "Teacher",
    "Teaching",
    "count_cut_words",
    "encode_words",
    "join_evidence",
    "read_teaching",
]


class EncodedExamples:
    """The runs of examples, with the symbol ids of a corpus.

    Parameters
    ----------
    runs : list of ExampleRun
        See `ExampleLines.split`.
    alphabet : Alphabet
        Of the corpus.
    """

    def __init__(self, runs: list[ExampleRun], alphabet: Alphabet) -> None:
        number = {str(symbol): k for k, symbol in enumerate(alphabet.symbols, 1)}
        self.runs: list[tuple[bytes, npt.NDArray[np.uint8]]] = []
        for run in runs:
            ids = np.array([number.get(symbol, 0) for symbol in run.symbols], np.uint32)
            if np.all(ids > 0):
                self.runs.append((ids.tobytes(), np.frombuffer(run.gaps, np.uint8)))
        self._agreed = self._agree()
        distinct = [np.frombuffer(key, np.uint32) for key in self._agreed]
        self._keys = np.unique([_make_key(ids[:1], ids[-1:], np.array([len(ids)])) for ids in distinct])

    def _agree(self) -> dict[bytes, npt.NDArray[np.uint8]]:
        """Return for each distinct run what all examples of it agree on."""
        agreed: dict[bytes, npt.NDArray[np.uint8]] = {}
        open_: dict[bytes, npt.NDArray[np.bool_]] = {}
        for ids, gaps in self.runs:
            before = agreed.get(ids)
            if before is None:
                agreed[ids], open_[ids] = gaps.copy(), np.zeros(len(gaps), bool)
                continue
            open_[ids] |= (before != OPEN) & (gaps != OPEN) & (before != gaps)
            agreed[ids] = np.where(before == OPEN, gaps, before)
        return {ids: np.where(open_[ids], OPEN, gaps).astype(np.uint8) for ids, gaps in agreed.items()}

    def find(self, text: SymbolArray) -> Iterator[tuple[int, bytes]]:
        """Yield where a text has a run of the examples, and its symbols."""
        runs = find_runs(text).astype(np.int64)
        begins, ends = runs[:, 0], runs[:, 1]
        likely = np.isin(_make_key(text[begins], text[ends - 1], ends - begins), self._keys)
        for begin, end in runs[likely].tolist():
            ids = text[begin:end].tobytes()
            if ids in self._agreed:
                yield begin, ids

    def missing_runs(self, texts: Iterable[SymbolArray]) -> SymbolArray:
        """Return the runs that texts lack, each closed by a 0."""
        left = dict.fromkeys(self._agreed)
        for text in texts:
            for _, ids in self.find(text):
                left.pop(ids, None)
        closed = bytes(4)
        return np.frombuffer(b"".join(ids + closed for ids in left), np.uint32)

    def clamp(self, text: SymbolArray, begins: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Cut the runs of the examples as these say, in place; mark their positions."""
        taught = np.zeros(len(text), bool)
        for begin, ids in self.find(text):
            gaps = self._agreed[ids]
            here = slice(begin, begin + len(gaps))
            begins[here] = np.where(gaps == OPEN, begins[here], gaps == CUT)
            taught[here] = True
        return taught

    def collect(self, evidence: Sequence[Evidence]) -> tuple[Evidence, npt.NDArray[np.uint8]]:
        """Return the evidence at the runs of all examples, and the tags that these allow."""
        found: dict[bytes, tuple[int, int]] = {}
        for number, one in enumerate(evidence):
            for begin, ids in self.find(one.text):
                found.setdefault(ids, (number, begin))
        pieces, gaps = [], []
        for ids, own in self.runs:
            if ids in found:
                number, begin = found[ids]
                places = np.append(np.arange(begin, begin + len(own)), -1)  # the last symbol of a text is a boundary
                pieces.append(evidence[number].take(places))
                gaps += [own, np.zeros(1, np.uint8)]
        labels = np.concatenate(gaps)
        joined = join_evidence(pieces)
        return joined, allowed_tags(labels, np.append(joined.text[1:] == 0, True))


def _make_key(first: SymbolArray, last: SymbolArray, length: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Return a number for the ends and the length of runs; different runs rarely have the same one."""
    ends = first.astype(np.uint64) << np.uint64(32) | last
    return np.asarray((ends ^ length.astype(np.uint64)) * PRIME)


def join_evidence(pieces: Sequence[Evidence]) -> Evidence:
    """Return several texts as one."""
    fields = (
        [getattr(piece, name) for piece in pieces] for name in ("text", "length", "begins", "last_length", "last_class")
    )
    return Evidence(*(None if parts[0] is None else np.concatenate(parts) for parts in fields))  # type: ignore[arg-type]


class Teacher:
    """Learns from examples how to cut a text.

    Parameters
    ----------
    reader : FieldReader
        How texts are read.
    examples : EncodedExamples
        The examples.
    evidence : list of Evidence
        The text to learn from: whole, or a large part of the corpus.  It has all runs of the examples.
    workers : int, default 1
        Threads; they never change a result.

    Notes
    -----
    A first field learns from the examples and is applied to the text.  What it says of each gap is averaged over the
    places with the same symbols around the gap; the second field has these means as additional columns.
    """

    def __init__(
        self, reader: FieldReader, examples: EncodedExamples, evidence: Sequence[Evidence], *, workers: int = 1
    ) -> None:
        self._reader, self._examples, self._workers = reader, examples, workers
        self._pooled: PooledMeans | None = None
        training, allowed = examples.collect(evidence)
        self._field = train_field(reader.read(training), allowed)
        texts = []
        for one in evidence:
            begins = self.begins(one)
            taught = examples.clamp(one.text, begins > 0.5)
            texts.append((one.text, begins, taught.astype(np.uint8)))
        self._pooled = PooledMeans(texts)
        self._field = train_field(reader.read(training, self._pooled.read(training.text)), allowed)

    def __getstate__(self) -> dict[str, object]:
        """Return the state for another process, a task of a cluster, which has one thread."""
        return {**self.__dict__, "_workers": 1}

    def begins(self, evidence: Evidence) -> Float32:
        """Return the probability that a word begins at each position; 1 at boundaries."""
        out = np.empty(len(evidence.text), np.float32)

        def work(block: tuple[int, int]) -> None:
            here = slice(*block)
            part = evidence.take(np.arange(*block))
            pooled = None if self._pooled is None else self._pooled.read(part.text)
            out[here] = apply_field(self._field, self._reader.read(part, pooled))

        for_each(split_blocks(evidence.text), work, self._workers)
        return out

    def cut(self, evidence: Evidence) -> npt.NDArray[np.bool_]:
        """Return where words begin, and at each boundary: what is more probable, examples as they were given."""
        begins = self.begins(evidence) > 0.5
        self._examples.clamp(evidence.text, begins)
        return begins


def encode_words(words: Iterable[str], alphabet: Alphabet) -> SymbolArray:
    """Return the words of a word list whose symbols all occur in a corpus, as symbol ids, each closed by a 0."""
    size = len(alphabet)
    encoded = [alphabet.encode(word) for word in words]
    kept = [ids for ids in encoded if np.count_nonzero(ids) == len(ids) - 1 > 0 and int(ids.max()) <= size]
    return np.concatenate(kept) if kept else np.zeros(0, np.uint32)


def count_cut_words(text: SymbolArray, begins: npt.NDArray[np.bool_], symbols: Sequence[str]) -> Counter[str]:
    """Count the words of a cut text.

    Parameters
    ----------
    text : ndarray of uint32
        Encoded text; 0 is a boundary.
    begins : ndarray of bool
        Where words begin; also True at boundaries.
    symbols : sequence of str
        The symbols with ids 1, 2, ...
    """
    names = ["", *symbols]
    inside = text > 0
    starts = np.flatnonzero(begins & inside)
    ends = np.append(np.flatnonzero(begins), len(text))
    ends = ends[np.searchsorted(ends, starts, "right")]
    lengths = np.array([len(name) for name in names])
    offset = np.append(0, np.cumsum(lengths[text]))
    joined = "".join([names[k] for k in text.tolist()])
    return Counter(joined[a:b] for a, b in zip(offset[starts].tolist(), offset[ends].tolist(), strict=True))


class Teaching:
    """What a user teaches: lines cut by hand, and perhaps a word list.

    Parameters
    ----------
    examples : ExampleLines
        The lines.
    known_words : list of str
        The word list; empty for none.
    """

    def __init__(self, examples: ExampleLines, known_words: list[str]) -> None:
        self.examples, self.known_words = examples, known_words

    def encode(self, counts: NgramCounts, added: list[str]) -> EncodedExamples:
        """Return the examples with the symbol ids of a corpus.

        Parameters
        ----------
        counts : NgramCounts
            Of the corpus with the lines added.
        added : list of str
            Lines of the examples that the corpus itself lacks.

        Raises
        ------
        CorpusError
            If the corpus itself has no symbol of the examples, or a line does not fit.
        """
        runs = self.examples.split(counts.alnum)
        own = Counter("".join(added))
        symbols = {symbol for run in runs for symbol in run.symbols}
        if all(len(symbol) == 1 and counts[symbol] <= own[symbol] for symbol in symbols):
            raise CorpusError(
                f"{self.examples.name}: no character of the lines occurs in the corpus; give lines of its language."
            )
        return EncodedExamples(runs, alphabet_of(counts))

    def encode_known_words(self, alphabet: Alphabet) -> SymbolArray | None:
        """Return the word list as symbol ids, each word closed by a 0; None without one."""
        return encode_words(self.known_words, alphabet) if self.known_words else None


def read_teaching(examples: Iterable[str] | ExampleLines | None, known_words: Iterable[str] | None) -> Teaching | None:
    """Return what is taught; None without examples.

    Raises
    ------
    CorpusError
        If the examples cannot be learnt from; see `parse_examples`.
    ValueError
        If there is a word list without examples.
    """
    if examples is None:
        if known_words is not None:
            raise ValueError("known_words help to learn from examples, and there are none; give examples too.")
        return None
    if isinstance(known_words, str):
        raise TypeError("known_words: expected many words, not a single string; write [word] for a word.")
    if not isinstance(examples, ExampleLines):
        examples = parse_examples(examples)
    return Teaching(examples, [] if known_words is None else list(known_words))
