"""Charts as Vega-Lite specifications: pure functions of numbers, without colours or fonts, which the page adds.

The charts that show words read the rows of the table of words, under the name `WORDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = [
    "COMPARED",
    "WORDS",
    "Spec",
    "draw_cloud",
    "draw_comparison",
    "draw_growth",
    "draw_information",
    "draw_lengths",
    "draw_rank_frequency",
]

Spec = dict[str, Any]
WORDS, COMPARED = "words", "compared"  # data sets that the page provides
CURVE_POINTS = 400  # of the rank-frequency curve
LONGEST_BAR = 8  # characters; longer words share a bar


def draw_information(steps: Sequence[tuple[str, float]], labels: Mapping[str, str]) -> Spec:
    """A line of the information in nats per character, one for each step from characters to phrases.

    Parameters
    ----------
    steps : sequence of (str, float)
        Name and value.
    labels : mapping of str to str
        Texts in the language of the page.
    """
    last = len(steps) - 1
    values = [
        {
            "step": name, "nats": round(value, 4), "shown": k < 2 or k == last,
            "align": "left" if k < last else "center",  # beside the falling line
        }
        for k, (name, value) in enumerate(steps)
    ]
    axis = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 12}
    x = {"field": "step", "type": "ordinal", "sort": None, "title": None, "axis": axis}
    y = {
        "field": "nats", "type": "quantitative", "title": labels["nats_per_character"],
        "scale": {"zero": False, "padding": 16},
    }  # fmt: skip
    line = {"mark": {"type": "line", "point": True}}
    text = {
        "transform": [{"filter": "datum.shown"}],
        "mark": {"type": "text", "dy": -12, "align": {"expr": "datum.align"}},
        "encoding": {"text": {"field": "nats", "type": "quantitative", "format": ".3f"}},
    }
    return _chart(values=values, layer=[line, text], encoding={"x": x, "y": y, "tooltip": _tooltips(x, y)})


def draw_rank_frequency(words: Sequence[str], counts: Sequence[int], labels: Mapping[str, str]) -> Spec:
    """Count against rank, both on logarithmic scales; `counts` are in falling order."""
    ranks = np.unique(np.geomspace(1, max(len(counts), 1), CURVE_POINTS).astype(np.int64))
    values = [
        {"rank": rank, "count": int(counts[rank - 1]), "word": words[rank - 1]}
        for rank in ranks.tolist()
        if rank <= len(counts) and counts[rank - 1] > 0
    ]
    scale = {"type": "log", "nice": False}
    y = {"field": "count", "type": "quantitative", "scale": scale, "title": labels["occurrences"]}
    x = {"field": "rank", "type": "quantitative", "scale": scale, "title": labels["rank"]}
    word = {"field": "word", "type": "nominal", "title": labels["word"]}
    mark = {"type": "line", "point": {"size": 18}}
    return _chart(values=values, mark=mark, encoding={"x": x, "y": y, "tooltip": _tooltips(word, x, y)})


def draw_lengths(words: Iterable[tuple[str, int]], labels: Mapping[str, str]) -> Spec:
    """Shares of the words, and of the tokens, by the length of the word in characters; `words` have counts."""
    types, tokens = np.zeros(LONGEST_BAR + 1), np.zeros(LONGEST_BAR + 1)
    for word, count in words:
        length = min(len(word), LONGEST_BAR)
        types[length] += 1
        tokens[length] += count
    values = [
        {"length": f"{k}+" if k == LONGEST_BAR else str(k), "kind": labels[kind], "share": round(float(part[k]), 4)}
        for kind, whole in (("words", types), ("tokens", tokens))
        for part in [whole / max(whole.sum(), 1)]
        for k in range(1, LONGEST_BAR + 1)
    ]
    x = {"field": "length", "type": "ordinal", "title": labels["length"], "axis": {"labelAngle": 0}, "sort": None}
    y = {"field": "share", "type": "quantitative", "axis": {"format": "%"}, "title": labels["share"]}
    kind = {"field": "kind", "type": "nominal", "title": None, "sort": None}
    tooltip = _tooltips(x, kind, y | {"format": ".1%"})
    return _chart(
        values=values, mark="bar", encoding={"x": x, "y": y, "xOffset": kind, "color": kind, "tooltip": tooltip}
    )


def draw_growth(growth: Sequence[tuple[int, int]], labels: Mapping[str, str]) -> Spec:
    """Number of different words against the number of tokens that were read."""
    values = [{"tokens": tokens, "words": words} for tokens, words in growth]
    axis = {"labelExpr": "format(datum.value, '~s')"}  # each label by itself: 0, 500k, 1M
    x = {"field": "tokens", "type": "quantitative", "title": labels["tokens_read"], "axis": axis}
    y = {"field": "words", "type": "quantitative", "title": labels["words_seen"], "axis": axis}
    tooltip = _tooltips(x | {"format": ","}, y | {"format": ","})
    mark = {"type": "line", "point": {"size": 18}}
    return _chart(values=values, mark=mark, encoding={"x": x, "y": y, "tooltip": tooltip})


def draw_cloud(labels: Mapping[str, str]) -> Spec:
    """PMI against count for every word of the table; drag to move, turn the wheel to zoom."""
    x = {"field": "count", "type": "quantitative", "scale": {"type": "log", "nice": False}, "title": labels["count"]}
    y = {"field": "pmi", "type": "quantitative", "title": labels["pmi"]}
    return _scatter(WORDS, x, y, labels, select="isValid(datum.pmi) && datum.count > 0")


def draw_comparison(labels: Mapping[str, str]) -> Spec:
    """Log ratio against frequency for the words of two texts; drag to move, turn the wheel to zoom."""
    scale = {"type": "log", "nice": False}
    x = {"field": "total", "type": "quantitative", "scale": scale, "title": labels["count_both"]}
    y = {"field": "log_ratio", "type": "quantitative", "title": labels["log_ratio"]}
    chart = _scatter(COMPARED, x, y, labels, select="datum.total > 0")
    chart["transform"].append({"calculate": "datum.log_ratio > 0 ? 'new' : 'old'", "as": "side"})
    sides = {"domain": ["new", "old"]}
    chart["encoding"]["color"] = {"field": "side", "type": "nominal", "legend": None, "scale": sides}
    chart["encoding"]["tooltip"].append({"field": "g2", "type": "quantitative", "title": "G²", "format": ",.1f"})
    return chart


def _scatter(data: str, x: Spec, y: Spec, labels: Mapping[str, str], *, select: str) -> Spec:
    word = {"field": "word", "type": "nominal", "title": labels["word"]}
    chart = _chart(
        mark={"type": "circle", "size": 14, "opacity": 0.45},
        encoding={"x": x, "y": y, "tooltip": _tooltips(word, x | {"format": ","}, y | {"format": ".2f"})},
    )
    return chart | {
        "data": {"name": data},
        "transform": [{"filter": select}],
        "params": [{"name": "zoom", "select": "interval", "bind": "scales"}],
        "height": 380,
    }


def _chart(values: list[dict[str, Any]] | None = None, **parts: Any) -> Spec:
    data = {} if values is None else {"data": {"values": values}}
    return {"width": "container", "height": 240, "autosize": {"type": "fit", "contains": "padding"}} | data | parts


def _tooltips(*fields: Spec) -> list[Spec]:
    return [
        {key: field[key] for key in ("field", "type", "title", "format") if field.get(key) is not None}
        for field in fields
    ]
