"""The command `convert`: write the words of one program's file in the format of another."""

from __future__ import annotations

import argparse
import os

from ..errors import FormatError
from ..lexicon import formats
from .errors import UsageError
from .messages import print_message
from .options import Commands, add_command
from .output import unwritable

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
        "--to", dest="target", choices=formats.FORMATS, help="format of OUT (default: found from its name)"
    )


def run_convert(arguments: argparse.Namespace) -> None:
    """Run the command."""
    from ..lexicon.lexicon import Lexicon

    target = arguments.target or formats.format_of_name(arguments.output)
    if target is None:
        raise UsageError(
            f"the name {os.path.basename(arguments.output)} does not tell a format; add --to with one of "
            f"{', '.join(formats.FORMATS)}."
        )
    lexicon = Lexicon.load(arguments.input, format=arguments.source)
    place = os.path.realpath(arguments.output)  # a link stays, and the file that it points to is replaced
    try:
        if os.path.isdir(place):
            raise IsADirectoryError(21, "it is a folder")
        count = lexicon.save(place, format=target)
    except FormatError as error:
        raise FormatError(str(error).replace(place, arguments.output, 1)) from None
    except OSError as error:
        raise unwritable(arguments.output, error, "name another file") from error
    left = len(lexicon) - count
    rest = f"; {left:,} words that it cannot hold were left out" if left > 0 else ""
    print_message(arguments, f"{arguments.output}: {target}, {count:,} words{rest}.")
