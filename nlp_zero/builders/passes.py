"""The passes over a corpus that builders make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np

from .._kernels.counting import EncodedText, KeptText, NgramList, Occurrences, PieceCounter
from .._utils.progress import begin_stage
from .._utils.threads import for_each, in_order
from ..corpus import Block, Corpus, JoinedTexts, read_blocks, restartable
from ..counting.counter import count_ngrams
from ..counting.counts import NgramCounts
from ..counting.linked import LinkedTree
from ..counting.resources import Resources
from ..counting.selectable import SelectableTree
from ..counting.selection import Selection

if TYPE_CHECKING:
    import numpy.typing as npt

    SymbolArray = npt.NDArray[np.uint32]

__all__ = ["BlockCounter", "CorpusPasses", "open_passes"]

SHARES = 8  # of a kept text that a thread takes at a time: one may take less time than giving it to a thread


class BlockCounter(Protocol):
    """A counter of the kernels: one for each thread, added up at the end."""

    def add(self, data: str | bytes) -> None:
        """Count a block."""

    def add_share(self, kept: KeptText, k: int) -> None:
        """Count a share of a kept text."""

    def another(self) -> Any:
        """Make a counter for another thread."""

    def merge(self, other: Any) -> None:
        """Add the counts of a counter that `another` made."""

    def add_state(self, state: tuple[Any, ...]) -> None:
        """Add the counts of an equal counter of another process."""


C = TypeVar("C", bound=BlockCounter)
T = TypeVar("T")
R = TypeVar("R")


class CorpusPasses:
    """Counts, cuts and searches a corpus on threads of this process.

    Builders accept one in place of texts. Another engine overrides `count_ngrams`, `count_blocks` and
    perhaps `count_selectable`.

    Parameters
    ----------
    texts : Corpus, JoinedTexts or iterable of str
        Read by the pass that counts n-grams; without a memory budget, the encoded text (two bytes for each symbol) is
        then kept for the others, else each reads the texts again.
    alnum : str, default "token"
        As in `NgramCounter`.
    resources : Resources, optional
    """

    counting_stage = "counting n-grams"
    is_remote = False
    """Whether other processes read the text, and `map_items` runs there."""

    def __init__(
        self, texts: Corpus | Iterable[str], *, alnum: str = "token", resources: Resources | None = None
    ) -> None:
        self.texts, self.alnum = restartable(texts), alnum
        self.resources = Resources() if resources is None else resources
        self._encoded: list[EncodedText] = []
        self._kept: KeptText | None = None

    def add_part(self, lines: list[str]) -> None:
        """Read some lines, which `texts` already has, in the passes of other processes, too."""

    def count_ngrams(self, order: int, min_count: int = 1) -> NgramCounts:
        """Count n-grams; raise `CorpusError` if there are none."""
        return count_ngrams(
            self.texts, order=order, alnum=self.alnum, min_count=min_count, resources=self.resources, kept=self._encoded
        )

    def count_tree(self, order: int, min_count: int = 1) -> LinkedTree:
        """Count n-grams, and link each to itself without its first symbol."""
        begin_stage(self.counting_stage)
        return self.link(self.count_ngrams(order, min_count))

    def link(self, counts: NgramCounts) -> LinkedTree:
        """Link each n-gram that `count_ngrams` counted to itself without its first symbol."""
        begin_stage("linking n-grams")
        tree = LinkedTree(counts, self.resources)
        if self._encoded:
            self._kept = KeptText(self._encoded, tree.alphabet)
        return tree

    def count_selectable(self, order: int, min_count: int = 2) -> SelectableTree:
        """Count n-grams that occur at least `min_count` times, to select some; in another engine, maybe elsewhere."""
        return self.count_tree(order, min_count=min_count)

    def count_pieces(self, tree: SelectableTree, selection: Selection) -> PieceCounter:
        """Cut the corpus with the n-grams selected, and count the pieces."""
        begin_stage("cutting text")
        return self.count_blocks(PieceCounter, tree.alphabet, selection.patterns)

    def find_occurrences(
        self, tree: SelectableTree, listed: NgramList, described: int, *, joined: bool = False
    ) -> Occurrences:
        """Count all occurrences of the listed n-grams, and the neighbours of the first `described` of them.

        With `joined`, they are pieces of the last `count_pieces` or begin as pieces do; few places are then looked at.
        """
        kind = Occurrences if self._kept is None else partial(Occurrences, joined=joined)
        return self.count_blocks(kind, tree.alphabet, listed, described)

    def map_items(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Apply a function of a module to items that take long, and yield the results in order."""
        return in_order(items, work, self.resources.workers)

    def count_blocks(self, kind: Callable[..., C], *arguments: Any) -> C:
        """Count all blocks with counters ``kind(*arguments)``, one for each thread, and add the counters up."""
        first = kind(*arguments)
        counters = [first, *(first.another() for _ in range(self.resources.workers - 1))]
        idle = list(counters)

        def work(block: Block) -> None:
            counter = idle.pop()
            try:
                counter.add(block.data)
            except UnicodeDecodeError as error:
                raise block.locate_error(error) from None
            finally:
                idle.append(counter)

        def work_on_shares(kept: KeptText, begin: int) -> None:
            counter = idle.pop()
            for k in range(begin, min(begin + SHARES, kept.shares)):
                counter.add_share(kept, k)
            idle.append(counter)

        if (kept := self._kept) is not None:
            for_each(range(0, kept.shares, SHARES), partial(work_on_shares, kept), self.resources.workers)
        else:
            for_each(read_blocks(self.texts), work, self.resources.workers)
        for other in counters[1:]:
            first.merge(other)
        return first


def open_passes(
    texts: Corpus | Iterable[str] | CorpusPasses, *, alnum: str, resources: Resources
) -> CorpusPasses:
    """Open passes over texts, which know where they are read if they are those of a cluster."""
    if isinstance(texts, CorpusPasses):
        return texts
    parts = texts.parts if isinstance(texts, JoinedTexts) else [texts]
    if parts and all(hasattr(part, "open_passes") for part in parts):
        first: Any = parts[0]
        return cast(CorpusPasses, first.open_passes(parts, alnum=alnum, resources=resources))
    return CorpusPasses(texts, alnum=alnum, resources=resources)
