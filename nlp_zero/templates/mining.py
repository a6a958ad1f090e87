"""Mining templates: from words to patterns of words.

Source of the minimum-entropy principle for templates: "飞象过河", kexue.fm/archives/5577.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._kernels.templates import Fillings
from .._utils.progress import Advance, begin_stage, progress_bar
from .._utils.threads import in_order
from .._utils.validation import check_choice, check_folder, check_integer, check_memory, check_number
from ..errors import CorpusError
from .boundaries import BoundaryModel
from .candidates import chain_pairs, find_candidates, select_anchors
from .clause_pairs import mine_clause_pairs
from .clauses import EveryGroup, check_token_lists
from .fillings import MAX_FILLINGS, choose_examples
from .inventory import TemplateInventory
from .numbered_grammar import Form, NumberedGrammar
from .numbering import NumberedCorpus
from .skipgrams import mine_skipgrams
from .template import Template

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32Array = npt.NDArray[np.int32]
    Int64Array = npt.NDArray[np.int64]
    Float64Array = npt.NDArray[np.float64]

__all__ = ["TemplateMiner"]

METHODS = ("entropy", "skipgram")
DEFAULT_WINDOWS = {"entropy": 12, "skipgram": 5}  # words
MAX_ITERATIONS = 1000
WORD_BYTES = 320  # memory for each word that is mined, at most
MIN_USES = 2  # a template with fewer expected uses is dropped
MIN_EXTENDED_USES = 10  # uses of a pair that is also tried with slots or words around it
MAX_SINGLE_WORDS = 300  # most frequent words that are tried with slots around them
# First guesses of how often an extended candidate is used, as shares of the uses of what it extends.
CHAIN_SHARE, OUTER_SLOT_SHARE, SINGLE_WORD_SHARE = 0.5, 0.1, 0.05

ClausePiece = tuple[int, "Int32Array", "Int64Array"]  # place, words, offsets; see NumberedCorpus.clause_pieces


class TemplateMiner:
    """Finds the templates of a corpus that is cut into words.

    ``entropy`` fits a template grammar (`TemplateGrammar`) by expectation maximisation to the distinct clauses, and
    drops templates that do not shorten the description.  Candidates are pairs of frequent words with a slot between
    (at least `min_fillers` distinct fillings, PMI above 0.2 nats), the same with a slot before or after them,
    contiguous words (PMI above 0.2 nats), and single words with slots around them.

    ``skipgram`` links each word to the partner on its right, fewer than `window` words away, with the greatest PMI
    among the pairs with p > `min_proba` and PMI > `min_pmi`; chains of links are templates.

    Templates with a slot between words are first, by the nats that they save; then all others.  Ties: by their words.

    Parameters
    ----------
    method : {"entropy", "skipgram"}
        How templates are found.
    window : int, optional
        Words from the first to the last word of a candidate, from 3 to 64; 12 by default for ``entropy``, 5 for
        ``skipgram``.
    min_fillers : int, default 5
        Least number of distinct fillings of a template.
    min_pmi : float, default 2.0
        For ``skipgram``: least PMI of a link, nats.
    min_proba : float, default 1e-5
        For ``skipgram``: least share of all pairs that a link has.
    iterations : int, default 6
        For ``entropy``: rounds of expectation maximisation.
    across_clauses : bool, default False
        Also find pairs of words that open neighbouring clauses of a sentence: 虽然 … ， 但 ….
    max_examples : int, default 3
        Fillings that are kept for each template.
    workers : int, default 1
        Threads; they never change a result.
    progress : bool, default False
        Show a progress bar on stderr.
    memory : int, str or None, default None
        Memory budget in bytes, or a size like ``"512M"``, in addition to up to 150 MB for Python and its libraries.  If
        the text has more than a word (or mark) for each 320 bytes, a sample of it is mined, spread evenly; then
        ``meta["text_words"]`` of the inventory is the number of words and marks of the whole text.
    temp_dir : str or path-like, optional
        The folder of the temporary files, of about 8 bytes a word; by default that of the system.

    Raises
    ------
    ValueError
        If an option is not of its type or out of bounds.

    Examples
    --------
    >>> texts = [["从", f"甲{k}", "到", f"乙{k}"] for k in range(50)]
    >>> miner = TemplateMiner(max_examples=2)
    >>> miner
    TemplateMiner(method='entropy', window=12, min_fillers=5)
    >>> inventory = miner.mine(texts)
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
        max_examples: int = 3,
        workers: int = 1,
        progress: bool = False,
        memory: int | str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.method = check_choice("method", method, METHODS)
        self.window = DEFAULT_WINDOWS[method] if window is None else check_integer("window", window, least=3, most=64)
        self.min_fillers = check_integer("min_fillers", min_fillers)
        self.min_pmi = check_number("min_pmi", min_pmi)
        self.min_proba = check_number("min_proba", min_proba, least=0, most=1)
        self.iterations = check_integer("iterations", iterations, most=MAX_ITERATIONS)
        self.across_clauses = bool(across_clauses)
        self.max_examples = check_integer("max_examples", max_examples, least=0)
        self.workers = check_integer("workers", workers)
        self.progress = bool(progress)
        self.memory, self._budget = memory, check_memory(memory)
        self.temp_dir = check_folder("temp_dir", temp_dir)

    def __repr__(self) -> str:
        across = ", across_clauses=True" if self.across_clauses else ""
        return (
            f"TemplateMiner(method={self.method!r}, window={self.window}, min_fillers={self.min_fillers}{across})"
        )

    def mine(self, token_lists: Iterable[Sequence[str]]) -> TemplateInventory:
        """Find the templates of a corpus.

        Parameters
        ----------
        token_lists : iterable of sequence of str
            Sentences or lines as lists of words, punctuation included; read more than once, with a budget once more.

        Returns
        -------
        TemplateInventory
            Templates, best first, with counts of words outside templates (``entropy``) and boundary statistics.

        Raises
        ------
        TypeError
            If a text, or an iterator that can be read only once, is given.
        CorpusError
            If the corpus has no words.
        """
        begin_stage("reading text")
        token_lists, text_words = self._take_sample(check_token_lists(token_lists, restartable=True))
        with NumberedCorpus(token_lists, self.temp_dir) as corpus:
            if not corpus.word_count:
                raise CorpusError("The corpus has no words, so there is nothing to mine; give a text with words in it.")
            begin_stage("fitting templates")
            if self.method == "entropy":
                templates, grammar = self._mine_by_entropy(corpus)
            else:
                templates, grammar = self._mine_by_skipgrams(corpus), None
            if self.across_clauses:
                begin_stage("pairing clauses")
                across = mine_clause_pairs(
                    corpus, min_count=self.min_fillers, examples=self.max_examples, budget=self._budget
                )
                templates = _add_clause_pairs(templates, across)
            meta: dict[str, str | int] = {
                "method": self.method, "words": corpus.word_count, "segments": corpus.clause_count,
            }  # fmt: skip
            if text_words is not None:
                meta["text_words"] = text_words
            leaves, q = {}, 0.5
            if grammar is not None:
                leaves = dict(zip(corpus.words[1:], grammar.leaf_counts[1:].tolist(), strict=True))
                q = grammar.q
        begin_stage("measuring boundaries")
        boundaries = BoundaryModel.train(token_lists)
        templates.sort(key=_rank_key)
        return TemplateInventory(templates, q=q, meta=meta, leaves=leaves, boundaries=boundaries)

    def _take_sample(
        self, token_lists: Iterable[Sequence[str]]
    ) -> tuple[Iterable[Sequence[str]], int | None]:
        """Return token lists that fit into the budget, and if they are a sample, the words and marks of all."""
        if self._budget is None:
            return token_lists, None
        words = 0
        for tokens in token_lists:
            words += len(tokens)
        stride = -(-words * WORD_BYTES // self._budget)
        return (token_lists, None) if stride <= 1 else (EveryGroup(token_lists, stride), words)

    def _mine_by_skipgrams(self, corpus: NumberedCorpus) -> list[Template]:
        return mine_skipgrams(
            corpus,
            window=self.window,
            min_pmi=self.min_pmi,
            min_proba=self.min_proba,
            min_fillers=self.min_fillers,
            examples=self.max_examples,
        )

    def _mine_by_entropy(self, corpus: NumberedCorpus) -> tuple[list[Template], NumberedGrammar]:
        word_counts = corpus.counts.astype(np.float64)
        total = (self.iterations + 1) * corpus.clause_count
        with progress_bar(self.progress, "mining", total=total, unit=" clauses") as advance:
            forms = find_candidates(corpus, window=self.window, min_fillers=self.min_fillers)
            uses = np.array(list(forms.values()))
            grammar = NumberedGrammar(list(forms), uses, word_counts, corpus.clause_count)
            for iteration in range(self.iterations):
                uses = self._expected_uses(grammar, corpus, advance)
                grammar = _update_counts(grammar, uses, word_counts)
                if iteration:
                    grammar = grammar.restrict((uses >= MIN_USES) & (grammar.gains() > 0))
                else:
                    grammar = _add_longer_forms(grammar, corpus, set(forms))
            return self._describe(grammar, corpus, advance), grammar

    def _expected_uses(self, grammar: NumberedGrammar, corpus: NumberedCorpus, advance: Advance) -> Float64Array:
        """Return the expected uses of each template (expectation step)."""

        def count(piece: ClausePiece) -> tuple[Float64Array, int]:
            _, words, offsets = piece
            return grammar.expected_uses(words, offsets), len(offsets) - 1

        total = np.zeros(len(grammar.forms))
        for uses, clauses in in_order(corpus.clause_pieces(), count, self.workers):
            total += uses
            if advance is not None:
                advance(clauses)
        return total

    def _describe(self, grammar: NumberedGrammar, corpus: NumberedCorpus, advance: Advance) -> list[Template]:
        """Return the templates with the fillings of the most probable parses."""

        def parse(piece: ClausePiece) -> tuple[ClausePiece, tuple[Int32Array, Int64Array]]:
            _, words, offsets = piece
            return piece, grammar.best_parses(words, offsets)

        fillings = Fillings(MAX_FILLINGS)
        for (place, words, offsets), (spans, ends) in in_order(corpus.clause_pieces(), parse, self.workers):
            fillings.add(spans, ends, words, offsets, place)
            if advance is not None:
                advance(len(offsets) - 1)
        examples, distinct = choose_examples(fillings, corpus.clause_text(), corpus.words, self.max_examples)
        gains, pmis, probabilities = grammar.gains(), grammar.pmis(), grammar.counts / grammar.units
        return [
            Template(
                tuple(corpus.words[word] if word else None for word in form),
                count=float(grammar.counts[label]),
                fillers=distinct.get(label, 0),
                pmi=float(pmis[label]),
                gain=float(gains[label]),
                probability=float(probabilities[label]),
                examples=examples.get(label, ()) if 0 in form else (),
            )
            for label, form in enumerate(grammar.forms)
        ]


def _add_clause_pairs(templates: list[Template], across: Iterable[Template]) -> list[Template]:
    """Return all templates, without clause pairs that are worth more inside clauses."""
    gains = {template.items: template.gain for template in templates}
    return templates + [t for t in across if t.gain > gains.get(t.items, -math.inf)]


def _rank_key(template: Template) -> tuple[object, ...]:
    return (not template.is_gapped, -template.gain, tuple(item or "" for item in template.items))


def _update_counts(grammar: NumberedGrammar, uses: Float64Array, word_counts: Float64Array) -> NumberedGrammar:
    """Return the grammar with new counts; an occurrence of a word that no template uses is outside templates."""
    in_templates = np.bincount(grammar.items, weights=uses[grammar.owners], minlength=len(word_counts))
    leaf_counts = np.maximum(word_counts - in_templates, 0)
    leaf_counts[0] = 0
    return NumberedGrammar(grammar.forms, uses, leaf_counts, grammar.segments)


def _add_longer_forms(grammar: NumberedGrammar, corpus: NumberedCorpus, known: set[Form]) -> NumberedGrammar:
    """Add pairs with a slot before or after, chains of pairs, and single words with slots around them."""
    uses_of = dict(zip(grammar.forms, grammar.counts.tolist(), strict=True))
    frequent = {form: uses for form, uses in uses_of.items() if uses >= MIN_EXTENDED_USES and _is_pair(form)}
    for form, uses in chain_pairs(frequent, known).items():
        uses_of.setdefault(form, CHAIN_SHARE * uses)
    for form, uses in frequent.items():
        if 0 in form:
            uses_of[(0, *form)] = uses_of[(*form, 0)] = OUTER_SLOT_SHARE * uses
    for word in select_anchors(corpus)[:MAX_SINGLE_WORDS].tolist():
        uses = SINGLE_WORD_SHARE * float(grammar.leaf_counts[word])
        uses_of[word, 0] = uses_of[0, word] = uses_of[0, word, 0] = uses
    counts = np.array(list(uses_of.values()))
    return NumberedGrammar(list(uses_of), counts, grammar.leaf_counts, grammar.segments)


def _is_pair(form: Form) -> bool:
    return len(form) - form.count(0) == 2 and form[0] != 0 and form[-1] != 0
