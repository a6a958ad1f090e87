"""Raw text as a restartable stream of blocks: decoding, line ends, JSON lines, progress.

A *block* is a piece of text that no run of countable characters crosses, so blocks can be counted one by one, in any
order and by any thread.  UTF-8 files are handed on as the bytes that they are; kernels validate them while they
decode.  Everything else (other encodings, ``errors=``, ``normalize=``, JSON lines) becomes `str` here.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import cast

from .._utils.progress import progress_bar
from ..errors import CheckpointError, CorpusError
from .reader import Advance, Block, Form, Reader, joined
from .sources import Source, find_sources

__all__ = ["Block", "Corpus", "blocks_of", "require_text", "restartable"]


class Corpus:
    """Text files as a stream that can be read again and again.

    Iterating gives the texts as `str`: the lines of text files (without ``\\n`` or ``\\r\\n``) and one field of
    each line of JSON-lines files.  Builders read `blocks`, which is much faster.

    Parameters
    ----------
    *sources : str or path-like
        Files; folders (all text files below, sorted, hidden ones left out); patterns such as ``data/**/*.txt``; ``-``
        for standard input (``-.jsonl``, ``-.gz`` to say what comes); URLs if fsspec is installed.  ``.jsonl``,
        ``.ndjson`` and ``.json`` are JSON lines, everything else is text; ``.gz``, ``.bz2``, ``.xz``, ``.zst`` may
        follow.
    encoding : str
        Any text encoding that Python knows: ``gb18030``, ``utf-8-sig``, ``utf-16``, ...
    errors : {"strict", "replace", "ignore"}
        What becomes of bytes that are not valid in this encoding.
    field : str
        The field of a JSON line that holds the text.
    normalize : {None, "NFC", "NFKC", "NFD", "NFKD"}
        Unicode normalisation; none unless asked for.
    progress : bool
        Show a progress bar (stored bytes) on stderr.
    block_size : int
        Bytes read at a time.  Never changes a result.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.txt")
    ...     with open(path, "w", encoding="gb18030", newline="\\n") as file:
    ...         _ = file.write("春眠不觉晓\\n处处闻啼鸟\\n")
    ...     corpus = Corpus(path, encoding="gb18030")
    ...     print(list(corpus), list(corpus) == list(corpus))
    ['春眠不觉晓', '处处闻啼鸟'] True
    """

    def __init__(
        self,
        *sources: str | os.PathLike[str],
        encoding: str = "utf-8",
        errors: str = "strict",
        field: str = "text",
        normalize: str | None = None,
        progress: bool = False,
        block_size: int = 4 << 20,
    ) -> None:
        if not sources:
            raise ValueError("a corpus needs at least one source: a file, a folder, a pattern or '-'")
        if errors not in ("strict", "replace", "ignore"):
            raise ValueError(f"errors must be 'strict', 'replace' or 'ignore', not {errors!r}")
        if normalize not in (None, "NFC", "NFKC", "NFD", "NFKD"):
            raise ValueError(f"normalize must be None, 'NFC', 'NFKC', 'NFD' or 'NFKD', not {normalize!r}")
        if block_size < 1:
            raise ValueError(f"block_size must be at least 1 byte, not {block_size}")
        self.sources = tuple(_source_name(source) for source in sources)
        self.progress = progress
        self._reader = Reader(_codec_name(encoding), errors, field, cast("Form | None", normalize), block_size)
        self._spooled: dict[str, str] = {}  # one-shot source -> the temporary file that holds its bytes
        self._spent: set[str] = set()

    def __repr__(self) -> str:
        return f"Corpus({', '.join(map(repr, self.sources))}, encoding={self._reader.encoding!r})"

    def files(self) -> list[str]:
        """Return the names of the files that the sources stand for; raise `CorpusError` if one is missing."""
        return [source.name for source in find_sources(self.sources)]

    def blocks(self, unit: str = "char") -> Iterator[Block]:
        """Read the text once, as blocks.

        Parameters
        ----------
        unit : {"char", "byte"}
            For ``"char"`` a block ends at a line end, or after punctuation or a space in a very long line.
            For ``"byte"`` only a line end ends a run, hence a block.

        Raises
        ------
        CorpusError
            At once if a source is missing; while reading if one cannot be read or decoded, is not what its suffix
            says, or was standard input and has been read before.
        """
        if unit not in ("char", "byte"):
            raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}")
        return self._read(self._open_pass(), unit)

    def blocks_from(self, start: tuple[int, int], unit: str = "char") -> Iterator[tuple[tuple[int, int], Block]]:
        """Read on from a position; each block comes with the position behind it, where reading may begin again.

        A position is the number of a file, and how far it was read: bytes of plain UTF-8 (decompressed), else blocks.
        """
        found = self._open_pass()
        sizes = [source.size or 0 for source in found[: start[0]]]
        with self._progress_bar(found) as advance:
            if advance is not None:
                advance(sum(sizes))
            for number, source in enumerate(found[start[0] :], start[0]):
                done = start[1] if number == start[0] else 0
                for block in self._reader.blocks(source, unit, advance, done):
                    done = block.offset + len(block.data) if isinstance(block.data, bytes) else done + 1
                    yield (number, done), block

    def stored_bytes(self) -> int:
        """Size of all files, as far as it is known; compressed ones hold more text than that."""
        return sum(source.size or 0 for source in find_sources(self.sources))

    @property
    def reader(self) -> Reader:
        """How bytes become text."""
        return self._reader

    def options(self) -> dict[str, object]:
        """How the text is read, as far as it matters to what is read."""
        names = ("encoding", "errors", "field", "normalize", "block_size")
        return {name: getattr(self._reader, name) for name in names}

    def identity(self) -> list[tuple[str, int | None, int | None]]:
        """Name, size in bytes and time of change (ns) of each file.

        Raises
        ------
        CheckpointError
            When one can be read only once, such as standard input: nobody could go on from its middle.
        """
        found = find_sources(self.sources)
        for source in found:
            if source.one_shot:
                raise CheckpointError(
                    f"{source.name} can be read only once, so a count of it cannot be resumed; "
                    "save it to a file first, or count without a checkpoint"
                )
        return [(source.name, source.size, source.changed) for source in found]

    def batches(self) -> Iterator[list[str]]:
        """Read the texts once, in lists of about `block_size` bytes; from a live pipe, as they come."""
        return self._batches(self._open_pass())

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.batches())

    def _open_pass(self) -> list[Source]:
        found = [
            Source(source.name, self._spooled[source.name]) if source.name in self._spooled else source
            for source in find_sources(self.sources)
        ]
        for source in found:
            if source.one_shot:
                if source.name in self._spent:
                    raise CorpusError(f"{source.name} can be read only once; pass the corpus through restartable()")
                self._spent.add(source.name)
        return found

    def _read(self, found: list[Source], unit: str) -> Iterator[Block]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.blocks(source, unit, advance)

    def _batches(self, found: list[Source]) -> Iterator[list[str]]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.batches(source, advance)

    @contextmanager
    def _progress_bar(self, found: list[Source]) -> Iterator[Advance]:
        if not self.progress:
            yield None
            return
        sizes = [source.size for source in found]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        with progress_bar(True, total=total, unit="B") as advance:
            yield advance

    def _spool(self) -> Corpus:
        """Return a corpus that holds what can be read only once in temporary files, which go when it goes."""
        import shutil
        import tempfile
        import weakref

        copy = Corpus(*self.sources, progress=self.progress)
        copy._reader = self._reader
        for source in self._open_pass():
            if source.one_shot:
                handle, path = tempfile.mkstemp(prefix="nlp-zero-", suffix=".input")
                weakref.finalize(copy, _remove, path)
                with os.fdopen(handle, "wb") as spool, source.open() as stored:
                    shutil.copyfileobj(stored, spool, 1 << 20)
                copy._spooled[source.name] = path
        return copy


def blocks_of(texts: Corpus | Iterable[str], unit: str = "char") -> Iterator[Block]:
    """Read a corpus, or any iterable of texts, as blocks; no run crosses from one text to the next.

    Raises
    ------
    TypeError
        If `texts` is a single string, or an element of it is not one.

    Examples
    --------
    >>> list(blocks_of(["春天", "夏天"]))
    [Block(data='春天\\n夏天', source='<texts>', offset=0)]
    """
    if isinstance(texts, Corpus):
        return texts.blocks(unit)
    if unit not in ("char", "byte"):
        raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}")
    return joined(_iterable_of_texts(texts))


def restartable(texts: Corpus | Iterable[str]) -> Corpus | Iterable[str]:
    """Return `texts` in a form that can be read twice.

    Standard input and pipes are copied to a temporary file, which is removed with the returned corpus.

    Raises
    ------
    TypeError
        If `texts` is an iterator (used up after one pass) or a single string.

    Examples
    --------
    >>> restartable(["春天"])
    ['春天']
    >>> restartable(line for line in ["春天"])
    Traceback (most recent call last):
    TypeError: the texts are read more than once, but this generator is used up after one pass; give a list or a Corpus
    """
    if isinstance(texts, Corpus):
        fresh = any(source.one_shot and source.name not in texts._spooled for source in find_sources(texts.sources))
        return texts._spool() if fresh else texts
    if iter(_iterable_of_texts(texts)) is texts:
        raise TypeError(
            f"the texts are read more than once, but this {type(texts).__name__} is used up after one pass; "
            "give a list or a Corpus"
        )
    return texts


def require_text(symbols: int, texts: Corpus | Iterable[str]) -> None:
    """Raise `CorpusError` if `symbols`, the number of countable characters found in `texts`, is zero."""
    if symbols == 0:
        where = ", ".join(texts.sources) if isinstance(texts, Corpus) else "the texts"
        raise CorpusError(f"{where}: nothing to count, no countable text in it; give a text with letters or characters")


def _iterable_of_texts(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str | bytes | os.PathLike):
        raise TypeError("expected many texts, got a single one; write [text] for a text, Corpus(path) for a file")
    if not isinstance(texts, Iterable):
        raise TypeError(f"expected a Corpus or an iterable of str, not {type(texts).__name__}")
    return texts


def _source_name(source: str | os.PathLike[str]) -> str:
    name = os.fspath(source)
    if not isinstance(name, str) or not name:
        raise TypeError(f"a source is a file name, a folder, a pattern or '-', not {source!r}")
    return name


def _codec_name(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        codecs.getincrementaldecoder(encoding)
        "".encode(encoding)  # refuses codecs that are not text encodings, such as base64
    except (LookupError, ValueError) as exc:
        raise ValueError(f"unknown text encoding {encoding!r}; try utf-8, gb18030 or utf-16") from exc
    return codec.name


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
