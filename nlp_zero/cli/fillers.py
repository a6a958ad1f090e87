"""The command `fillers`: what fills the slots of templates."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from .._utils.progress import begin_stage, report_stages
from ..errors import NlpZeroError
from .errors import UsageError
from .messages import plural, print_message, shows_progress
from .mine_templates import TokenizedTexts, require_cut_corpus
from .options import (
    Commands,
    add_command,
    add_input,
    add_scheduler,
    add_table_output,
    add_workers,
    check_least,
    configure,
    open_corpus,
)
from .output import dump_json_line, open_output
from .table import format_table
from .table_files import open_table, table_records

if TYPE_CHECKING:
    from .._utils.tables import Columns
    from ..lexicon.lexicon import Lexicon
    from ..templates.inventory import Template, TemplateInventory
    from ..templates.slot_fillers import ClassLookup, Slot, SlotFillers

__all__ = ["add_fillers"]

TOP, MAX_FILLERS, MIN_COUNT = 20, 6, 2  # templates, fillers of each slot, and their least count, if they are printed
WRITTEN_ROWS = 1 << 16  # of a table in a file, that are written at a time
CLASS_TOP = 100  # templates that are grouped by class
LAST_WORDS = 4  # of each slot, that are printed
CLASS_WORDS, MIN_CLASS_SHARE = 5, 0.1  # words of a class that are printed, and least share of a class in a group


def add_fillers(commands: Commands) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands,
        "fillers",
        run_fillers,
        "Count what fills the slots of templates in a text: 从 [今年] 起, 在 [改革 开放] 中.",
        "  nlpzero fillers news.txt --templates templates.jsonl --lexicon words.tsv\n"
        "  nlpzero fillers cut.txt --tokenized --templates templates.jsonl --template '从 … 起' --max-fillers 50\n"
        "  nlpzero fillers news.txt --templates templates.jsonl --lexicon bayes.tsv --by-class\n"
        "  nlpzero fillers news.txt --templates templates.jsonl --lexicon words.tsv -o fillers.parquet",
    )
    add_input(parser)
    parser.add_argument("-t", "--templates", required=True, metavar="FILE", help="a result of mine-templates")
    parser.add_argument("-l", "--lexicon", metavar="FILE", help="cut the text into the words of this lexicon")
    parser.add_argument("--tokenized", action="store_true", help="the text is words separated by spaces")
    add_table_output(parser, "all fillers")
    parser.add_argument(
        "--template", action="append", default=[], metavar="WORDS",
        help="only this template, as mine-templates prints it: '从 … 到'; may be repeated (default: the first ones)",
    )  # fmt: skip
    parser.add_argument(
        "--top", type=int, metavar="N",
        help=f"the first N templates (default: {TOP}; with --by-class {CLASS_TOP}; with -o all)",
    )  # fmt: skip
    parser.add_argument(
        "--max-fillers", type=int, metavar="N",
        help=f"the N most frequent fillers of each slot (default: {MAX_FILLERS}; with -o all)",
    )  # fmt: skip
    parser.add_argument(
        "--min-count", type=int, metavar="N",
        help=f"fillers that occur at least N times (default: {MIN_COUNT}; with -o 1)",
    )  # fmt: skip
    parser.add_argument(
        "--by-class", action="store_true",
        help="show slots that take words of the same classes together; --lexicon must have classes "
        "(build-vocab --method bayes)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the fillers as a JSON list")
    add_workers(parser)
    add_scheduler(parser)
    parser.set_defaults(workers=1)


def run_fillers(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..templates.slot_fillers import SlotFillers

    _check_options(arguments)
    to_file = arguments.output not in (None, "-")
    place: Any = open_table(arguments.output) if to_file else open_output(None)
    with report_stages(shows_progress(arguments), total=2), place as write:
        begin_stage("loading words and templates")
        lexicon, classes = _load_words(arguments)
        slots = _count(arguments, lexicon, classes)
        if to_file:
            message = _write_table(write, slots, classes)
        else:
            fillers = SlotFillers(list(slots), classes=classes)
            if arguments.json:
                write(dump_json_line(table_records(fillers.to_columns())))
            else:
                write(_format_groups(fillers) if arguments.by_class else _format_fillers(fillers))
    if to_file:
        print_message(arguments, f"{arguments.output}: {message}")
    elif not len(fillers):
        print_message(arguments, "the text does not use these templates.")


def _write_table(write: Callable[[Columns], None], slots: Iterable[Slot], classes: ClassLookup | None) -> str:
    """Write the fillers of many slots at a time, and return how many there were."""
    from ..templates.slot_fillers import SlotFillers

    waiting: list[Slot] = []
    slot_count = rows = written = 0
    for slot in slots:
        waiting.append(slot)
        slot_count, rows = slot_count + 1, rows + len(slot.fillers)
        if rows - written >= WRITTEN_ROWS:
            write(SlotFillers(waiting, classes=classes).to_columns())
            waiting, written = [], rows
    if waiting or not rows:
        write(SlotFillers(waiting, classes=classes).to_columns())
    return f"{plural(rows, 'filler')} of {plural(slot_count, 'slot')}."


def _check_options(arguments: argparse.Namespace) -> None:
    if arguments.lexicon is None and not arguments.tokenized:
        raise UsageError(
            "the words of the text are needed; add --lexicon FILE, or --tokenized if spaces separate them."
        )
    check_least(arguments, 1, "top", "max_fillers", "min_count", "workers")
    if arguments.by_class and arguments.lexicon is None:
        raise UsageError("--by-class needs the classes of words; add --lexicon FILE of build-vocab --method bayes.")
    if arguments.output not in (None, "-"):
        if arguments.json:
            raise UsageError(
                "--json prints to stdout; for a file of JSON lines, leave it out and add -o fillers.jsonl."
            )
        if arguments.by_class:
            raise UsageError("--by-class prints to stdout; leave out --by-class: the table of -o has a column class.")


def _load_words(arguments: argparse.Namespace) -> tuple[Lexicon | None, ClassLookup | None]:
    """Return the lexicon and its classes, if there are any."""
    from ..lexicon.lexicon import Lexicon

    if arguments.lexicon is None:
        return None, None
    lexicon = Lexicon.load(arguments.lexicon)
    try:
        return lexicon, lexicon.classes
    except ValueError:
        if arguments.by_class:
            raise NlpZeroError(
                f"{arguments.lexicon} has no classes of words; make a lexicon that has them with nlpzero build-vocab "
                "CORPUS --method bayes -o words.tsv."
            ) from None
        return lexicon, None


def _count(arguments: argparse.Namespace, lexicon: Lexicon | None, classes: ClassLookup | None) -> Iterator[Slot]:
    """Yield the slots of the templates that were chosen, in the order of the templates."""
    from ..templates.filler_counter import FillerCounter
    from ..templates.inventory import TemplateInventory
    from ..tokenization.tokenizer import Tokenizer

    inventory = TemplateInventory.load(arguments.templates)
    to_file = arguments.output not in (None, "-")
    counter = configure(
        FillerCounter,
        inventory,
        templates=_choose_templates(arguments, inventory),
        max_fillers=arguments.max_fillers or (None if to_file else MAX_FILLERS),
        min_count=arguments.min_count or (1 if to_file else MIN_COUNT),
        classes=classes,
        workers=arguments.workers,
        temp_dir=arguments.temp_dir,
    )
    corpus = open_corpus(arguments)
    if arguments.tokenized:
        require_cut_corpus(corpus)
    tokenizer = None if arguments.tokenized or lexicon is None else Tokenizer(lexicon)
    begin_stage("counting fillers")
    yield from counter.iterate(TokenizedTexts(corpus, tokenizer, arguments.workers))


def _choose_templates(arguments: argparse.Namespace, inventory: TemplateInventory) -> list[Template]:
    """Return the templates that are named, or the first ones with a slot between words."""
    usable = [template for template in inventory if template.slots and not template.across]
    if not arguments.template:
        gapped = [template for template in usable if template.is_gapped]
        usual = None if arguments.output not in (None, "-") else CLASS_TOP if arguments.by_class else TOP
        return gapped[: arguments.top or usual]
    by_text = {str(template): template for template in usable}
    chosen = []
    for text in arguments.template:
        name = " ".join(text.replace("...", "…").replace("……", "…").replace("…", " … ").split())
        if name not in by_text:
            raise UsageError(
                f"--template {text}: {arguments.templates} has no such template with a slot inside a clause; "
                "nlpzero mine-templates --top 100 prints templates."
            )
        chosen.append(by_text[name])
    return chosen


def _format_fillers(fillers: SlotFillers) -> str:
    header = ["template", "uses", "different", "last words of fillers", "most frequent fillers"]
    rows = [
        [str(slot), slot.uses, slot.distinct, _list(islice(slot.last_words.items(), LAST_WORDS)), _list(slot.fillers)]
        for slot in fillers
    ]
    return format_table(header, rows) if rows else ""


def _list(counts: Iterable[tuple[str, int]]) -> str:
    return "; ".join(f"{text} {count:,}" for text, count in counts)


def _format_groups(fillers: SlotFillers) -> str:
    """Return the groups of slots, each below the classes that it takes."""
    classes = fillers.classes
    assert classes is not None
    blocks = []
    for group in sorted(fillers.group(), key=lambda group: len(group) == 1):  # slots that are like no other, at the end
        words = sum((Counter(slot.last_words) for slot in group), Counter[str]())
        counts = sum((Counter(slot.class_counts(classes)) for slot in group), Counter[int]())
        total = counts.total()
        lines = []
        for number, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
            if count >= MIN_CLASS_SHARE * total:
                best = [word for word, _ in words.most_common() if word in classes and classes[word] == number]
                lines.append(f"class {number} ({count / total:.0%}): {' '.join(best[:CLASS_WORDS])}\n")
        rows = [
            ["", str(slot), slot.uses, _list(islice(slot.last_words.items(), LAST_WORDS)), _list(slot.fillers)]
            for slot in group
        ]
        lines.append(format_table(["", "template", "uses", "last words of fillers", "most frequent fillers"], rows))
        blocks.append("".join(lines))
    return "\n".join(blocks)
