"""F1 of taught lexicons: the first half of People's Daily, against the number of words cut by hand."""

from __future__ import annotations

from harness import Missing, Report, Settings
from teaching import FIRST_HALF, HEADER, measure_teaching, read_gold

LINES, QUICK_LINES = (20, 50, 200, 1000), (50,)
DRAWS, QUICK_DRAWS = 2, 1


def run(settings: Settings, report: Report) -> None:
    try:
        gold = read_gold(settings.path("people-daily-gold"))[:FIRST_HALF]
    except Missing as missing:
        report.missing("teaching", "text", missing)
        return
    lines, draws = (QUICK_LINES, QUICK_DRAWS) if settings.quick else (LINES, DRAWS)
    rows = list(measure_teaching(gold, method="bayes", lines=lines, draws=draws))
    report.tables.append(("Taught with lines of the first half of People's Daily", HEADER, rows))
