"""Parse trees: nodes over the words of a sentence, named by templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .drawing import draw_outline, draw_svg
from .matching import TemplateMatcher
from .nodes import TreeNodes
from .template import Template

__all__ = ["ParseTree"]


class ParseTree:
    """A node of a parse tree with everything below it; the tree of a sentence is its root.

    Every word is a leaf.  All other nodes have two or more words, punctuation included.  Immutable; made by
    `from_spans` and by `TemplateParser`.

    Parameters
    ----------
    nodes : TreeNodes
        All nodes of the sentence.
    index : int, default 0
        The number of this node; 0 is the root.

    Examples
    --------
    >>> tree = ParseTree.from_spans(["他", "从", "北京", "到", "上海", "。"], [(1, 5)])
    >>> tree
    <ParseTree (他 (从 北京 到 上海) 。)>
    >>> [child.words for child in tree.children]
    [('他',), ('从', '北京', '到', '上海'), ('。',)]
    """

    __slots__ = ("_index", "_nodes")

    def __init__(self, nodes: TreeNodes, index: int = 0) -> None:
        self._nodes, self._index = nodes, index

    @classmethod
    def from_spans(
        cls, words: Sequence[str], spans: Iterable[Sequence[int]], *, templates: Iterable[Template] = ()
    ) -> ParseTree:
        """Build a tree from nested spans over words.

        Parameters
        ----------
        words : sequence of str
            The words of the sentence.
        spans : iterable of tuple of int
            Start and end of each node; spans of fewer than two words are ignored.
        templates : iterable of Template
            Templates that may name nodes, in the order of their rank.

        Returns
        -------
        ParseTree
            The root.

        Raises
        ------
        ValueError
            If a span is not inside the sentence, or two spans cross.
        """
        kept = sorted({(a, b) for a, b in spans if b - a > 1} - {(0, len(words))}, key=lambda span: (span[0], -span[1]))
        enclosing = [(0, len(words))]
        for start, end in kept:
            while enclosing[-1][1] <= start and len(enclosing) > 1:
                enclosing.pop()
            if not 0 <= start < end <= enclosing[-1][1]:
                raise ValueError(
                    f"span {(start, end)} crosses another span or leaves the sentence; spans must be nested."
                )
            enclosing.append((start, end))
        return cls(TreeNodes(tuple(words), kept, TemplateMatcher(templates)))

    @property
    def start(self) -> int:
        """The number of the first word of the node in the sentence."""
        return self._nodes.starts[self._index] if self._index else 0

    @property
    def end(self) -> int:
        """The number of the word after the last word of the node."""
        return self._nodes.ends[self._index] if self._index else len(self._nodes.words)

    @property
    def words(self) -> tuple[str, ...]:
        """The words that the node covers."""
        return self._nodes.words[self.start : self.end]

    @property
    def children(self) -> list[ParseTree]:
        """The child nodes, from left to right; a leaf has none."""
        return [ParseTree(self._nodes, child) for child in self._nodes.build().children[self._index]]

    @property
    def template(self) -> Template | None:
        """The template with slots that covers the node, or None.

        The words of the template are in place, and each slot has one or more words.  A word of the template is a child
        of the node or at the edge of a child.  A template of two or more words may get another slot at either end:
        从 … 到 becomes 从 … 到 ….  Nodes whose children are clauses are named by templates that join clauses
        (`Template.across`), other nodes by other templates.

        Of several templates, the one with the most words is taken, then the one with the fewest slots added, then the
        one of the best rank.  Of several ways to place it, the one whose words are leftmost is taken.
        """
        match = self._nodes.match(self._index)
        return None if match is None else match[0]

    @property
    def content(self) -> tuple[tuple[str, ...], ...]:
        """The words in each slot of the template; empty without a template."""
        match = self._nodes.match(self._index)
        return () if match is None else match[1]

    def spans(self) -> list[tuple[int, int]]:
        """Return the spans of all nodes of two or more words.

        Returns
        -------
        list of tuple of int
            Start and end, the node itself first, outer before inner, left before right.
        """
        if self._index == 0:
            whole = [(0, len(self._nodes.words))] if len(self._nodes.words) > 1 else []
            return whole + list(map(tuple, self._nodes.inner_spans()))
        starts, ends = self._nodes.starts, self._nodes.ends
        return [(starts[i], ends[i]) for i in self._subtree() if ends[i] - starts[i] > 1]

    def to_brackets(self) -> str:
        """Return nested parentheses over the words; parentheses in words become -LRB- and -RRB-.

        Returns
        -------
        str
            One line without a line end.

        Examples
        --------
        >>> ParseTree.from_spans(["来", "北京", "的"], [(1, 3)]).to_brackets()
        '(来 (北京 的))'
        """
        first, tokens = self.start, [word.replace("(", "-LRB-").replace(")", "-RRB-") for word in self.words]
        for start, end in reversed(self.spans()):  # inner spans first
            tokens[start - first] = "(" + tokens[start - first]
            tokens[end - 1 - first] += ")"
        return " ".join(tokens) if len(tokens) > 1 else f"({''.join(tokens)})"

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as plain objects for JSON.

        Returns
        -------
        dict
            ``words``, and ``nodes``: the nodes of two or more words as a flat list, because trees can be deep; each has
            ``start``, ``end``, ``parent`` (its place in the list, -1 for none), ``template`` and ``content``.

        Examples
        --------
        >>> ParseTree.from_spans(["来", "北京", "的"], [(1, 3)]).to_dict()["nodes"][1]
        {'start': 1, 'end': 3, 'parent': 0, 'template': None, 'content': []}
        """
        place: dict[int, int] = {}
        parents = {child: node for node in self._subtree() for child in self._nodes.children[node]}
        nodes: list[dict[str, Any]] = []
        for node in self._subtree():
            tree = ParseTree(self._nodes, node)
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
        """Return the tree as an outline in plain characters, one word per line, with templates on the right.

        Returns
        -------
        str
            Lines without a final line end.

        Examples
        --------
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
        return draw_outline(self._outline_rows())

    def to_svg(self) -> str:
        """Return a drawing of the tree: brackets over the words, templates over the brackets.

        Returns
        -------
        str
            An SVG element.
        """
        return draw_svg(self.words, [(a - self.start, b - self.start, name) for a, b, name in self._named_spans()])

    def _repr_svg_(self) -> str:
        """Return the drawing for a notebook."""
        return self.to_svg()

    def __len__(self) -> int:
        return self.end - self.start

    def __repr__(self) -> str:
        return f"<ParseTree {self.to_brackets()}>"

    def _subtree(self) -> range:
        """Return the indices of the nodes of this tree, which are contiguous."""
        nodes, last = self._nodes.build(), self._index + 1
        while last < len(nodes.starts) and nodes.starts[last] < self.end and nodes.ends[last] <= self.end:
            last += 1
        return range(self._index, last)

    def _named_spans(self) -> Iterator[tuple[int, int, str]]:
        for node in self._subtree():
            tree = ParseTree(self._nodes, node)
            if len(tree) > 1:
                yield tree.start, tree.end, str(tree.template or "")

    def _outline_rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield for each word its branches, the word, and the templates of the nodes that begin with it."""
        nodes = self._nodes.build()
        if len(self) < 2:
            yield from (("+-", word, "") for word in self.words)
            return
        path: list[tuple[int, bool]] = []  # nodes around the word, and whether each is the last of its parent
        names: list[str] = []
        for node in self._subtree():
            while path and nodes.ends[path[-1][0]] <= nodes.starts[node]:
                path.pop()
            path.append((node, bool(path) and nodes.children[path[-1][0]][-1] == node))
            if nodes.children[node]:
                names += [str(name)] if (name := ParseTree(nodes, node).template) else []
                continue
            start = nodes.starts[node]
            branches = (
                ("`-" if last else "+-") if nodes.starts[ancestor] == start else ("  " if last else "| ")
                for ancestor, last in path[1:]
            )
            yield "".join(branches), nodes.words[start], " < ".join(reversed(names))
            names = []
