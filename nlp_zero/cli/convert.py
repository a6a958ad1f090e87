"""The command `convert`: write the words of a file in the format of another program."""

from __future__ import annotations

import argparse
import os

from .._utils.progress import begin_stage, report_stages
from ..errors import FormatError
from ..lexicon import formats
from .errors import UsageError
from .messages import plural, print_message, shows_progress
from .options import Commands, add_command
from .output import dump_json_line, real_place, unwritable

__all__ = ["add_convert"]


def add_convert(commands: Commands) -> None:
    """Add the parser of the command."""
    listed = "".join(f"  {name:<14}{description}\n" for name, description in formats.FORMATS.items())
    parser = add_command(
        commands,
        "convert",
        run_convert,
        "Write the words of one file in the format of another program.",
        "  nlpzero convert words.tsv jieba_words.txt\n"
        "  nlpzero convert vocabulary.tsv unigram.model\n"
        "  nlpzero convert unigram.model tokenizer.json\n"
        "  nlpzero convert words.tsv words.txt --to plain\n\n"
        "formats:\n" + listed,
    )
    parser.add_argument("input", metavar="IN", help="a lexicon, word list or model")
    parser.add_argument("output", metavar="OUT", help="the file to write")
    parser.add_argument(
        "--from", dest="source", choices=formats.FORMATS, help="format of IN (default: found from its content)"
    )
    parser.add_argument(
        "--to", dest="target", choices=formats.FORMATS,
        help="format of OUT (default: found from its name; required for .json, unless the name has 'tokenizer')",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the summary as JSON on stdout")


def run_convert(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon

    if arguments.output == "-":
        raise UsageError("- (OUT) is no file; for standard output, write /dev/stdout.")
    target = arguments.target or _target_of_name(arguments.output)
    with report_stages(shows_progress(arguments)):
        begin_stage("loading words")
        lexicon = Lexicon.load(arguments.input, format=arguments.source)
    place = real_place(arguments.output)
    try:
        if os.path.isdir(place):
            raise IsADirectoryError(21, "it is a folder")
        report = lexicon.save(place, format=target)
    except FormatError as error:
        raise FormatError(str(error).replace(place, arguments.output, 1)) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(arguments.output, error, "name another file") from error
    if arguments.json:
        summary = {"output": arguments.output, "format": target, "words": report.words}
        summary |= {"left_out": dict(report.left_out), "differences": list(report.differences)}
        print(dump_json_line(summary), end="")
        return
    left_out = ", ".join(f"{kind} ({count:,})" for kind, count in report.left_out.items())
    rest = f"; left out: {left_out}" if left_out else ""
    print_message(arguments, f"{arguments.output}: {target}, {plural(report.words, 'word')}{rest}.")
    for difference in report.differences:
        print_message(arguments, f"note: {difference}")


def _target_of_name(output: str) -> str:
    """Return the format that the name of a file states; raises `UsageError` if it states none."""
    target, name = formats.format_of_name(output), os.path.basename(output)
    if target is None and name.lower().endswith(".json"):
        raise UsageError(
            f"{name} could be a tokenizer.json of Hugging Face or a lexicon as JSON; add --to huggingface or --to json."
        )
    if target is None:
        raise UsageError(f"the name {name} does not state a format; add --to with one of {', '.join(formats.FORMATS)}.")
    return target
