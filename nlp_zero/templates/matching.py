"""Which template covers a node of a tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .clauses import CLAUSE_MARKS, SENTENCE_MARKS
from .template import Template

__all__ = ["Match", "TemplateMatcher"]

CLAUSE_ENDS = CLAUSE_MARKS | SENTENCE_MARKS
MAX_CHILDREN = 64  # a node with more children is not matched, which bounds the time

Match = tuple[Template, tuple[tuple[str, ...], ...]]  # a template, and the words in each of its slots


class TemplateMatcher:
    """Templates with slots as two tries, one for templates inside clauses, one for templates that join clauses.

    A node of a trie maps an item (a word, or None for a slot) to the next node, and True to the rank of the template
    that ends there.

    Parameters
    ----------
    templates : iterable of Template
        In the order of their rank.
    """

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
            node.setdefault(True, rank)  # ties: the first of equal templates

    def match(self, words: Sequence[str], children: Sequence[tuple[int, int]]) -> Match | None:
        """Return the template that covers neighbouring spans of words best, with the words in its slots.

        See `ParseTree.template` for the rules.

        Parameters
        ----------
        words : sequence of str
            The words of the sentence.
        children : sequence of tuple of int
            Start and end of neighbouring spans.

        Returns
        -------
        Match or None
            The template and its content; None if no template fits.
        """
        if not 2 <= len(children) <= MAX_CHILDREN:
            return None
        joins_clauses = any(b - a == 1 and words[a] in CLAUSE_ENDS for a, b in children)
        start, end = children[0][0], children[-1][1]
        edges = sorted({edge for left, right in children for edge in (left, right - 1)})
        best = self._search(self._across if joins_clauses else self._inside, words, edges, start, end)
        if best is None:
            return None
        rank, anchors = best
        bounds = [start - 1, *anchors, end]
        content = tuple(tuple(words[a + 1 : b]) for a, b in pairwise(bounds) if b - a > 1)
        return _add_outer_slots(self._templates[rank], anchors[0] > start, anchors[-1] + 1 < end), content

    def _search(
        self, root: dict[Any, Any], words: Sequence[str], edges: Sequence[int], start: int, end: int
    ) -> tuple[int, tuple[int, ...]] | None:
        """Return the rank of the best template and the places of its words, by search through the trie."""
        best: tuple[int, int, int] | None = None  # most words, fewest outer slots added, best rank
        best_anchors: tuple[int, ...] = ()
        seen = set()
        # node of the trie, next word, whether a slot is open, whether a slot was added in front, places of the words
        stack: list[tuple[dict[Any, Any], int, bool, bool, tuple[int, ...]]] = [
            (root, start, True, True, ()),
            (root, start, False, False, ()),
        ]
        while stack:
            node, place, in_slot, has_front_slot, anchors = stack.pop()
            if (id(node), place, has_front_slot) in seen:
                continue
            seen.add((id(node), place, has_front_slot))
            if True in node and (place < end or not in_slot):
                added = has_front_slot + (place < end and not in_slot)
                candidate = (-len(anchors), added, node[True])
                if (not added or len(anchors) > 1) and (best is None or candidate < best):
                    best, best_anchors = candidate, anchors
            if not in_slot and None in node and place < end:
                stack.append((node[None], place, True, has_front_slot, anchors))
            following = [edge for edge in edges if edge > place] if in_slot else [place] if place in edges else []
            for anchor in reversed(following):  # the last one pushed, the first place, is examined first
                if words[anchor] in node:
                    stack.append((node[words[anchor]], anchor + 1, False, has_front_slot, (*anchors, anchor)))
        return None if best is None else (best[2], best_anchors)


def _add_outer_slots(template: Template, before: bool, after: bool) -> Template:
    """Return the template with a slot at each end where words remain."""
    front = (None,) if before and template.items[0] is not None else ()
    back = (None,) if after and template.items[-1] is not None else ()
    return replace(template, items=(*front, *template.items, *back)) if front or back else template
