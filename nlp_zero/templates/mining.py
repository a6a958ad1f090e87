"""Finding the templates of a corpus: from words to patterns of words ("飞象过河", kexue.fm/archives/5577)."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from .._kernels.templates import Fillings
from ..errors import CorpusError
from .boundaries import BoundaryModel
from .candidates import EXAMPLES, Form, anchors_of, candidates, clause_templates, examples_of, skipgram_templates
from .clauses import token_lists_of
from .grammar import Model
from .inventory import Template, TemplateInventory
from .numbers import NumberedCorpus

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

__all__ = ["TemplateMiner"]

Piece = tuple[int, "Ints", "Longs"]  # place, words, offsets: of `NumberedCorpus.clauses`
Result = TypeVar("Result")

MIN_LONGER = 10  # uses of a pair that is also tried with slots or words beside it
SINGLES = 300  # most frequent words that are tried with slots beside them


class TemplateMiner:
    """Finds the templates of a corpus that is cut into words.

    ``entropy`` fits a template grammar (`TemplateGrammar`) by expectation maximisation to the clauses, each different
    one counted once, and drops templates that do not shorten the description.  Candidates are pairs of frequent words
    with a slot between (at least `min_fillers` different fillings, PMI above 0.2 nats), the same with a slot before or
    after them, words side by side (PMI above 0.2 nats), and single words with slots beside them.
    ``skipgram`` links each word to the partner on its right, at most `window` words away, with the greatest PMI among
    the pairs with p > `min_proba` and PMI > `min_pmi`; chains of links are templates.

    Templates with a slot between words come first, by the nats that they save; then all others.  Ties: by their words.

    Parameters
    ----------
    method : {"entropy", "skipgram"}
    window
        Words from the first to the last anchor of a candidate: 12 for ``entropy``, 5 for ``skipgram`` unless given.
    min_fillers
        Least number of different fillings of a template.
    min_pmi, min_proba
        For ``skipgram``: in nats, and a share of all pairs.
    iterations
        For ``entropy``: rounds of expectation maximisation.
    across_clauses
        Also look for pairs of words that open neighbouring clauses of a sentence: 虽然 … ， 但 ….
    examples
        Fillings to keep for each template.
    workers
        Threads.  Never changes a result.
    progress
        Show a progress bar on stderr.

    Examples
    --------
    >>> texts = [["从", f"甲{k}", "到", f"乙{k}"] for k in range(50)]
    >>> inventory = TemplateMiner(examples=2).mine(texts)
    >>> print(inventory[0], inventory[0].examples)
    从 … 到 (('甲0',), ('甲1',))
    """

    def __init__(
        self,
        *,
        method: str = "entropy",
        window: int | None = None,
        min_fillers: int = 5,
        min_pmi: float = 2.0,
        min_proba: float = 1e-5,
        iterations: int = 6,
        across_clauses: bool = False,
        examples: int = 3,
        workers: int = 1,
        progress: bool = False,
    ) -> None:
        if method not in ("entropy", "skipgram"):
            raise ValueError(f"method must be 'entropy' or 'skipgram', not {method!r}.")
        self.window = (12 if method == "entropy" else 5) if window is None else window
        limits = (
            ("window", self.window, 3, 64),
            ("min_fillers", min_fillers, 1, 1 << 30),
            ("iterations", iterations, 1, 1000),
            ("examples", examples, 0, 1000),
            ("workers", workers, 1, 1024),
        )
        for name, value, least, most in limits:
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
        if not 0 <= min_proba < 1 or not math.isfinite(min_pmi):
            raise ValueError(f"min_proba must be from 0 to 1 and min_pmi a number, not {min_proba} and {min_pmi}.")
        self.method, self.min_fillers, self.iterations = method, min_fillers, iterations
        self.min_pmi, self.min_proba = min_pmi, min_proba
        self.across_clauses, self.examples, self.workers, self.progress = across_clauses, examples, workers, progress

    def mine(self, token_lists: Iterable[Sequence[str]]) -> TemplateInventory:
        """Find the templates of a corpus, given as lists of words; punctuation is among the words.

        Raises
        ------
        TypeError
            If a text, or an iterator that can be read only once, was given.
        CorpusError
            If there is not one word in it.
        """
        with NumberedCorpus(token_lists_of(token_lists, again=True)) as corpus:
            if not corpus.tokens:
                raise CorpusError("the corpus has no words, nothing to mine; give lists of words.")
            if self.method == "entropy":
                templates, model = self._by_entropy(corpus)
            else:
                templates, model = self._by_skipgrams(corpus), None
            if self.across_clauses:
                templates = _with(templates, clause_templates(corpus, self.min_fillers, self.examples))
            meta = {"method": self.method, "words": corpus.tokens, "segments": corpus.segments}
            leaves = {} if model is None else dict(zip(corpus.words[1:], model.leaf[1:].tolist(), strict=True))
            q = 0.5 if model is None else model.q
        boundaries = BoundaryModel.train(token_lists)
        return TemplateInventory(
            sorted(templates, key=_rank), q=q, meta=meta, leaves=leaves, boundaries=boundaries
        )

    def _by_skipgrams(self, corpus: NumberedCorpus) -> list[Template]:
        return skipgram_templates(
            corpus,
            window=self.window,
            min_pmi=self.min_pmi,
            min_proba=self.min_proba,
            min_fillers=self.min_fillers,
            examples=self.examples,
        )

    def _by_entropy(self, corpus: NumberedCorpus) -> tuple[list[Template], Model]:
        counts = corpus.counts.astype(np.float64)
        with self._bar((self.iterations + 1) * corpus.segments) as advance:
            forms = candidates(corpus, window=self.window, min_fillers=self.min_fillers)
            model = _guess(corpus, forms)
            for round_ in range(self.iterations):
                used = self._expected(model, corpus, advance)
                model = _refitted(model, used, counts)
                if round_:
                    model = model.part((used >= 2) & (model.gains() > 0))
                if round_ == 0:
                    model = _longer(model, corpus, set(forms))
            return self._described(model, corpus, advance), model

    def _expected(self, model: Model, corpus: NumberedCorpus, advance: Callable[[int], object]) -> Floats:
        used = np.zeros(len(model.forms))
        for counts, segments in self._map(lambda piece: _expected(model, piece), corpus.clauses()):
            used += counts
            advance(segments)
        return used

    def _described(self, model: Model, corpus: NumberedCorpus, advance: Callable[[int], object]) -> list[Template]:
        """Templates with the fillings that the best parses give them."""
        fillings = Fillings(EXAMPLES)
        for (place, words, offsets), (rows, trees) in self._map(lambda piece: _parsed(model, piece), corpus.clauses()):
            fillings.add(rows, trees, words, offsets, place)
            advance(len(offsets) - 1)
        examples, different = examples_of(fillings, corpus.clause_text(), corpus.words, self.examples)
        gains, pmis, probabilities = model.gains(), _pmis(model), model.counts / model.units
        return [
            Template(
                tuple(corpus.words[word] if word else None for word in form),
                count=float(model.counts[t]),
                fillers=different.get(t, 0),
                pmi=float(pmis[t]),
                gain=float(gains[t]),
                probability=float(probabilities[t]),
                examples=examples.get(t, ()) if 0 in form else (),
            )
            for t, form in enumerate(model.forms)
        ]

    def _map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """The results in order; only a few pieces are in memory at a time."""
        if self.workers == 1:
            yield from map(work, pieces)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.workers) as pool:
            waiting = []
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) > 2 * self.workers:
                    yield waiting.pop(0).result()
            for future in waiting:
                yield future.result()

    @contextmanager
    def _bar(self, total: int) -> Iterator[Callable[[int], object]]:
        if not self.progress:
            yield lambda done: None
            return
        from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

        options = {"unit": " clauses", "unit_scale": True, "leave": False, "dynamic_ncols": True}
        with tqdm(total=total, file=sys.stderr, **options) as bar:
            yield bar.update


def _expected(model: Model, piece: Piece) -> tuple[Floats, int]:
    _, words, offsets = piece
    return model.expected(words, offsets), len(offsets) - 1


def _parsed(model: Model, piece: Piece) -> tuple[Piece, tuple[Ints, Longs]]:
    _, words, offsets = piece
    return piece, model.best(words, offsets)


def _with(templates: list[Template], across: Iterable[Template]) -> list[Template]:
    """Both, but a pair that is worth more inside clauses is not listed again."""
    gains = {template.items: template.gain for template in templates}
    return templates + [t for t in across if t.gain > gains.get(t.items, -math.inf)]


def _rank(template: Template) -> tuple[object, ...]:
    return (not template.is_gapped, -template.gain, tuple(item or "" for item in template.items))


def _guess(corpus: NumberedCorpus, forms: dict[Form, float]) -> Model:
    return Model(list(forms), np.array(list(forms.values())), corpus.counts.astype(np.float64), corpus.segments)


def _refitted(model: Model, used: Floats, counts: Floats) -> Model:
    """Each word is an anchor or by itself, so the uses of templates tell how often each word is by itself."""
    leaf = np.maximum(counts - np.bincount(model.flat, weights=used[model.owner], minlength=len(counts)), 0)
    leaf[0] = 0
    return Model(model.forms, used, leaf, model.segments)


def _longer(model: Model, corpus: NumberedCorpus, known: set[Form]) -> Model:
    """Beside what is used often: pairs with a slot before or after, chains of pairs, words with slots beside them."""
    forms = dict(zip(model.forms, model.counts.tolist(), strict=True))
    often = {form: count for form, count in forms.items() if count >= MIN_LONGER and _is_pair(form)}
    for form, count in chains_of_pairs(often, known).items():
        forms.setdefault(form, 0.5 * count)
    for form, count in often.items():
        if 0 in form:
            forms[(0, *form)] = forms[(*form, 0)] = 0.1 * count
    for word in anchors_of(corpus)[:SINGLES].tolist():
        forms[word, 0] = forms[0, word] = forms[0, word, 0] = 0.05 * float(model.leaf[word])
    return Model(list(forms), np.array(list(forms.values())), model.leaf, model.segments)


def _is_pair(form: Form) -> bool:
    return len(form) - form.count(0) == 2 and form[0] != 0 and form[-1] != 0


def chains_of_pairs(often: dict[Form, float], known: set[Form]) -> dict[Form, float]:
    """Forms a b c, slots between or not: of the pairs a b, b c and a … c two are used often, and the third is known."""
    after: dict[int, list[Form]] = {}
    before: dict[int, list[Form]] = {}
    for form in often:
        after.setdefault(form[0], []).append(form)
        before.setdefault(form[-1], []).append(form)
    found: dict[Form, float] = {}
    for form, count in often.items():
        for tail in after.get(form[-1], ()):
            if (form[0], 0, tail[-1]) in known:
                found[(*form, *tail[1:])] = min(count, often[tail])
        if 0 in form:
            continue
        a, b = form
        for whole in after[a]:  # a b … c
            if 0 in whole and (b, 0, whole[-1]) in known:
                found[a, b, 0, whole[-1]] = min(count, often[whole])
        for whole in before[b]:  # c … a b
            if 0 in whole and (whole[0], 0, a) in known:
                found[whole[0], 0, a, b] = min(count, often[whole])
    return found


def _pmis(model: Model) -> Floats:
    """PMI between the anchors of each template: ln(uses * words / product of their counts), per pair of neighbours."""
    total = model.word_counts
    anchors = model.lengths - model.slots
    with np.errstate(divide="ignore"):
        log_p = np.log(total) - math.log(total.sum())
        log_t = np.log(model.counts / total.sum())
    whole = log_t - model.over_anchors(log_p)
    return np.where((anchors > 1) & (model.counts > 0), whole / np.maximum(anchors - 1, 1), 0.0)
