"""Why a program that reads the file of a lexicon gives other tokens or ids than `Tokenizer`."""

from __future__ import annotations

from collections.abc import Mapping

from ..ids import LexiconLike
from ..meta import LexiconMeta
from .jieba import has_dictionary
from .pieces import PARTS, is_plain

__all__ = ["describe_differences"]

PROGRAMS = {"sentencepiece": "SentencePiece", "huggingface": "Hugging Face tokenizers", "bytepiece": "BytePiece"}
BYTEPIECE_SPECIALS = ("<pad>", "<bos>", "<eos>")


def describe_differences(lexicon: LexiconLike, format: str, left_out: Mapping[str, int]) -> tuple[str, ...]:
    """Return a sentence or two for each reason why tokens or ids of the other program differ from those of `Tokenizer`.

    Parameters
    ----------
    lexicon : Lexicon
        What is written.
    format : str
        The format of the file.
    left_out : mapping of str to int
        The words that the file cannot hold, by kind.

    Returns
    -------
    tuple of str
    """
    if format == "plain":
        return _losses_of_word_list(lexicon)
    if format == "csv":
        return _losses_of_csv(lexicon)
    if format == "jieba" and not has_dictionary():
        return (
            "jieba is not installed here, so the frequencies do not take its own words into account, and it may cut "
            "words of this file. Install jieba and convert again to make it keep them.",
        )
    if format not in PROGRAMS:
        return ()
    program, found = PROGRAMS[format], []
    if is_plain(lexicon):
        found.append(_differences_of_plain(lexicon, format))
    elif format == "bytepiece" and lexicon.meta.specials != BYTEPIECE_SPECIALS:
        found.append(
            "Ids differ from those of nlp-zero, because BytePiece reserves 0, 1 and 2. Build the vocabulary with "
            f'--specials "{",".join(BYTEPIECE_SPECIALS)}" to make them agree.'
        )
    if PARTS in left_out:
        found.append(
            f"Ids differ where nlp-zero uses one of the {left_out[PARTS]:,} {PARTS}: {program} writes such characters "
            "as single bytes. Build the vocabulary with --no-beginnings to make all ids agree."
        )
    if lexicon.meta.new_words and is_plain(lexicon):
        found.append(
            f"nlp-zero also finds words that this lexicon lacks, {program} does not: compare with --no-new-words."
        )
    if lexicon.meta.objective == "classes":
        found.append(
            f"nlp-zero cuts with word classes, {program} does not: compare with --objective unigram."
        )
    if steps := _lost_steps(lexicon):
        found.append(
            f"The model was made for text with {steps}, which this file does not do. Do it before encoding, or ids "
            "differ from those of the original program."
        )
    return tuple(found)


def _losses_of_word_list(lexicon: LexiconLike) -> tuple[str, ...]:
    if is_plain(lexicon) and not {"id", "log_prob"} & lexicon.scores.keys():
        return ()
    return (
        "A word list holds words and counts only: ids, special tokens and the options of the vocabulary are lost. "
        "Use --to tsv or --to json to keep them.",
    )


def _losses_of_csv(lexicon: LexiconLike) -> tuple[str, ...]:
    meta, usual = lexicon.meta, LexiconMeta(alnum=lexicon.meta.alnum if lexicon.meta.alnum == "token" else None)
    if meta.segmentation == usual.segmentation and not lexicon.parts:
        return ()
    return (
        "CSV holds words, counts and scores only: special tokens, parts of phrases and the options of the lexicon, "
        "such as how numbers and new words are read, are lost. Use --to tsv, --to json or --to parquet to keep them.",
    )


def _differences_of_plain(lexicon: LexiconLike, format: str) -> str:
    remedy = "Use a vocabulary (build-vocab --method vocabulary) if all ids must agree."
    if format == "bytepiece":
        return (
            "Ids differ, because BytePiece reserves 0, 1 and 2; and what is not a word, such as punctuation, is 0 in "
            f"nlp-zero and bytes in BytePiece. {remedy}"
        )
    latin = {"token": "numbers and Latin words are single characters, ", "join": "numbers and Latin words that are not "
             "words of the lexicon are single characters, ", "split": ""}[lexicon.meta.alnum or "token"]  # fmt: skip
    return (
        f"Words have the same ids, but in {PROGRAMS[format]} {latin}characters that the lexicon lacks are bytes, and "
        f"each mark of punctuation has an id of its own. {remedy}"
    )


def _lost_steps(lexicon: LexiconLike) -> str:
    meta = lexicon.meta
    steps = [f"the normalisation {meta.normalizer}"] if meta.normalizer not in (None, "identity") else []
    steps += ["a space in front"] if meta.dummy_prefix else []
    return " and ".join(steps)
