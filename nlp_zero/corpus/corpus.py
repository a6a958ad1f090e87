"""Raw text as a stream that can be read again.

A *block* is a piece of text that no run of countable characters crosses, so blocks can be counted one by one, in any
order and by any thread.  Blocks of UTF-8 files hold the bytes of the file; the kernels validate them while they
decode.  Everything else (other encodings, ``errors=``, ``normalize=``, records, documents) is decoded to `str` here.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeVar, cast

from .._utils.files import storage
from .._utils.progress import Advance, progress_bar
from .._utils.temporary import find_temporary_folder, open_spool
from .._utils.validation import check_choice, check_folder, check_integer
from ..errors import CorpusError
from .blocks import Block, TextBatch
from .reader import FORMS, Form, Reader
from .sources import FORMATS, Source, find_skipped, find_sources

__all__ = ["UNITS", "Corpus"]

R = TypeVar("R")

UNITS = ("char", "byte")  # the symbols of n-grams
COPY_BYTES = 1 << 20  # copied at a time


class Corpus:
    r"""Texts as a stream that can be read again and again.

    Iterating yields the texts as `str`: the lines of text files (without ``\n`` or ``\r\n``), one field of each record
    of JSON and table files, the paragraphs of documents.  Builders read `blocks`, which is much faster.

    Parameters
    ----------
    *sources : str or path-like
        Files; folders (all texts in them, sorted, without hidden ones); patterns such as ``data/**/*.txt``; ``-`` for
        standard input (``-.jsonl`` or ``-.csv`` if it is not text); URLs if fsspec is installed.  The suffix states
        the format: ``.jsonl``, ``.ndjson`` or ``.json`` (JSON lines or one array), ``.csv``, ``.tsv``, ``.parquet``,
        ``.html``, ``.docx``, ``.epub``; all other names are text.  Compressed files (gzip, bz2, xz, zstd) and ZIP
        archives are recognised by their content.
    encoding : str, default "utf-8"
        Any text encoding of Python: ``gb18030``, ``utf-16``, ...  A byte order mark in the file has priority over
        this option, and is not part of the text.
    errors : {"strict", "replace", "ignore"}
        What happens to bytes that are not valid in this encoding.  Records without a text raise an error with
        ``"strict"``; else they are skipped and counted, see `skipped_records`.
    field : str, default "text"
        The field of a record, or the column of a table, that holds the text; ``a.b`` is the field ``b`` of the field
        ``a``.  A number is the column of a CSV or TSV file whose first row is not a header.
    normalize : {None, "NFC", "NFKC", "NFD", "NFKD"}
        Unicode normalisation; by default none.
    progress : bool, default False
        Whether to show a progress bar (stored bytes) on stderr.
    block_size : int, default 1048576
        Bytes that are read at a time; never changes a result.
    format : {None, "text", "json", "csv", "tsv", "parquet", "html", "docx", "epub", "zip"}
        The format of all sources; by default their suffixes state it.
    temp_dir : str or path-like, optional
        The folder of temporary copies, which are needed to read standard input twice, and to read archives and
        Parquet files from a pipe; by default that of the system.

    Attributes
    ----------
    sources : tuple of str
        The names that were given.
    progress : bool
        Whether a progress bar is shown.
    number : int
        For a part of another corpus, its place among the parts; else 0.
    is_remote : bool
        Whether the passes of `map_parts` run in other processes.

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

    number = 0
    is_remote = False

    def __init__(
        self,
        *sources: str | os.PathLike[str],
        encoding: str = "utf-8",
        errors: str = "strict",
        field: str = "text",
        normalize: str | None = None,
        progress: bool = False,
        block_size: int = 1 << 20,
        format: str | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        if not sources:
            raise ValueError("A corpus needs at least one source: a file, a folder, a pattern or '-'.")
        check_choice("errors", errors, ("strict", "replace", "ignore"))
        if normalize is not None:
            check_choice("normalize", normalize, FORMS)
        if format is not None:
            check_choice("format", format, FORMATS)
        block_size = check_integer("block_size", block_size)
        self.sources = tuple(_source_name(source) for source in sources)
        self.progress = progress
        if not isinstance(field, str) or not field:
            raise ValueError(f"field must be the name of a field, not {field!r}.")
        form = cast("Form | None", normalize)
        folder = check_folder("temp_dir", temp_dir)
        self._reader = Reader(_codec_name(encoding), errors, field, form, block_size, format, folder)
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

    def is_empty(self) -> bool:
        """Return whether all files are empty.

        Returns
        -------
        bool
            False if a size is not known, as that of standard input.

        Raises
        ------
        CorpusError
            If a source is missing.
        """
        return all(source.size == 0 for source in self._find_sources())

    def skipped_files(self) -> list[str]:
        """Return the names of the files in folders and archives that are not read.

        Returns
        -------
        list of str
            Files whose names are not those of texts.  Those of an archive are known when it has been read.
        """
        members = self._reader.skipped.members.values()
        return [*find_skipped(self.sources), *chain.from_iterable(members)]

    @property
    def skipped_records(self) -> dict[str, int]:
        """The number of records without a text that were skipped, by the name of the file; see `errors`."""
        return {name: number for name, number in self._reader.skipped.records.items() if number}

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
            cannot be read or decoded, or its suffix states another format.
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
        return (batch.split() for batch in self.text_batches())

    def text_batches(self) -> Iterator[TextBatch]:
        """Read the texts once, in batches that say where they are from.

        Returns
        -------
        iterator of TextBatch
            The lines of plain text stay one str, so that searching them is fast.

        Raises
        ------
        CorpusError
            See `blocks`.
        """
        return self._read_batches(self._open_pass())

    def encoded_batches(self) -> Generator[Block | TextBatch]:
        """Read the texts once, in batches; lines of plain UTF-8 text are left to be decoded, as by several threads.

        Returns
        -------
        iterator of Block or TextBatch
            For plain UTF-8 text, whole lines as a block of bytes that have not been validated; for all others, as in
            `text_batches`.

        Raises
        ------
        CorpusError
            See `blocks`.
        """
        return self._read_encoded_batches(self._open_pass())

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self.batches())

    def map_parts(self, work: Callable[..., R], *arguments: Any) -> Iterator[R]:
        """Apply a function to the parts of the corpus.

        A corpus in this process is one part, so this is ``work(corpus, *arguments)``. One that was distributed over a
        cluster (`nlp_zero.distributed.distribute`) has many parts, which its workers read. A pass over a corpus that is
        written with this method runs in both places.

        Parameters
        ----------
        work : callable
            Is called with a part, which is a corpus, and `arguments`. On a cluster it must be a function of a module,
            and if it returns an iterator, a list of the items takes its place.
        *arguments : object
            Further arguments of `work`.

        Yields
        ------
        object
            What `work` returns, in the order of the parts.

        Examples
        --------
        >>> from nlp_zero import Corpus
        >>> list(Corpus("README.md").map_parts(lambda part: next(iter(part))))
        ['# nlp-zero']
        """
        yield work(self, *arguments)

    def _open_pass(self) -> list[Source]:
        """Return the sources of one pass, and note that those which can be read only once are used up."""
        found = self._find_sources()
        for source in found:
            if source.one_shot:
                if source.name in self._spent:
                    raise CorpusError(f"{source.name} can be read only once; pass the corpus to restartable() first.")
                self._spent.add(source.name)
        return found

    def _find_sources(self) -> list[Source]:
        """Return the sources, with the copies in place of those that can be read only once."""
        return [
            Source(source.name, self._spooled[source.name]) if source.name in self._spooled else source
            for source in find_sources(self.sources)
        ]

    def _read_blocks(self, found: list[Source], unit: str) -> Iterator[Block]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.read_blocks(source, unit, advance)

    def _read_batches(self, found: list[Source]) -> Iterator[TextBatch]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.read_batches(source, advance)

    def _read_encoded_batches(self, found: list[Source]) -> Generator[Block | TextBatch]:
        with self._progress_bar(found) as advance:
            for source in found:
                yield from self._reader.read_encoded_batches(source, advance)

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
        import weakref

        copy = Corpus(*self.sources, progress=self.progress)
        copy._reader = self._reader
        folder = self._reader.temp_dir or find_temporary_folder()
        for source in self._open_pass():
            if source.one_shot:
                with storage(folder, "make room, or name another folder with --temp-dir"):
                    spool, path, remove = open_spool(folder)
                    weakref.finalize(copy, remove)
                    with source.open() as stored:
                        shutil.copyfileobj(stored, spool, COPY_BYTES)
                    spool.flush()
                copy._spooled[source.name] = path
        return copy


def _source_name(source: str | os.PathLike[str]) -> str:
    name = os.fspath(source) if isinstance(source, os.PathLike) else source
    if not isinstance(name, str) or not name:
        remedy = "; write Corpus(*names) for several" if isinstance(source, (list, tuple)) else ""
        raise TypeError(f"A source must be the name of a file or folder, a pattern or '-', not {source!r}{remedy}.")
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
    return "utf-8" if codec.name == "utf-8-sig" else codec.name  # a byte order mark is never text
