"""The report of the command `evaluate`: its scores as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .messages import plural

if TYPE_CHECKING:
    from ..evaluation import Agreement, Breakdown, Evaluation

__all__ = ["Values", "format_report"]

Values = dict[str, Any]
EXAMPLES = 3  # errors that are shown of each kind


def format_report(scores: Evaluation, values: Values, vocabulary: str) -> str:
    """Format scores as text.

    Parameters
    ----------
    scores : Evaluation
        The scores.
    values : dict
        The same scores as plain numbers, with the setting and the scores of the lexicon.
    vocabulary : str
        The name of the list that separates known from unknown words.

    Returns
    -------
    str
        Lines of text.
    """
    table = _main_table(scores, values, vocabulary)
    lines = [*_header(scores, values), "", *table, *_details(scores, values)]
    return "".join(line.rstrip() + "\n" for line in lines)


def _header(scores: Evaluation, values: Values) -> Iterator[str]:
    from ..evaluation import LEVELS

    overlap = values["setting"]["overlap"]
    share = (
        "add --trained-on TEXT to find it" if overlap is None else f"{overlap:.1%} of this text is in the training text"
    )
    yield f"level    {scores.level}: {LEVELS[scores.level]}"
    yield f"setting  {values['setting']['name']}: {share}"
    words = scores.words
    sizes = (scores.lines, "line"), (words.gold, "gold word"), (words.predicted, "predicted word")
    yield "text     " + ", ".join(plural(*size) for size in sizes)


def _main_table(scores: Evaluation, values: Values, vocabulary: str) -> Iterator[str]:
    interval = "   95 % interval of F1" if scores.intervals else ""
    yield f"{'':<22}precision  recall      F1{interval}"
    for name, prefix in (("words", ""), ("unaided words", "unaided_"), ("boundaries", "boundary_")):
        numbers = [values[prefix + ratio] for ratio in ("precision", "recall", "f1")]
        low, high = scores.intervals.get(prefix + "f1", (None, None))
        interval = "" if low is None else f"   {low:.4f} to {high:.4f}"
        yield f"{name:<22}   {'  '.join(map(_number, numbers))}{interval}"
    if scores.level != "raw":
        yield f"{'at most, at this level':<39}{scores.ceiling:.4f}"
    for where, counts, ratio in (("not in", scores.unknown, "oov_recall"), ("in", scores.known, "iv_recall")):
        if counts is not None and counts.gold:
            low, high = scores.intervals.get(ratio, (None, None))
            interval = "" if low is None else f"   {low:.4f} to {high:.4f} (of recall)"
            share = f"{counts.gold / scores.unaided.gold:.1%}"
            yield f"{f'{where} the {vocabulary}':<22}{share:>9}  {counts.recall:.4f}{'':8}{interval}"


def _details(scores: Evaluation, values: Values) -> Iterator[str]:
    if scores.breakdown is not None:
        if scores.breakdown.lines < scores.lines:
            yield ""
            yield f"below: a sample of {scores.breakdown.lines:,} lines, as --memory allows"
        yield from _format_breakdown(scores.breakdown, values["breakdown"]["information"])
    for name, against in values.get("lexicon", {}).items():
        yield ""
        yield f"the lexicon's words against {name} ({against['words']:,} of whose words occur in the text)"
        yield f"{'':<22}precision  recall"
        for size, precision in against["precision"].items():
            yield f"  {f'first {size:,}':<23}{_number(precision)}  {_number(against['recall'].get(size))}"


def _format_breakdown(details: Breakdown, information: Values) -> Iterator[str]:
    for title, rows in (("characters", details.by_length), ("times in the gold text", details.by_frequency)):
        yield ""
        yield f"{title:<24}gold words  precision  recall      F1"
        for name, counts in rows.items():
            yield f"  {name:<22}{counts.gold:>10,}   {'  '.join(map(_number, _ratios(counts)))}"
    yield ""
    yield f"{'errors':<24}gold words  predicted   most frequent"
    for kind, counts in details.kinds.items():
        shown = ", ".join(f"{gold} → {cut} ({n:,})" for gold, cut, n in details.examples[kind][:EXAMPLES])
        yield f"  {kind:<22}{counts.gold:>10,} {counts.predicted:>10,}   {shown}"
    yield ""
    share = details.stuck / details.wrong if details.wrong else 0.0
    yield f"function words joined to a neighbour: in {details.stuck:,} of {details.wrong:,} wrong words ({share:.1%})"
    yield "  " + "  ".join(f"{w.word} {w.stuck / w.count:.0%}" for w in details.function_words)
    yield ""
    yield "information (nats per character)   as characters  as predicted words  as gold words"
    numbers = (information[name] for name in ("characters", "predicted", "gold"))
    yield "{:>46.4f}{:>20.4f}{:>15.4f}".format(*numbers)
    if "model_bits" in information:
        yield f"unigram model of the lexicon: {information['model_bits']:.4f} bits per character"


def _ratios(counts: Agreement) -> tuple[float | None, ...]:
    values = counts.precision, counts.recall, counts.f1
    return tuple(None if value != value else value for value in values)  # NaN is not equal to itself


def _number(value: float | None) -> str:
    return "     –" if value is None else f"{value:.4f}"
