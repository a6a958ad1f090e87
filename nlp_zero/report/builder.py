"""Collect what a report shows, and write it as a page."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from .._utils.files import write_text
from .._utils.immutable import Immutable
from .._utils.progress import begin_stage
from .._utils.validation import check_choice, check_integer
from ..builders.phrases import PhraseBuilder
from ..builders.pmi import PmiLexiconBuilder
from ..comparison import TextComparer
from ..corpus import Corpus, restartable
from ..errors import CorpusError
from ..lexicon.firmness import REQUIRED_SCORES
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..templates.mining import TemplateMiner
from ..templates.parser import TemplateParser
from ..tokenization.drawing import draw_segmentations
from ..tokenization.tokenizer import Tokenizer
from . import charts
from .language import LANGUAGES, read_texts
from .page import format_page
from .survey import Survey, survey_texts

if TYPE_CHECKING:
    from ..comparison import ComparisonTable
    from ..templates.inventory import TemplateInventory

__all__ = ["Report", "ReportBuilder"]

MAX_PHRASE_TOKENS = 5_000_000  # phrases and templates are looked for in texts up to this size; they are held in memory
MAX_COMPARED_WORDS = 5_000  # dots in the chart of a comparison
MAX_CONTEXT_CHARACTERS = 500_000  # of all contexts together, which keeps the page near 5 MB
CONTEXT_SIZE = 26  # characters of a context, about
NOT_DESCRIBED = ("method", "phrase_rounds")  # of the fields of a lexicon: shown elsewhere on the page
COLUMNS = ("count", "firmness", "pmi", "left_entropy", "right_entropy", "cohesion")


class Report(Immutable):
    """A page about a corpus.  Immutable.

    Parameters
    ----------
    html : str
        The whole page.
    words : int
        Number of words in its table.

    Examples
    --------
    >>> Report("<!doctype html>", 20)
    <Report of 20 words, 15 bytes>
    """

    __slots__ = ("html", "words")

    html: str
    words: int

    def __init__(self, html: str, words: int) -> None:
        self._set(html=html, words=words)

    def __repr__(self) -> str:
        return f"<Report of {self.words:,} words, {len(self.html.encode()):,} bytes>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file; an existing one is replaced.
        """
        with write_text(path) as file:
            file.write(self.html)


class ReportBuilder:
    """Makes a report: one HTML page that needs no network and no other file.

    Parameters
    ----------
    language : {"zh", "en"}, default "zh"
        Language of the page.
    name : str, optional
        Name of the corpus in the heading; by default that of the first file.
    max_words : int, default 50000
        The table shows at most this many words, the most reliable ones.
    contexts : int, default 3
        Contexts of each word; words at the end of the table get none where the page would become too large.
    workers : int, default 1
        Threads; they never change the result.

    Raises
    ------
    ValueError
        If an option is not of its type or out of bounds.
    ImportError
        By `build`, if the packages of the extra ``report`` are missing.

    Examples
    --------
    >>> ReportBuilder(language="en")
    ReportBuilder(language='en', max_words=50000, contexts=3)
    """

    def __init__(
        self,
        *,
        language: str = "zh",
        name: str | None = None,
        max_words: int = 50_000,
        contexts: int = 3,
        workers: int = 1,
    ) -> None:
        self.language = check_choice("language", language, LANGUAGES)
        self.name = name
        self.max_words = check_integer("max_words", max_words)
        self.contexts = check_integer("contexts", contexts, least=0)
        self.workers = check_integer("workers", workers)

    def __repr__(self) -> str:
        return (
            f"ReportBuilder(language={self.language!r}, max_words={self.max_words}, contexts={self.contexts})"
        )

    def build(
        self,
        texts: Iterable[str],
        *,
        lexicon: Lexicon | None = None,
        templates: TemplateInventory | None = None,
        against: Iterable[str] | None = None,
        known: Collection[str] = (),
        sentences: Sequence[str] = (),
        command: str = "",
    ) -> Report:
        """Make the report of a corpus.

        Parameters
        ----------
        texts : iterable of str
            The corpus; it is read more than once.
        lexicon : Lexicon, optional
            By default that of `PmiLexiconBuilder`.
        templates : TemplateInventory, optional
            By default those of `TemplateMiner`, if the text has at most 5 million tokens.
        against : iterable of str, optional
            Another text; words that are special to one of the two are shown.  They are those of `lexicon`; by default
            they are learnt from both texts together.
        known : collection of str, optional
            A dictionary; words that it lacks are marked as new.
        sentences : sequence of str, optional
            Sentences to draw; by default the first of a readable length.
        command : str, optional
            The command that repeats the report.

        Returns
        -------
        Report

        Raises
        ------
        CorpusError
            If the texts cannot be read, or have no words.
        ImportError
            If the packages of the extra ``report`` are missing.
        """
        started = time.monotonic()
        labels = read_texts(self.language)
        corpus = restartable(texts)
        learnt = lexicon is None
        if lexicon is None:
            lexicon = PmiLexiconBuilder(workers=self.workers).build(corpus)
        words = self._choose_words(check_lexicon(lexicon))
        if not words:
            raise CorpusError("no words of two or more characters were found, so there is nothing to report.")
        tokenizer = Tokenizer(lexicon)
        begin_stage("describing words")
        limit = MAX_CONTEXT_CHARACTERS // max(CONTEXT_SIZE * self.contexts, 1)
        survey = survey_texts(
            corpus, tokenizer, words[:limit], contexts=self.contexts, workers=self.workers
        )
        small = survey.tokens <= MAX_PHRASE_TOKENS
        if templates is None and small:
            templates = TemplateMiner(workers=self.workers).mine(_TokenLists(corpus, tokenizer, self.workers))
        begin_stage("drawing")
        data: dict[str, Any] = {
            "language": self.language,
            "table": self._make_table(lexicon, words, survey, known),
            "contexts": survey.contexts,
            "charts": self._draw_charts(lexicon, survey, corpus if small else None, labels),
        }
        comparison = None
        if against is not None:
            names = (self.name or _name(corpus, labels["this_text"]), _name(against, labels["other_text"]))
            if names[0] == names[1]:
                names = labels["this_text"], labels["other_text"]
            comparer = TextComparer(lexicon=None if learnt else lexicon, workers=self.workers)
            comparison = comparer.compare(corpus, restartable(against), names=names)
            data["compared"] = _list_compared(comparison)
            data["charts"]["comparison"] = charts.draw_comparison(labels)
        page = format_page(
            labels=labels,
            name=self.name or _name(corpus, "nlp-zero"),
            learnt=learnt,
            numbers=_count(lexicon, survey, corpus),
            limited=None if len(words) < self.max_words else (len(words), len(lexicon)),
            comparison=comparison,
            templates=templates,
            pictures=list(_draw_sentences(sentences or survey.sentences, tokenizer, templates, labels)),
            facts=_list_facts(lexicon, command, time.monotonic() - started, labels),
            data=data,
        )
        return Report(page, len(words))

    def _choose_words(self, lexicon: Lexicon) -> list[str]:
        return lexicon.top(self.max_words, by="firmness" if _has_firmness(lexicon) else "count", min_length=2)

    def _make_table(
        self, lexicon: Lexicon, words: Sequence[str], survey: Survey, known: Collection[str]
    ) -> dict[str, Any]:
        places = np.array([lexicon.index(word) for word in words], np.int64)
        columns: dict[str, Any] = {"word": list(words), "count": lexicon.counts[places].tolist()}
        scores = dict(lexicon.scores) | ({"firmness": lexicon.firmness} if _has_firmness(lexicon) else {})
        for name in COLUMNS[1:]:  # rounded as `show` prints them
            if name in scores:
                columns[name] = [None if x != x else float(f"{x:.2f}") for x in scores[name][places].tolist()]
        columns["occurrences"] = survey.counts[places].tolist()
        columns["documents"] = survey.documents[places].tolist()
        if known:
            dictionary = set(known)
            columns["is_new"] = [int(word not in dictionary) for word in words]
        return columns

    def _draw_charts(
        self, lexicon: Lexicon, survey: Survey, corpus: Iterable[str] | None, labels: Any
    ) -> dict[str, charts.Spec]:
        order = np.argsort(-survey.counts, kind="stable")
        words, counts = [lexicon.words[k] for k in order.tolist()], survey.counts[order].tolist()
        used = [(word, count) for word, count in zip(words, counts, strict=True) if count]
        drawn = {
            "rank_frequency": charts.draw_rank_frequency(words, counts, labels),
            "lengths": charts.draw_lengths(used, labels),
            "growth": charts.draw_growth(survey.growth, labels),
        }
        if "pmi" in lexicon.scores:
            drawn["cloud"] = charts.draw_cloud(labels)
        steps = list(_measure_information(lexicon, corpus, labels))
        if len(steps) > 1:
            drawn["information"] = charts.draw_information(steps, labels)
        return drawn


def _has_firmness(lexicon: Lexicon) -> bool:
    return "firmness" in lexicon.scores or lexicon.scores.keys() >= REQUIRED_SCORES


class _TokenLists:
    """The texts of a corpus as lists of words; can be read again and again."""

    def __init__(self, corpus: Iterable[str], tokenizer: Tokenizer, workers: int) -> None:
        self.corpus, self.tokenizer, self.workers = corpus, tokenizer, workers

    def __iter__(self) -> Iterator[Sequence[str]]:
        batches = self.corpus.batches() if isinstance(self.corpus, Corpus) else [list(self.corpus)]
        for texts in batches:
            yield from self.tokenizer.tokenize_batch(texts, workers=self.workers)


def _measure_information(
    lexicon: Lexicon, corpus: Iterable[str] | None, labels: Any
) -> Iterator[tuple[str, float]]:
    """Yield the information in nats per character after each step from characters to phrases."""
    meta = lexicon.meta
    if meta.entropy_before is not None:
        yield labels["step_characters"], meta.entropy_before
    rounds: Sequence[float] = meta.phrase_rounds
    if not rounds and corpus is not None and not lexicon.parts:
        rounds = PhraseBuilder().build(corpus, lexicon).meta.phrase_rounds
    if rounds:
        yield labels["step_words"], rounds[0]
        for number, value in enumerate(rounds[1:], 1):
            yield labels["step_phrases"].format(round=number), value
    elif meta.entropy_after is not None:
        yield labels["step_words"], meta.entropy_after


def _draw_sentences(
    sentences: Iterable[str], tokenizer: Tokenizer, templates: TemplateInventory | None, labels: Any
) -> Iterator[tuple[str, str, str]]:
    """Yield each sentence with pictures of its segmentations and of its structure (empty without templates)."""
    parser = None
    if templates is not None and templates.boundaries is not None:
        parser = TemplateParser(templates, tokenizer=tokenizer)
    for sentence in sentences:
        tokens = [(start, end, p) for start, end, _, p in tokenizer.marginals(sentence).tokens]
        lattice = draw_segmentations(
            sentence, tokens, tokenizer(sentence).spans, label=labels["probability"]
        )
        yield sentence, lattice, parser.parse(sentence).to_svg() if parser else ""


def _count(lexicon: Lexicon, survey: Survey, corpus: Iterable[str]) -> dict[str, str]:
    """Return the numbers at the top of the page, as text."""
    files = {"files": f"{len(corpus.files()):,}"} if isinstance(corpus, Corpus) else {}
    return files | {
        "texts": f"{survey.texts:,}",
        "characters": f"{survey.characters:,}",
        "alphabet": f"{survey.alphabet:,}",
        "tokens": f"{survey.tokens:,}",
        "lexicon_words": f"{len(lexicon):,}",
        "used_words": f"{int((survey.counts > 0).sum()):,}",
        "characters_per_token": f"{survey.characters / max(survey.tokens, 1):.2f}",
    }


def _list_facts(lexicon: Lexicon, command: str, seconds: float, labels: Any) -> list[tuple[str, str]]:
    facts = [
        (labels["method"], str(lexicon.meta.method or "–")),
        (labels["version"], f"nlp-zero {__version__}"),
        (labels["seconds"], f"{seconds:.1f}"),
        (labels["options"], _describe_meta(lexicon)),
    ]
    return facts + ([(labels["command"], command)] if command else [])


def _describe_meta(lexicon: Lexicon) -> str:
    """Return the fields that are not at their defaults, numbers with at most four digits after the point."""
    meta, default = lexicon.meta, type(lexicon.meta)()
    names = [name for name in meta.__dataclass_fields__ if getattr(meta, name) != getattr(default, name)]
    values = [getattr(meta, name) for name in names if name not in NOT_DESCRIBED]
    names = [name for name in names if name not in NOT_DESCRIBED]
    texts = [f"{value:.4f}" if isinstance(value, float) else str(value) for value in values]
    return " · ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True)) or "–"


def _list_compared(comparison: ComparisonTable) -> dict[str, Any]:
    """Return the rows of the chart: the words whose difference is surest, as columns."""
    order = np.argsort(-np.abs(comparison.g2), kind="stable")[:MAX_COMPARED_WORDS]
    return {
        "word": [comparison.words[k] for k in order.tolist()],
        "total": (comparison.count + comparison.other_count)[order].tolist(),
        "count": comparison.count[order].tolist(),
        "other_count": comparison.other_count[order].tolist(),
        "log_ratio": comparison.log_ratio[order].round(3).tolist(),
        "g2": comparison.g2[order].round(1).tolist(),
    }


def _name(texts: Iterable[str], default: str) -> str:
    files = texts.files() if isinstance(texts, Corpus) else []
    return Path(files[0]).name if files and files[0] != "-" else default

