"""Sentences as trees: brackets from where phrases begin and end, named by the templates of the corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any

from ..errors import FormatError
from .boundaries import PROMINENCE
from .clauses import CLAUSE_ENDS, SENTENCE_ENDS, clauses
from .drawing import brackets_svg, outline_text
from .grammar import SLOT, ParseSpan, TemplateGrammar
from .inventory import Template, TemplateInventory

__all__ = ["ParseTree", "TemplateParser"]

CLAUSE_MARKS = CLAUSE_ENDS | SENTENCE_ENDS
WIDEST = 64  # children of a node beyond which no template is looked for
SENTENCES = 4096  # parsed at a time

Tokenize = Callable[[str], Sequence[str]]
Label = tuple[Template, tuple[tuple[str, ...], ...]]


class ParseTree:
    """A node of a tree over the words of a sentence, with all that is below it; the tree itself is its root.

    Every word is a leaf of its own.  Nodes above hold two or more words, punctuation included.

    Examples
    --------
    >>> tree = ParseTree.from_spans(["他", "从", "北京", "到", "上海", "。"], [(1, 5)])
    >>> tree.to_brackets()
    '(他 (从 北京 到 上海) 。)'
    >>> [child.words for child in tree.children]
    [('他',), ('从', '北京', '到', '上海'), ('。',)]
    """

    __slots__ = ("_index", "_outline")

    def __init__(self, outline: _Outline, index: int) -> None:
        self._outline, self._index = outline, index

    @classmethod
    def from_spans(
        cls, words: Sequence[str], spans: Iterable[Sequence[int]], *, templates: Iterable[Template] = ()
    ) -> ParseTree:
        """Build a tree from nested spans (start, end) over words; those of fewer than two words are left out.

        Raises `ValueError` when a span is not inside the sentence, or two of them cross.
        """
        kept = sorted({(a, b) for a, b in spans if b - a > 1} - {(0, len(words))}, key=lambda span: (span[0], -span[1]))
        around = [(0, len(words))]
        for start, end in kept:
            while around[-1][1] <= start and len(around) > 1:
                around.pop()
            if not 0 <= start < end <= around[-1][1]:
                raise ValueError(f"span {(start, end)} crosses another span or leaves the sentence.")
            around.append((start, end))
        return cls(_Outline(tuple(words), kept, _Names(templates)), 0)

    @property
    def start(self) -> int:
        """Number of its first word in the sentence."""
        return self._outline.starts[self._index] if self._index else 0

    @property
    def end(self) -> int:
        """Number of the word after its last one."""
        return self._outline.ends[self._index] if self._index else len(self._outline.words)

    @property
    def words(self) -> tuple[str, ...]:
        return self._outline.words[self.start : self.end]

    @property
    def children(self) -> list[ParseTree]:
        """From left to right; a leaf has none."""
        return [ParseTree(self._outline, child) for child in self._outline.grown().children[self._index]]

    @property
    def template(self) -> Template | None:
        """The template with slots that covers the node: its words in place, one or more words in each slot.

        Its words are children of the node or stand at the edge of one.  One of two or more words may get a further
        slot at its ends: 从 … 到 becomes 从 … 到 ….  Nodes whose children are clauses are named by templates that join
        clauses (`Template.across`), other nodes by the others.  Of several the one with the most words is taken, then
        the one with the fewest slots added, then the one of the best rank; of several ways to lay it, the one whose
        words come first.
        """
        label = self._outline.label(self._index)
        return label and label[0]

    @property
    def content(self) -> tuple[tuple[str, ...], ...]:
        """The words in each slot of the template."""
        label = self._outline.label(self._index)
        return label[1] if label else ()

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of every node of two or more words, itself first, outer before inner, left before right."""
        if self._index == 0:
            whole = [(0, len(self._outline.words))] if len(self._outline.words) > 1 else []
            return whole + list(map(tuple, self._outline.nested()))
        starts, ends = self._outline.starts, self._outline.ends
        return [(starts[i], ends[i]) for i in self._below() if ends[i] - starts[i] > 1]

    def to_brackets(self) -> str:
        """Nested parentheses over the words; a parenthesis that is part of a word becomes -LRB- or -RRB-."""
        first, parts = self.start, [word.replace("(", "-LRB-").replace(")", "-RRB-") for word in self.words]
        for start, end in reversed(self.spans()):  # inner ones first
            parts[start - first] = "(" + parts[start - first]
            parts[end - 1 - first] += ")"
        return " ".join(parts) if len(parts) > 1 else f"({''.join(parts)})"

    def to_dict(self) -> dict[str, Any]:
        """The words, and the nodes of two or more words as a flat list (trees can be deep) with their parents' places.

        >>> ParseTree.from_spans(["来", "北京", "的"], [(1, 3)]).to_dict()["nodes"][1]
        {'start': 1, 'end': 3, 'parent': 0, 'template': None, 'content': []}
        """
        place: dict[int, int] = {}
        parents = {child: node for node in self._below() for child in self._outline.children[node]}
        nodes: list[dict[str, Any]] = []
        for node in self._below():
            tree = ParseTree(self._outline, node)
            if tree.end - tree.start < 2:
                continue
            place[node] = len(nodes)
            template = tree.template
            nodes.append(
                {
                    "start": tree.start,
                    "end": tree.end,
                    "parent": place.get(parents.get(node, -1), -1),
                    "template": None if template is None else list(template.items),
                    "content": [list(words) for words in tree.content],
                }
            )
        return {"words": list(self.words), "nodes": nodes}

    def pretty(self) -> str:
        """The tree as an outline in plain characters, a word a line; templates stand to the right.

        >>> templates = [Template(("从", None, "到", None))]
        >>> words = ["他", "从", "北京", "到", "上海", "。"]
        >>> print(ParseTree.from_spans(words, [(1, 5)], templates=templates).pretty())
        +- 他
        +-+- 从      从 … 到 …
        | +- 北京
        | +- 到
        | `- 上海
        `- 。
        """
        return outline_text(self._rows())

    def to_svg(self) -> str:
        """The tree as a drawing: words below, brackets above them, templates over the brackets."""
        return brackets_svg(self.words, [(a - self.start, b - self.start, name) for a, b, name in self._named()])

    def __len__(self) -> int:
        return self.end - self.start

    def __repr__(self) -> str:
        return f"<ParseTree {self.to_brackets()}>"

    def _below(self) -> range:
        """Numbers of the nodes of this tree: an outline keeps them together."""
        outline, last = self._outline.grown(), self._index + 1
        while last < len(outline.starts) and outline.starts[last] < self.end and outline.ends[last] <= self.end:
            last += 1
        return range(self._index, last)

    def _named(self) -> Iterator[tuple[int, int, str]]:
        for node in self._below():
            tree = ParseTree(self._outline, node)
            if len(tree) > 1:
                yield tree.start, tree.end, str(tree.template or "")

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        """For each word its branches, the word, and the templates of the nodes that begin with it."""
        outline = self._outline.grown()
        if len(self) < 2:
            yield from (("+-", word, "") for word in self.words)
            return
        path: list[tuple[int, bool]] = []  # nodes around the word, and whether each is the last of its parent
        names: list[str] = []
        for node in self._below():
            while path and outline.ends[path[-1][0]] <= outline.starts[node]:
                path.pop()
            path.append((node, bool(path) and outline.children[path[-1][0]][-1] == node))
            if outline.children[node]:
                names += [str(name)] if (name := ParseTree(outline, node).template) else []
                continue
            start = outline.starts[node]
            branches = (
                ("`-" if last else "+-") if outline.starts[one] == start else ("  " if last else "| ")
                for one, last in path[1:]
            )
            yield "".join(branches), outline.words[start], " < ".join(reversed(names))
            names = []


class _Outline:
    """All nodes of one tree, an outer one before those inside it and left before right; node 0 is the sentence.

    They are made when they are first asked for: brackets alone are written without them.
    """

    __slots__ = ("_labels", "_names", "children", "ends", "spans", "starts", "words")

    def __init__(self, words: tuple[str, ...], spans: Any, names: _Names) -> None:
        self.words, self.spans, self._names = words, spans, names
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.children: list[list[int]] = []
        self._labels: dict[int, Label | None] = {}

    def nested(self) -> list[Any]:
        """Start and end of the nodes of two or more words below the root."""
        return self.spans if isinstance(self.spans, list) else self.spans.tolist()

    def grown(self) -> _Outline:
        """Itself, with all nodes."""
        if not self.starts:
            grown = _Outline(self.words, self.spans, self._names)
            grown._grow()
            self.ends, self.children, self.starts = grown.ends, grown.children, grown.starts  # starts last: threads
        return self

    def _grow(self) -> None:
        words, spans = self.words, self.nested()
        self.starts, self.ends, self.children = [0], [len(words)], [[]]
        path, taken = [0], 0
        for word in range(len(words) if len(words) > 1 else 0):
            while self.ends[path[-1]] <= word:
                path.pop()
            while taken < len(spans) and spans[taken][0] == word:
                path.append(self._add(path[-1], *spans[taken]))
                taken += 1
            self._add(path[-1], word, word + 1)

    def _add(self, parent: int, start: int, end: int) -> int:
        node = len(self.starts)
        self.children[parent].append(node)
        self.starts.append(start)
        self.ends.append(end)
        self.children.append([])
        return node

    def set_labels(self, labels: Mapping[tuple[int, int], Label]) -> None:
        """Name the nodes that a parse has named; the others have no name."""
        grown = self.grown()
        spans = zip(grown.starts, grown.ends, strict=True)
        self._labels = {node: labels.get(span) for node, span in enumerate(spans)}

    def label(self, node: int) -> Label | None:
        if node not in self._labels:
            self.grown()
            edges = [(self.starts[child], self.ends[child]) for child in self.children[node]]
            self._labels[node] = self._names.best(self.words, edges)
        return self._labels[node]


class _Names:
    """Templates as tries: an item is a word or None, a slot; True leads to the rank of a template that ends there."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._templates = tuple(templates)
        self._inside: dict[Any, Any] = {}
        self._across: dict[Any, Any] = {}
        for rank, template in enumerate(self._templates):
            if not template.slots:
                continue
            node = self._across if template.across else self._inside
            for item in template.items:
                node = node.setdefault(item, {})
            node.setdefault(True, rank)  # of equal templates the first

    def best(self, words: Sequence[str], edges: Sequence[tuple[int, int]]) -> Label | None:
        """The template that lies best over neighbouring spans of words, with its contents."""
        if len(edges) < 2 or len(edges) > WIDEST:
            return None
        clauses_inside = any(b - a == 1 and words[a] in CLAUSE_MARKS for a, b in edges)
        root = self._across if clauses_inside else self._inside
        start, end = edges[0][0], edges[-1][1]
        anchors = sorted({edge for left, right in edges for edge in (left, right - 1)})
        best: tuple[int, int, int] | None = None  # most words, fewest slots added at the ends, best rank
        found: tuple[int, ...] = ()
        seen = set()
        # a path of the trie, the first word not used, whether a slot is open, whether one was added in front, its words
        stack: list[tuple[dict[Any, Any], int, bool, bool, tuple[int, ...]]] = [
            (root, start, True, True, ()),
            (root, start, False, False, ()),
        ]
        while stack:
            node, at, slot, led, used = stack.pop()
            if (id(node), at, led) in seen:
                continue
            seen.add((id(node), at, led))
            if True in node and (at < end or not slot):
                added = led + (at < end and not slot)
                candidate = (-len(used), added, node[True])
                if (not added or len(used) > 1) and (best is None or candidate < best):
                    best, found = candidate, used
            if not slot and None in node and at < end:
                stack.append((node[None], at, True, led, used))
            places = [place for place in anchors if place > at] if slot else [at] if at in anchors else []
            for place in reversed(places):  # the first place is looked at first
                if words[place] in node:
                    stack.append((node[words[place]], place + 1, False, led, (*used, place)))
        if best is None:
            return None
        bounds = [start - 1, *found, end]
        gaps = tuple(tuple(words[a + 1 : b]) for a, b in pairwise(bounds) if b - a > 1)
        return _widened(self._templates[best[2]], found[0] > start, found[-1] + 1 < end), gaps


def _widened(template: Template, before: bool, after: bool) -> Template:
    """The template with a slot at either end where words are."""
    lead = (None,) if before and template.items[0] is not None else ()
    tail = (None,) if after and template.items[-1] is not None else ()
    return replace(template, items=(*lead, *template.items, *tail)) if lead or tail else template


class TemplateParser:
    """Parses sentences with what an inventory of templates knows.  Immutable, safe to share between threads.

    Parameters
    ----------
    inventory
        Templates with boundary statistics, as the miner makes them and `TemplateInventory.load` reads them.
    method
        ``"boundary"``: brackets from where phrases begin and end, named by the templates that lie over them.
        ``"chart"``: the most probable parse by the template grammar alone.
    tokenizer
        Cuts texts into words: a `Tokenizer` or any function from `str` to a sequence of `str`.  Without one only
        lists of tokens can be parsed.
    prominence
        Nats by which the lesser of the gaps around a bracket must be above every gap inside it; more gives fewer
        brackets.
    punctuation
        False: punctuation is not looked at (it is still part of the tree).

    Examples
    --------
    >>> from nlp_zero import BoundaryModel
    >>> text = [["他", "从", "北京", "到", "上海", "，", "我", "从", "家", "到", "公司", "。"], ["从", "家", "来"]] * 5
    >>> boundaries = BoundaryModel.train(text)
    >>> parser = TemplateParser(TemplateInventory([Template(("从", None, "到", None))], boundaries=boundaries))
    >>> tree = parser.parse(["我", "从", "家", "到", "上海", "。"])
    >>> tree.to_brackets()
    '(我 (从 家 (到 上海)) 。)'
    >>> str(tree.children[1].template), tree.children[1].content
    ('从 … 到 …', (('家',), ('上海',)))
    """

    def __init__(
        self,
        inventory: TemplateInventory,
        *,
        method: str = "boundary",
        tokenizer: Any = None,
        prominence: float = PROMINENCE,
        punctuation: bool = True,
    ) -> None:
        if method not in ("boundary", "chart"):
            raise ValueError(f"method must be boundary or chart, not {method!r}.")
        if not 0 <= prominence <= 100:
            raise ValueError(f"prominence must be between 0 and 100 nats, not {prominence}.")
        tokenize = getattr(tokenizer, "tokenize", tokenizer)
        if tokenize is not None and not callable(tokenize):
            raise TypeError(f"tokenizer must be a Tokenizer or a function, not {type(tokenizer).__name__}.")
        self._inventory, self._method, self._tokenize = inventory, method, tokenize
        self._prominence, self._punctuation = float(prominence), bool(punctuation)
        self._names = _Names(inventory)
        self._boundaries = self._grammar = None
        if method == "chart":
            self._grammar = TemplateGrammar.of(inventory)
            self._templates = [template for template in inventory if not template.across]  # as the grammar counts them
            return
        if inventory.boundaries is None:
            raise FormatError("These templates hold no statistics of words and pairs; mine them again.")
        self._boundaries = inventory.boundaries

    def parse(self, sentence: str | Sequence[str]) -> ParseTree:
        """Parse a text, or a list of tokens; of a text white space is left out.  Never fails on odd input."""
        return self.parse_batch([sentence])[0]

    def parse_batch(self, sentences: Iterable[str | Sequence[str]], *, workers: int = 1) -> list[ParseTree]:
        """`parse` of many sentences, the same for every number of `workers` (threads)."""
        if isinstance(sentences, str):
            raise TypeError("a list of sentences is needed, not a str; use parse for one text.")
        if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
            raise ValueError(f"workers must be 1 or more, not {workers!r}.")
        rest = iter(sentences)
        parts = iter(lambda: [self._tokens(sentence) for sentence in islice(rest, SENTENCES)], [])
        if workers == 1:
            return [tree for part in parts for tree in self._trees(part)]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            return [tree for trees in pool.map(self._trees, parts) for tree in trees]

    def _tokens(self, sentence: str | Sequence[str]) -> tuple[str, ...]:
        if not isinstance(sentence, str):
            return tuple(sentence)
        if self._tokenize is None:
            raise TypeError("to parse a text the parser needs a tokenizer; give one, or parse a list of tokens.")
        return tuple(token for token in self._tokenize(sentence) if not token.isspace())

    def _trees(self, sentences: list[tuple[str, ...]]) -> list[ParseTree]:
        if self._boundaries is None:
            return self._charted(sentences)
        spans, offsets = self._boundaries.spans(
            sentences, prominence=self._prominence, punctuation=self._punctuation
        )
        names, pieces = self._names, pairwise(offsets.tolist())
        return [
            ParseTree(_Outline(tokens, spans[first:last], names), 0)
            for tokens, (first, last) in zip(sentences, pieces, strict=True)
        ]

    def _charted(self, sentences: list[tuple[str, ...]]) -> list[ParseTree]:
        """Clause by clause, the best parse of the grammar; punctuation stands between the clauses."""
        assert self._grammar is not None
        places = [(i, *clause) for i, tokens in enumerate(sentences) for clause in clauses(tokens)]
        rows, offsets = self._grammar.viterbi_batch([sentences[i][start:end] for i, start, end in places])
        units: list[list[ParseSpan]] = [[] for _ in sentences]
        for (i, start, _), (first, last) in zip(places, pairwise(offsets.tolist()), strict=True):
            for a, b, label, depth in rows[first:last].tolist():
                units[i].append(ParseSpan(a + start, b + start, label, depth))
        return [self._tree(tokens, spans) for tokens, spans in zip(sentences, units, strict=True)]

    def _tree(self, tokens: tuple[str, ...], units: list[ParseSpan]) -> ParseTree:
        labels: dict[tuple[int, int], tuple[Template, list[tuple[str, ...]]]] = {}
        slots: dict[int, list[tuple[str, ...]]] = {}  # depth -> the slots of the unit that is open there
        for unit in units:
            if unit.label == SLOT:
                slots[unit.depth - 1].append(tokens[unit.start : unit.end])
                continue
            slots[unit.depth] = []
            if unit.label >= 0 and (unit.start, unit.end) not in labels:
                labels[unit.start, unit.end] = self._templates[unit.label], slots[unit.depth]
        spans = {(unit.start, unit.end) for unit in units if unit.end - unit.start > 1} - {(0, len(tokens))}
        ordered = sorted(spans, key=lambda span: (span[0], -span[1]))
        outline = _Outline(tokens, ordered, self._names)
        outline.set_labels({span: (template, tuple(content)) for span, (template, content) in labels.items()})
        return ParseTree(outline, 0)
