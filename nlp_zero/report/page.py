"""The HTML of the page: a skeleton with the texts and pictures, the data as JSON, and the scripts of two packages.

Charts are drawn by Vega-Lite, which the package ``vl-convert-python`` brings, and the table of words by DataTables,
which ``itables`` brings.  Both are put into the page, so that it opens from a disk without a network.
"""

from __future__ import annotations

import base64
import html
import importlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from .._utils.tables import escape_surrogates

if TYPE_CHECKING:
    from ..comparison import ComparisonTable
    from ..templates.inventory import TemplateInventory

__all__ = ["check_packages", "format_page"]

CHARTS = ("rank_frequency", "lengths", "growth", "cloud")
SHOWN_TEMPLATES, SHOWN_SPECIAL = 100, 20  # rows
LABELS_OF_SCRIPT = (
    "word", "count", "firmness", "pmi", "left_entropy", "right_entropy", "cohesion", "occurrences", "documents",
    "is_new", "new", "hint_count", "hint_firmness", "hint_pmi", "hint_left_entropy", "hint_right_entropy",
    "hint_cohesion", "hint_occurrences", "hint_documents",
    "no_contexts", "search", "page_info", "page_filtered", "page_empty", "page_none", "page_length",
    "first", "last", "next", "previous",
)  # fmt: skip


def format_page(
    *,
    labels: Mapping[str, str],
    name: str,
    learnt: bool,
    numbers: Mapping[str, str],
    limited: tuple[int, int] | None,
    comparison: ComparisonTable | None,
    templates: TemplateInventory | None,
    pictures: Sequence[tuple[str, str, str]],
    facts: Sequence[tuple[str, str]],
    data: Mapping[str, Any],
) -> str:
    """Return the page.

    Parameters
    ----------
    labels : mapping of str to str
        Texts in the language of the page.
    name : str
        Of the corpus.
    learnt : bool
        Whether the words were learnt for this page, without examples or a dictionary.
    numbers : mapping of str to str
        The corpus in numbers, by the key of its label.
    limited : (int, int) or None
        Words in the table and in the lexicon, if the table is not complete.
    comparison : ComparisonTable or None
    templates : TemplateInventory or None
    pictures : sequence of (str, str, str)
        Sentences, each with two pictures.
    facts : sequence of (str, str)
        How the page was made.
    data : mapping
        What the script reads: the table, the contexts, the charts.

    Raises
    ------
    ImportError
        If the packages of the extra ``report`` are missing.
    """
    drawn = data["charts"]
    sections = [
        ("numbers", _numbers(numbers, labels)),
        ("information", _chart("information", labels) if "information" in drawn else ""),
        ("word_table", _table(labels, limited, with_known="is_new" in data["table"])),
        ("charts", "".join(_titled_chart(chart, labels) for chart in CHARTS if drawn.get(chart))),
        ("comparison", _comparison(comparison, labels) if comparison is not None else ""),
        ("templates", _templates(templates, labels) if templates is not None else ""),
        ("sentences", _pictures(pictures, labels)),
        ("making", "<dl>" + "".join(f"<dt>{_escape(a)}</dt><dd>{_escape(b)}</dd>" for a, b in facts) + "</dl>"),
    ]
    sections = [(key, content) for key, content in sections if content]
    texts = dict(labels)
    if comparison is not None:
        texts["comparison_note"] = labels["comparison_note"].format(other=comparison.other)
    contents = "".join(f'<a href="#{key}">{_escape(labels[key])}</a>' for key, _ in sections)
    body = "\n".join(
        f'<section id="{key}"><h2>{_escape(labels[key])}</h2>{_note(key, texts)}{content}</section>'
        for key, content in sections
    )
    title = labels["title"].format(name=name)
    summary = labels["summary_learnt" if learnt else "summary_given"]
    summary = summary.format(characters=numbers["characters"], words=numbers["lexicon_words"])
    tables_script, tables_style = _tables_files()
    payload = dict(data) | {"labels": {key: labels[key] for key in LABELS_OF_SCRIPT}}
    parts = {
        "LANGUAGE": labels["html_language"],
        "TITLE": _escape(title),
        "SUMMARY": _escape(summary),
        "CONTENTS": contents,
        "BODY": body,
        "TABLES_STYLE": tables_style,
        "STYLE": _resource("page.css"),
        "DATA": _json(payload),
        "TABLES_SCRIPT": base64.b64encode(tables_script.encode()).decode(),
        "CHARTS_SCRIPT": _charts_script().replace("</script", "<\\/script"),
        "SCRIPT": _resource("page.js"),
    }
    pieces = _resource("page.html").split("@@")
    return escape_surrogates("".join(parts[piece] if k % 2 else piece for k, piece in enumerate(pieces)))


def check_packages() -> None:
    """Check that the packages of the extra ``report`` are installed, before long work.

    Raises
    ------
    ImportError
        If one is missing.
    """
    _charts_script()
    _tables_files()


def _charts_script() -> str:
    try:
        script: str = importlib.import_module("vl_convert").javascript_bundle()
    except ImportError:
        raise _missing("vl-convert-python") from None
    return script


def _tables_files() -> tuple[str, str]:
    try:
        folder = resources.files("itables") / "html"
        return tuple((folder / name).read_text(encoding="utf-8") for name in ("dt_bundle.js", "dt_bundle.css"))  # type: ignore[return-value]
    except (ImportError, OSError):
        raise _missing("itables") from None


def _missing(package: str) -> ImportError:
    return ImportError(f"a report needs {package}; run: pip install 'nlpzero[report]'.")


def _resource(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _json(value: object) -> str:
    """Return JSON that can stand in a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _escape(text: str) -> str:
    return html.escape(text, quote=True)


def _note(key: str, labels: Mapping[str, str]) -> str:
    note = labels.get(f"{key}_note")
    return f'<p class="note">{_escape(note)}</p>' if note else ""


def _numbers(numbers: Mapping[str, str], labels: Mapping[str, str]) -> str:
    cards = "".join(
        f'<div class="card"><b>{_escape(value)}</b><span>{_escape(labels[key])}</span></div>'
        for key, value in numbers.items()
    )
    return f'<div class="cards">{cards}</div>'


def _chart(name: str, labels: Mapping[str, str]) -> str:
    return f'<div class="chart" data-chart="{name}" role="img" aria-label="{_escape(labels[name])}"></div>'


def _titled_chart(name: str, labels: Mapping[str, str]) -> str:
    return f"<figure><h3>{_escape(labels[name])}</h3>{_note(name, labels)}{_chart(name, labels)}</figure>"


def _table(labels: Mapping[str, str], limited: tuple[int, int] | None, *, with_known: bool) -> str:
    lines = []
    if limited is not None:
        text = labels["limited"].format(shown=f"{limited[0]:,}", total=f"{limited[1]:,}")
        lines.append(f'<p class="note">{_escape(text)}</p>')
    if with_known:
        box = '<input type="checkbox" id="only-new">'
        lines.append(f'<label class="switch">{box} {_escape(labels["only_new"])}</label>')
    lines.append('<div class="scroll"><table id="words" class="display compact"></table></div>')
    return "".join(lines)


def _templates(templates: TemplateInventory, labels: Mapping[str, str]) -> str:
    shown = templates.top(SHOWN_TEMPLATES)
    if not shown:
        return f'<p class="note">{_escape(labels["no_templates"])}</p>'
    head = "".join(f"<th>{_escape(labels[key])}</th>" for key in ("template", "uses", "fillers", "gain", "examples"))
    rows = "".join(
        f"<tr><td>{_escape(str(one))}</td><td>{one.count:,.0f}</td><td>{one.fillers:,}</td><td>{one.gain:,.0f}</td>"
        f"<td>{_escape(labels['separator'].join(' / '.join(filling) for filling in one.examples))}</td></tr>"
        for one in shown
    )
    table = f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="scroll tall">{table}</div>'


def _comparison(table: ComparisonTable, labels: Mapping[str, str]) -> str:
    """Return the chart, and the words that are most special to each side."""
    shown = table.significant()
    sides = ((table.texts[0], shown.top(SHOWN_SPECIAL, by="g2")), (table.other, shown.bottom(SHOWN_SPECIAL, by="g2")))
    keys = ("word", "count_new", "count_old", "log_ratio", "g2")
    head = "".join(f"<th>{_escape(labels[key])}</th>" for key in keys)
    tables = ""
    for name, rows in sides:
        columns = (rows.count, rows.other_count, rows.log_ratio, rows.g2)
        body = "".join(
            f"<tr><td>{_escape(word)}</td><td>{a:,}</td><td>{b:,}</td><td>{ratio:.2f}</td><td>{g2:,.0f}</td></tr>"
            for word, a, b, ratio, g2 in zip(rows.words, *(column.tolist() for column in columns), strict=True)
        )
        title = _escape(labels["special_to"].format(name=name))
        table_html = f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        tables += f'<figure><h3>{title}</h3><div class="scroll">{table_html}</div></figure>'
    return f'{_chart("comparison", labels)}<div class="columns">{tables}</div>'


def _pictures(pictures: Sequence[tuple[str, str, str]], labels: Mapping[str, str]) -> str:
    return "".join(
        f'<figure class="sentence"><h3>{_escape(sentence)}</h3><div class="scroll picture">{lattice}</div>'
        + (f'<div class="scroll picture">{tree}</div>' if tree else "")
        + "</figure>"
        for sentence, lattice, tree in pictures
    )
