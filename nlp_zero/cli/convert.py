"""The command `convert`: words from one program's file to another's."""

from __future__ import annotations

import argparse
import os

from ..errors import FormatError
from ..lexicon import formats
from .common import Commands, OutputError, UsageError, add_command, say


def add_convert(commands: Commands) -> None:
    listed = "".join(f"  {name:<14}{what}\n" for name, what in formats.FORMATS.items())
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
        "--from", dest="source", choices=formats.FORMATS, help="format of IN (default: its content says)"
    )
    parser.add_argument("--to", dest="target", choices=formats.FORMATS, help="format of OUT (default: its name says)")


def run_convert(arguments: argparse.Namespace) -> None:
    from ..lexicon.lexicon import Lexicon

    target = arguments.target or formats.format_of_name(arguments.output)
    if target is None:
        raise UsageError(
            f"the name {os.path.basename(arguments.output)} does not tell a format; add --to with one of "
            f"{', '.join(formats.FORMATS)}"
        )
    lexicon = Lexicon.load(arguments.input, format=arguments.source)
    place = os.path.realpath(arguments.output)  # a link stays, what it points to is replaced
    try:
        if os.path.isdir(place):
            raise IsADirectoryError(21, "it is a folder; name a file")
        count = lexicon.save(place, format=target)
    except FormatError as error:
        raise FormatError(str(error).replace(place, arguments.output, 1)) from None
    except OSError as error:
        raise OutputError(f"{arguments.output}: cannot be written: {error.strerror or error}") from error
    left = len(lexicon) - count
    rest = f"; {left:,} that it cannot hold were left out" if left > 0 else ""
    say(arguments, f"{arguments.output}: {target}, {count:,} words{rest}")
