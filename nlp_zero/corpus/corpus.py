"""Raw text as a stream that can be read again.

A *block* is a piece of text that no run of countable characters crosses, so blocks can be counted one by one, in any
order and by any thread.  Blocks of UTF-8 files hold the bytes of the file; the kernels validate them while they
decode.  Everything else (other encodings, ``errors=``, ``normalize=``, JSON lines) is decoded to `str` here.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import cast

from .._utils.progress import Advance, progress_bar
from .._utils.validation import check_choice, check_integer
from ..errors import CorpusError
from .reader import FORMS, Block, Form, Reader
from .sources import Source, find_sources

__all__ = ["UNITS", "Corpus"]

UNITS = ("char", "byte")  # what n-grams are made of
COPY_BYTES = 1 << 20  # copied at a time


class Corpus:
    r"""Text files as a stream that can be read again and again.

    Iterating yields the texts as `str`: the lines of text files (without ``\n`` or ``\r\n``) and one field of
    each line of JSON-lines files.  `blocks` is much faster, and is what the builders read.

    Parameters
    ----------
    *sources : str or path-like
        Files; folders (all text files in them, sorted, without hidden ones); patterns such as ``data/**/*.txt``; ``-``
        for standard input (``-.jsonl`` or ``-.gz`` if it is not plain text); URLs if fsspec is installed.  Files named
        ``.jsonl``, ``.ndjson`` or ``.json`` are JSON lines, all others are text; a suffix ``.gz``, ``.bz2``, ``.xz``
        or ``.zst`` may follow.
    encoding : str, default "utf-8"
        Any text encoding of Python: ``gb18030``, ``utf-8-sig``, ``utf-16``, ...
    errors : {"strict", "replace", "ignore"}
        What happens to bytes that are not valid in this encoding.
    field : str, default "text"
        The field of a JSON line that holds the text.
    normalize : {None, "NFC", "NFKC", "NFD", "NFKD"}
        Unicode normalisation; by default none.
    progress : bool, default False
        Whether to show a progress bar (stored bytes) on stderr.
    block_size : int, default 4194304
        Bytes that are read at a time; never changes a result.

    Attributes
    ----------
    sources : tuple of str
        The names that were given.
    progress : bool
        Whether a progress bar is shown.

    Raises
    ------
    ValueError
        If there is no source, or an option is not valid.
    TypeError
        If a source is not a name.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.txt")
    ...     with open(path, "w", encoding="gb18030", newline="\n") as file:
    ...         _ = file.write("春眠不觉晓\n处处闻啼鸟\n")
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
            raise ValueError("A corpus needs at least one source: a file, a folder, a pattern or '-'.")
        check_choice("errors", errors, ("strict", "replace", "ignore"))
        if normalize is not None:
            check_choice("normalize", normalize, FORMS)
        block_size = check_integer("block_size", block_size)
        self.sources = tuple(_source_name(source) for source in sources)
        self.progress = progress
        self._reader = Reader(_codec_name(encoding), errors, field, cast("Form | None", normalize), block_size)
        self._spooled: dict[str, str] = {}  # one-shot source -> the temporary file with its bytes
        self._spent: set[str] = set()

    def __repr__(self) -> str:
        return f"Corpus({', '.join(map(repr, self.sources))}, encoding={self._reader.encoding!r})"

    def files(self) -> list[str]:
        """Return the names of all files, in the order in which they are read.

        Returns
        -------
        list of str
            The names of the files that the sources mean.

        Raises
        ------
        CorpusError
            If a source is missing.
        """
        return [source.name for source in find_sources(self.sources)]

    def blocks(self, unit: str = "char") -> Iterator[Block]:
        """Read the text once, as blocks.

        Parameters
        ----------
        unit : {"char", "byte"}
            For ``"char"`` a block ends at a line end, or after punctuation or a space in a very long line.
            For ``"byte"`` only a line end ends a run, and so a block.

        Returns
        -------
        iterator of Block
            The blocks.

        Raises
        ------
        CorpusError
            At once if a source is missing or was standard input and has been read before; while reading if a source
            cannot be read or decoded, or is not what its suffix says.
        ValueError
            If `unit` is not valid.
        """
        check_choice("unit", unit, UNITS)
        return self._read_blocks(self._open_pass(), unit)

    def batches(self) -> Iterator[list[str]]:
        """Read the texts once, in lists.

        Returns
        -------
        iterator of list of str
            Lists of about `block_size` bytes of text; lines of a live pipe are yielded as soon as they are written.

        Raises
        ------
        CorpusError
            See `blocks`.
        """
        return self._read_batches(self._open_pass())

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.batches())

    def _open_pass(self) -> list[Source]:
        """Return the sources of one pass, and note that those which can be read only once are used up."""
        found = [
            Source(source.name, self._spooled[source.name]) if source.name in self._spooled else source
            for source in find_sources(self.sources)
        ]
        for source in found:
            if source.one_shot:
                if source.name in self._spent:
                    raise CorpusError(f"{source.name} can be read only once; pass the corpus to restartable() first.")
                self._spent.add(source.name)
        return found

    def _read_blocks(self, found: list[Source], unit: str) -> Iterator[Block]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.read_blocks(source, unit, advance)

    def _read_batches(self, found: list[Source]) -> Iterator[list[str]]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.read_batches(source, advance)

    @contextmanager
    def _progress_bar(self, found: list[Source]) -> Iterator[Advance]:
        if not self.progress:
            yield None
            return
        sizes = [source.size for source in found]
        total = None if None in sizes else sum(size for size in sizes if size is not None)
        with progress_bar(True, "reading", total=total, unit="B") as advance:
            yield advance

    def _has_one_shot_sources(self) -> bool:
        return any(source.one_shot and source.name not in self._spooled for source in find_sources(self.sources))

    def _spool(self) -> Corpus:
        """Return a corpus that reads copies of the one-shot sources; the copies are removed with the corpus."""
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
                    shutil.copyfileobj(stored, spool, COPY_BYTES)
                copy._spooled[source.name] = path
        return copy


def _source_name(source: str | os.PathLike[str]) -> str:
    name = os.fspath(source)
    if not isinstance(name, str) or not name:
        raise TypeError(f"A source must be the name of a file or folder, a pattern or '-', not {source!r}.")
    return name


def _codec_name(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        codecs.getincrementaldecoder(encoding)
        "".encode(encoding)  # refuses codecs that are not text encodings, such as base64
    except (LookupError, ValueError) as exc:
        raise ValueError(
            f"encoding must name a text encoding, not {encoding!r}; try utf-8, gb18030 or utf-16."
        ) from exc
    return codec.name


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
