"""Parsing: sentences as trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import Protocol

from .._kernels.counting import SPACE, has_property
from .._utils.immutable import Immutable
from .._utils.threads import in_order
from .._utils.validation import check_choice, check_integer, check_number
from ..errors import FormatError
from .boundaries import DEFAULT_PROMINENCE_NATS, BoundaryModel
from .clauses import split_clauses
from .grammar import SLOT, ParseSpan, TemplateGrammar
from .inventory import TemplateInventory, check_inventory
from .matching import TemplateMatcher
from .nodes import TreeNodes
from .template import Template
from .tree import ParseTree

__all__ = ["TemplateParser"]

METHODS = ("boundary", "chart")
BATCH_SENTENCES = 4096  # sentences that are parsed together
MAX_PROMINENCE_NATS = 100.0


class HasTokenize(Protocol):
    """An object that cuts texts into words, such as `nlp_zero.Tokenizer`."""

    def tokenize(self, text: str, /) -> Sequence[str]:
        """Return the words of a text."""


class TemplateParser(Immutable):
    """Parses sentences with the templates and statistics of an inventory.  Immutable, safe to share between threads.

    Parameters
    ----------
    inventory : TemplateInventory
        Templates with boundary statistics, as `TemplateMiner` makes them and `TemplateInventory.load` reads them.
    method : {"boundary", "chart"}
        ``"boundary"``: brackets by phrase boundaries, named by the templates that cover them.  ``"chart"``: the most
        probable parse by the template grammar alone.
    tokenizer : Tokenizer or callable, optional
        Cuts texts into words: an object with a ``tokenize`` method, or a function from str to a sequence of str.
        Without it, only lists of tokens can be parsed.
    prominence : float, default 0.4
        Nats by which both gaps around a bracket must exceed every gap inside it; higher values give fewer brackets.
    punctuation : bool, default True
        If False, punctuation is ignored (it is still part of the tree).

    Raises
    ------
    ValueError
        If an option is out of bounds, or the inventory has no grammar and `method` is ``"chart"``.
    TypeError
        If `inventory` is no inventory, or `tokenizer` cannot tokenize.
    FormatError
        If the inventory has no boundary statistics and `method` is ``"boundary"``.

    Examples
    --------
    >>> from nlp_zero import BoundaryModel
    >>> text = [["他", "从", "北京", "到", "上海", "，", "我", "从", "家", "到", "公司", "。"], ["从", "家", "来"]] * 5
    >>> boundaries = BoundaryModel.train(text)
    >>> parser = TemplateParser(TemplateInventory([Template(("从", None, "到", None))], boundaries=boundaries))
    >>> parser
    <TemplateParser: method='boundary', 1 templates>
    >>> tree = parser.parse(["我", "从", "家", "到", "上海", "。"])
    >>> tree.to_brackets()
    '(我 (从 家 (到 上海)) 。)'
    >>> str(tree.children[1].template), tree.children[1].content
    ('从 … 到 …', (('家',), ('上海',)))
    """

    _inventory: TemplateInventory
    _method: str
    _tokenizer: HasTokenize | Callable[[str], Sequence[str]] | None
    _tokenize: Callable[[str], Sequence[str]] | None
    _prominence: float
    _punctuation: bool
    _matcher: TemplateMatcher
    _boundaries: BoundaryModel | None
    _grammar: TemplateGrammar | None
    _grammar_templates: list[Template]

    def __init__(
        self,
        inventory: TemplateInventory,
        *,
        method: str = "boundary",
        tokenizer: HasTokenize | Callable[[str], Sequence[str]] | None = None,
        prominence: float = DEFAULT_PROMINENCE_NATS,
        punctuation: bool = True,
    ) -> None:
        check_choice("method", method, METHODS)
        nats = check_number("prominence", prominence, least=0, most=MAX_PROMINENCE_NATS)
        self._set(_method=method, _prominence=nats, _punctuation=bool(punctuation))
        tokenize = getattr(tokenizer, "tokenize", tokenizer)
        if tokenize is not None and not callable(tokenize):
            raise TypeError(f"tokenizer must be a Tokenizer or a function, not {type(tokenizer).__name__}.")
        check_inventory(inventory)
        self._set(_inventory=inventory, _tokenizer=tokenizer, _tokenize=tokenize, _matcher=TemplateMatcher(inventory))
        if method == "chart":
            inside = [template for template in inventory if not template.across]
            self._set(_grammar=TemplateGrammar.from_inventory(inventory), _grammar_templates=inside, _boundaries=None)
            return
        if inventory.boundaries is None:
            raise FormatError("The inventory has no boundary statistics; mine the templates again.")
        self._set(_grammar=None, _boundaries=inventory.boundaries)

    def __reduce__(self) -> tuple[object, ...]:
        restore = partial(
            TemplateParser, self._inventory, method=self._method, tokenizer=self._tokenizer,
            prominence=self._prominence, punctuation=self._punctuation,
        )  # fmt: skip
        return restore, ()

    def __repr__(self) -> str:
        return f"<TemplateParser: method={self._method!r}, {len(self._inventory):,} templates>"

    def parse(self, sentence: str | Sequence[str]) -> ParseTree:
        """Parse a sentence.

        Parameters
        ----------
        sentence : str or sequence of str
            A text, whose white space is ignored, or a list of tokens, punctuation included.

        Returns
        -------
        ParseTree
            The tree; every sentence has one, even an empty one.

        Raises
        ------
        TypeError
            If a text is given and the parser has no tokenizer.
        """
        return self.parse_batch([sentence])[0]

    def parse_batch(self, sentences: Iterable[str | Sequence[str]], *, workers: int = 1) -> list[ParseTree]:
        """Parse many sentences.

        Parameters
        ----------
        sentences : iterable of (str or sequence of str)
            See `parse`.
        workers : int, default 1
            Threads; they never change a result.

        Returns
        -------
        list of ParseTree
            One tree for each sentence.

        Raises
        ------
        TypeError
            If one text is given, or a sentence is a text and the parser has no tokenizer.
        ValueError
            If `workers` is not an integer of at least 1.
        """
        if isinstance(sentences, str):
            raise TypeError("expected many sentences, got one text; use parse() for it.")
        workers = check_integer("workers", workers)
        remaining = iter(sentences)
        batches = iter(lambda: [self._tokens(sentence) for sentence in islice(remaining, BATCH_SENTENCES)], [])
        return [tree for trees in in_order(batches, self._parse_tokens, workers) for tree in trees]

    def _tokens(self, sentence: str | Sequence[str]) -> tuple[str, ...]:
        if not isinstance(sentence, str):
            return tuple(sentence)
        if self._tokenize is None:
            raise TypeError("parsing a text needs a tokenizer; pass tokenizer= to the parser, or parse a token list.")
        return tuple(token for token in self._tokenize(sentence) if not has_property(token, SPACE))

    def _parse_tokens(self, sentences: list[tuple[str, ...]]) -> list[ParseTree]:
        if self._boundaries is None:
            return self._parse_by_chart(sentences)
        spans, offsets = self._boundaries.spans(
            sentences, prominence=self._prominence, punctuation=self._punctuation
        )
        bounds = pairwise(offsets.tolist())
        return [
            ParseTree(TreeNodes(tokens, spans[first:last], self._matcher))
            for tokens, (first, last) in zip(sentences, bounds, strict=True)
        ]

    def _parse_by_chart(self, sentences: list[tuple[str, ...]]) -> list[ParseTree]:
        """Parse clause by clause; punctuation is between the clauses."""
        assert self._grammar is not None
        clauses = [(i, start, end) for i, tokens in enumerate(sentences) for start, end in split_clauses(tokens)]
        rows, offsets = self._grammar.viterbi_batch([sentences[i][start:end] for i, start, end in clauses])
        units: list[list[ParseSpan]] = [[] for _ in sentences]
        for (i, start, _), (first, last) in zip(clauses, pairwise(offsets.tolist()), strict=True):
            for a, b, label, depth in rows[first:last].tolist():
                units[i].append(ParseSpan(a + start, b + start, label, depth))
        return [self._tree_of_units(tokens, spans) for tokens, spans in zip(sentences, units, strict=True)]

    def _tree_of_units(self, tokens: tuple[str, ...], units: list[ParseSpan]) -> ParseTree:
        contents: dict[tuple[int, int], tuple[Template, list[tuple[str, ...]]]] = {}
        slots: dict[int, list[tuple[str, ...]]] = {}  # the slots of the unit that is open at each depth
        for unit in units:
            if unit.label == SLOT:
                slots[unit.depth - 1].append(tokens[unit.start : unit.end])
                continue
            slots[unit.depth] = []
            if unit.label >= 0 and (unit.start, unit.end) not in contents:
                contents[unit.start, unit.end] = self._grammar_templates[unit.label], slots[unit.depth]
        spans = {(unit.start, unit.end) for unit in units if unit.end - unit.start > 1} - {(0, len(tokens))}
        nodes = TreeNodes(tokens, sorted(spans, key=lambda span: (span[0], -span[1])), self._matcher)
        nodes.set_matches({span: (template, tuple(content)) for span, (template, content) in contents.items()})
        return ParseTree(nodes)
