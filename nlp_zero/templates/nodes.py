"""The nodes of a parse tree, as lists by number: trees can be too deep for recursion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .matching import Match, TemplateMatcher

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    SpanArray = npt.NDArray[np.int32]

__all__ = ["TreeNodes"]


class TreeNodes:
    """All nodes of one tree, outer before inner and left before right; node 0 is the sentence.

    They are built when they are first needed, because brackets can be written without them.

    Parameters
    ----------
    words : tuple of str
        The words of the sentence.
    spans : list of tuple of int, or ndarray of int32, shape (spans, 2)
        Start and end of the nodes of two or more words below the root, in the order of the nodes.
    matcher : TemplateMatcher
        Names the nodes.
    """

    __slots__ = ("_matcher", "_matches", "_spans", "children", "ends", "starts", "words")

    def __init__(
        self, words: tuple[str, ...], spans: list[tuple[int, int]] | SpanArray, matcher: TemplateMatcher
    ) -> None:
        self.words, self._spans, self._matcher = words, spans, matcher
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.children: list[list[int]] = []
        self._matches: dict[int, Match | None] = {}

    def inner_spans(self) -> list[Any]:
        """Return start and end of the nodes of two or more words below the root."""
        return self._spans if isinstance(self._spans, list) else self._spans.tolist()

    def build(self) -> TreeNodes:
        """Return itself, with `starts`, `ends` and `children` filled in."""
        if not self.starts:
            built = TreeNodes(self.words, self._spans, self._matcher)
            built._add_all()
            # `starts` is set last because another thread takes it as the sign that everything is there
            self.ends, self.children, self.starts = built.ends, built.children, built.starts
        return self

    def _add_all(self) -> None:
        words, spans = self.words, self.inner_spans()
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

    def set_matches(self, matches: Mapping[tuple[int, int], Match]) -> None:
        """Name the nodes of some spans; all other nodes get no template."""
        nodes = self.build()
        spans = zip(nodes.starts, nodes.ends, strict=True)
        self._matches = {node: matches.get(span) for node, span in enumerate(spans)}

    def match(self, node: int) -> Match | None:
        """Return the template of a node and its content."""
        if node not in self._matches:
            self.build()
            children = [(self.starts[child], self.ends[child]) for child in self.children[node]]
            self._matches[node] = self._matcher.match(self.words, children)
        return self._matches[node]
