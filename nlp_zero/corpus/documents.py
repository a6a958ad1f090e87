"""Texts of HTML pages, Word documents and e-books, with the parsers of the standard library."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError, XMLParser

from ..errors import CorpusError

if TYPE_CHECKING:
    from zipfile import ZipFile

__all__ = ["list_chapters", "read_docx", "read_html"]

CHUNK_BYTES = 1 << 16
MOST_MARKUP = 1 << 24  # characters of one tag or comment, or of one paragraph
MOST_CATALOGUE_BYTES = 1 << 24  # of the files of an e-book that list its chapters
HIDDEN = frozenset(["head", "math", "noscript", "script", "style", "svg", "template"])
BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section",
    "select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul",
])  # fmt: skip
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # repeats the element before it


def read_html(pieces: Iterable[str], name: str) -> Iterator[list[str]]:
    """Read the text of an HTML page: a line for each paragraph, list item, table cell or heading.

    Parameters
    ----------
    pieces : iterable of str
        The decoded page.
    name : str
        The name of the source, for messages.

    Yields
    ------
    list of str
        The next lines, without those that hold only white space.

    Raises
    ------
    CorpusError
        If a tag, a comment or a paragraph is too long.
    """
    page = _Page()
    for piece in pieces:
        page.feed(piece)
        if len(page.rawdata) > MOST_MARKUP or page.length > MOST_MARKUP:
            raise CorpusError(
                f"{name}: a tag, comment or paragraph is longer than {MOST_MARKUP / 1e6:,.0f} million characters; "
                "if it is not an HTML page, rename it."
            )
        yield page.take_lines()
    page.close()
    page.end_line()
    yield page.take_lines()


class _Page(HTMLParser):
    """Collects the visible text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.length = 0  # characters of the line that is not complete
        self._line: list[str] = []
        self._lines: list[str] = []
        self._hidden: list[str] = []  # open elements whose content is not shown
        self._preformatted = 0

    def take_lines(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines

    def end_line(self) -> None:
        text = "".join(self._line)
        lines = text.split("\n") if self._preformatted else [" ".join(text.split())]
        self._lines += [line for line in lines if line and not line.isspace()]
        self._line, self.length = [], 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in HIDDEN:
            self._hidden.append(tag)
        elif tag == "body":
            self._hidden.clear()  # the end tag of the head can be left out
        if tag in BLOCKS:
            self.end_line()
        self._preformatted += tag == "pre"

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        if tag in BLOCKS:
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.end_line()
        if tag == "pre" and self._preformatted:
            self._preformatted -= 1
        if tag in self._hidden:
            del self._hidden[self._hidden.index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._line.append(data)
            self.length += len(data)


def read_docx(file: IO[bytes], name: str) -> Iterator[list[str]]:
    """Read the paragraphs of the body of a Word document, also those in tables and text boxes.

    Parameters
    ----------
    file : binary file
        The file ``word/document.xml``.
    name : str
        The name of the document, for messages.

    Yields
    ------
    list of str
        The next paragraphs.

    Raises
    ------
    CorpusError
        If the file is damaged, or a paragraph is too long.
    """
    body = _Body()
    parser = XMLParser(target=body)
    try:
        while data := file.read(CHUNK_BYTES):
            parser.feed(data)
            if body.length > MOST_MARKUP:
                raise CorpusError(f"{name}: a paragraph is longer than {MOST_MARKUP / 1e6:,.0f} million characters.")
            yield body.take_lines()
        parser.close()
    except (ParseError, ValueError) as exc:
        raise CorpusError(f"{name}: not a complete .docx file ({exc}); save it again.") from exc
    yield body.take_lines()


class _Body:
    """The target of an XML parser that collects paragraphs; it builds no tree."""

    def __init__(self) -> None:
        self.length = 0
        self._open: list[list[str]] = []  # the texts of the open paragraphs: a text box is inside one
        self._lines: list[str] = []
        self._fallbacks = 0
        self._in_text = False

    def take_lines(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines

    def doctype(self, *_: object) -> None:
        raise ValueError("it declares a document type")  # the entities of which could grow without limit

    def start(self, tag: str, attributes: object) -> None:
        self._fallbacks += tag == FALLBACK
        if tag == WORD + "p":
            self._open.append([])
        elif tag == WORD + "t":
            self._in_text = True
        elif tag in (WORD + "br", WORD + "cr"):
            self._add("\n")
        elif tag == WORD + "tab":
            self._add("\t")

    def end(self, tag: str) -> None:
        self._fallbacks -= tag == FALLBACK
        if tag == WORD + "t":
            self._in_text = False
        elif tag == WORD + "p" and self._open:
            text = "".join(self._open.pop())
            self._lines += [line for line in text.split("\n") if line and not line.isspace()]
            self.length = 0

    def data(self, text: str) -> None:
        if self._in_text:
            self._add(text)

    def close(self) -> None:
        pass

    def _add(self, text: str) -> None:
        if self._open and not self._fallbacks:
            self._open[-1].append(text)
            self.length += len(text)


def list_chapters(archive: ZipFile, name: str) -> list[str]:
    """Return the names of the chapters in an e-book (EPUB), in the order in which they are read.

    Parameters
    ----------
    archive : zipfile.ZipFile
        The e-book.
    name : str
        Its name, for messages.

    Returns
    -------
    list of str
        Names of files in the archive.

    Raises
    ------
    CorpusError
        If the e-book does not list its chapters.
    """
    try:
        with archive.open("META-INF/container.xml") as file:
            package = next(a["full-path"] for tag, a in _elements(file) if tag == "rootfile")
        items: dict[str, str] = {}
        spine: list[str] = []
        with archive.open(package) as file:
            for tag, attributes in _elements(file):
                if tag == "item" and "html" in attributes.get("media-type", ""):
                    items[attributes["id"]] = attributes["href"]
                elif tag == "itemref":
                    spine.append(attributes["idref"])
    except (KeyError, StopIteration, ParseError, ValueError) as exc:
        raise CorpusError(f"{name}: this e-book does not list its chapters ({exc}); fetch it again.") from exc
    folder = posixpath.dirname(package)
    return [posixpath.normpath(posixpath.join(folder, unquote(items[i]))) for i in spine if i in items]


def _elements(file: IO[bytes]) -> list[tuple[str, dict[str, str]]]:
    """Return the names (without name spaces) and attributes of all elements of a small XML file."""
    found: list[tuple[str, dict[str, str]]] = []

    class Target:
        def doctype(self, *_: object) -> None:
            raise ValueError("it declares a document type")

        def start(self, tag: str, attributes: dict[str, str]) -> None:
            found.append((tag.rpartition("}")[2], dict(attributes)))

        def close(self) -> None:
            pass

    parser = XMLParser(target=Target())
    data = file.read(MOST_CATALOGUE_BYTES + 1)
    if len(data) > MOST_CATALOGUE_BYTES:
        raise ValueError("its catalogue is too large")
    parser.feed(data)
    parser.close()
    return found
