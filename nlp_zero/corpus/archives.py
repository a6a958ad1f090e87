"""ZIP archives, and documents that are ZIP archives: their files are read one after another."""

from __future__ import annotations

import errno
import posixpath
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from zipfile import BadZipFile, ZipFile

from ..errors import CorpusError
from .documents import list_chapters, read_docx
from .sources import is_text_name

__all__ = ["Archive"]

WORD_BODY, EPUB_CONTAINER = "word/document.xml", "META-INF/container.xml"
SHOWN_FILES = 5  # names in a message


class Archive:
    """The texts in a ZIP archive.

    Parameters
    ----------
    file : binary file
        The archive.
    name : str
        Its name, for messages.
    stated : str
        The format that the name states.

    Attributes
    ----------
    format : {"zip", "docx", "epub"}
        What the archive is.
    members : list of str
        The names of the files to be read: the chapters of an e-book; in other archives those with names of texts, or
        the only file.
    skipped : list of str
        The names of the other files of a ZIP archive.

    Raises
    ------
    CorpusError
        If the archive is damaged, or does not contain a text.
    """

    def __init__(self, file: IO[bytes], name: str, stated: str) -> None:
        self._name = name
        self.members: list[str] = []
        self.skipped: list[str] = []
        with self._errors():
            self._zip = ZipFile(file)
            names = [info.filename for info in self._zip.infolist() if not info.is_dir()]
            self.format = "docx" if WORD_BODY in names else "epub" if EPUB_CONTAINER in names else "zip"
            if stated in ("docx", "epub") and self.format == "zip":
                raise CorpusError(f"{name}: not a .{stated} document but another kind of ZIP archive; rename it.")
            if self.format == "epub":
                self.members = list_chapters(self._zip, name)
            elif self.format == "zip":
                self._choose_members(names)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read_docx(self) -> Iterator[list[str]]:
        """Yield the paragraphs of a Word document."""
        with self.open(WORD_BODY) as file:
            yield from read_docx(file, self._name)

    @contextmanager
    def open(self, member: str) -> Iterator[IO[bytes]]:
        """Open a file in the archive."""
        with self._errors(), self._zip.open(member) as file:
            yield file

    def _choose_members(self, names: list[str]) -> None:
        files = [name for name in names if not _is_hidden(name)]
        self.members = [name for name in files if is_text_name(name) and not name.lower().endswith(".zip")]
        if not self.members and len(files) == 1:
            self.members = files
        if not self.members:
            shown = ", ".join(files[:SHOWN_FILES]) + (", ..." if len(files) > SHOWN_FILES else "")
            raise CorpusError(
                f"{self._name}: the archive holds no text ({shown or 'it is empty'}); unpack it and name the texts."
            )
        chosen = set(self.members)
        self.skipped = [f"{self._name}/{name}" for name in files if name not in chosen]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of damaged, encrypted and unusual archives into one sentence."""
        try:
            yield
        except NotImplementedError as exc:
            raise CorpusError(f"{self._name}: the archive cannot be read ({exc}); unpack it first.") from exc
        except RuntimeError as exc:
            if "encrypted" not in str(exc):
                raise
            raise CorpusError(f"{self._name}: the archive is encrypted; unpack it first.") from exc
        except (BadZipFile, zlib.error, EOFError, IndexError, KeyError, ValueError) as exc:
            raise CorpusError(f"{self._name}: not a complete ZIP archive ({exc}); fetch it again.") from exc
        except OSError as exc:
            if exc.errno != errno.EINVAL:  # a place before the beginning of the file
                raise
            raise CorpusError(f"{self._name}: not a complete ZIP archive (wrong offset); fetch it again.") from exc


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or posixpath.basename(name).startswith(".")
