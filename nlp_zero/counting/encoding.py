"""Blocks of text become encoded texts: threads take one block after the other, and each has a text of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import get_ident
from typing import TYPE_CHECKING

from .._utils.threads import for_each
from ..corpus import Block

if TYPE_CHECKING:
    from .._kernels.counting import EncodedText
    from .store import Position

    PlacedBlock = tuple[Position, Block]
    """A block, and where the next one begins."""

__all__ = ["encode_blocks", "keep_freed_blocks", "look_ahead"]

SMALL_BYTES = 1 << 23  # that one thread encodes sooner than several, which must be started
KEPT_BYTES = 12 << 20  # more than a block; twice as much free memory is kept


def look_ahead(blocks: Iterator[PlacedBlock], most: int) -> tuple[Iterator[PlacedBlock], bool]:
    """Return the same blocks, and whether there are so few (fewer than `most` bytes) that one thread is enough.

    An exception of reading is raised by the iterator, after the blocks before it.
    """
    first: list[PlacedBlock] = []
    size, failed = 0, None
    most = min(most, SMALL_BYTES)
    try:
        for item in blocks:
            first.append(item)
            size += len(item[1].data)
            if size >= most:
                break
    except Exception as error:
        failed = error
    first.reverse()

    def same() -> Iterator[PlacedBlock]:
        while first:
            yield first.pop()
        if failed is not None:
            raise failed
        yield from blocks

    return same(), size < most


def encode_blocks(blocks: Iterator[Block], texts: Sequence[EncodedText]) -> None:
    """Add blocks to texts, one for each thread.

    If a block cannot be read or encoded, the texts hold the blocks before it, and its error is raised.
    """
    failed: dict[int, Exception] = {}
    added: list[list[int]] = [[] for _ in texts]  # numbers of blocks, which rise
    unused = list(range(len(texts)))
    own: dict[int, int] = {}  # thread -> its text

    def read() -> Iterator[tuple[int, Block]]:
        number = 0
        try:
            for block in blocks:
                if failed:
                    return
                yield number, block
                number += 1
        except Exception as error:
            failed[number] = error

    def encode(item: tuple[int, Block]) -> None:
        number, block = item
        thread = get_ident()
        if thread not in own:
            own[thread] = unused.pop()
        k = own[thread]
        try:
            texts[k].add(block.data)
            added[k].append(number)
        except UnicodeDecodeError as error:
            failed[number] = block.locate_error(error)
        except Exception as error:
            failed[number] = error

    for_each(read(), encode, len(texts))
    if not failed:
        return
    first = min(failed)
    for text, numbers in zip(texts, added, strict=True):
        for _ in range(sum(number > first for number in numbers)):
            text.drop_last()
    raise failed[first] from None


def keep_freed_blocks() -> None:
    """Let the C library use the memory of freed blocks for the next ones: clearing new memory takes as long as reading.

    glibc returns free memory to the system if it is more than twice the largest array that was ever freed.
    """
    bytes(KEPT_BYTES)  # its pages are never touched
