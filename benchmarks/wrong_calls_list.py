"""The wrong calls of `wrong_calls.py`, by command, and the files that they are played on."""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[1] / "corpora" / "sample.txt"
HUGE = "99999999999999999999999999"


@dataclass(frozen=True)
class Call:
    """One wrong call.

    ``line`` is what follows ``nlpzero``, as a shell would read it; ``status`` the documented exit status, and ``says``
    a part of the sentence.  ``how`` names the circumstances (see `wrong_calls.PLAYERS`); calls without any also run in
    the test suite.  ``left`` are the files that the call may create.
    """

    line: str
    says: str = ""
    status: int = 2
    how: str = ""
    left: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        return self.line.split()[0] if self.line.split() else "nlpzero"


def make_files(folder: Path) -> None:
    """Create the files that the calls read, in an empty folder."""
    from nlp_zero import Lexicon, NgramCounter, PmiLexiconBuilder, TemplateMiner

    text = SAMPLE.read_text(encoding="utf-8")
    lines = text.splitlines()
    (folder / "novel.txt").write_text(text, encoding="utf-8")
    (folder / "gbk.txt").write_bytes(text.encode("gb18030"))
    (folder / "utf16.txt").write_bytes(text.encode("utf-16-le"))
    (folder / "broken.txt").write_bytes(text.encode()[:3000] + b"\xff\xfe" + text.encode()[3000:])
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 8)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "spaces.txt").write_text(" \n\u3000\n", encoding="utf-8")
    (folder / "marks.txt").write_text("，。！\n……\n", encoding="utf-8")
    (folder / "short.txt.gz").write_bytes(gzip.compress(text.encode())[:-400])
    (folder / "text.gz").write_text(text, encoding="utf-8")
    (folder / "short.xz").write_bytes(b"\xfd7zXZ\0")
    (folder / "bad.jsonl").write_text('{"text": "青石镇"}\n{"text": \n', encoding="utf-8")
    (folder / "body.jsonl").write_text('{"body": "青石镇"}\n', encoding="utf-8")
    for name in ("news", "nothing", "notes", "full"):
        (folder / name).mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / "news" / name).write_text(text, encoding="utf-8")
    (folder / "nothing" / "picture.png").write_bytes(b"\x89PNG")
    (folder / "notes" / "mine.md").write_text("mine", encoding="utf-8")
    os.symlink("loop.txt", folder / "loop.txt")
    os.symlink("novel.txt", folder / "soft.txt")
    os.link(folder / "novel.txt", folder / "hard.txt")
    lexicon = PmiLexiconBuilder(min_count=2).build(lines)
    lexicon.save(folder / "words.tsv")
    words = (folder / "words.tsv").read_text(encoding="utf-8")
    (folder / "later.tsv").write_text(words.replace("lexicon v1", "lexicon v9"), encoding="utf-8")
    (folder / "half.tsv").write_bytes(words.encode()[: len(words.encode()) // 2 + 1])
    (folder / "negative.tsv").write_text("青石镇\t-5\n", encoding="utf-8")
    (folder / "bad.json").write_text('{"model": ', encoding="utf-8")
    (folder / "bad.model").write_bytes(b"\x0a\xff\xff\xff\xff")
    (folder / "bad.parquet").write_bytes(b"PAR1 and no more")
    (folder / "cut.txt").write_text("青石镇 的 早晨\n我 到 青石镇 来\n" * 20, encoding="utf-8")
    (folder / "fewer.txt").write_text("青石镇 的 早晨\n", encoding="utf-8")
    (folder / "other.txt").write_text("柳河 大桥\n" * 40, encoding="utf-8")
    (folder / "tags.txt").write_text("青石镇/ns 的/u 早晨/t\n" * 9, encoding="utf-8")
    (folder / "trees.txt").write_text("((青石镇 的) 早晨)\n", encoding="utf-8")
    (folder / "open.txt").write_text("((青石镇 的 早晨\n", encoding="utf-8")
    (folder / "bad.conllu").write_text("1\t青石镇\n", encoding="utf-8")
    slots = "".join(f"从 {chr(0x4E00 + k)} 到 {chr(0x5000 + k)}\n" for k in range(400))
    (folder / "slots.txt").write_text(slots, encoding="utf-8")
    TemplateMiner(min_fillers=1).mine([line.split() for line in slots.splitlines()]).save(
        folder / "templates.jsonl"
    )
    templates = (folder / "templates.jsonl").read_text(encoding="utf-8")
    (folder / "half.jsonl").write_text(templates[: len(templates) // 2], encoding="utf-8")
    for name, order in (("counts", 2), ("trigrams", 3)):
        NgramCounter(order=order).update(lines).freeze().save(folder / name)
    NgramCounter(order=2, unit="byte").update(lines).freeze().save(folder / "bytes")
    NgramCounter(order=2).update(lines).freeze().save(folder / "damaged")
    for array in (folder / "damaged").glob("*.npy"):
        array.write_bytes(array.read_bytes()[:-3])
    NgramCounter(order=2).update(lines).freeze().save(folder / "mixed")
    (folder / "mixed" / "mine.md").write_text("mine", encoding="utf-8")
    Lexicon(["青石镇"], [3]).save(folder / "tiny.tsv")
    (folder / "pieces.txt").write_bytes("青石镇\n".encode("gb18030"))


def _readers(line: str) -> list[Call]:
    """Return the calls of a command whose text cannot be read; ``{}`` in the line is the text."""
    cases = {
        "missing.txt": "no such file or folder; check",
        "missing/*.txt": "no file matches this pattern; check",
        "nothing": "holds no text|no text file",
        "loop.txt": "no such file|cannot be read",
        "broken.txt": r"byte \d+ .* is not valid utf-8; name the right encoding with --encoding",
        "gbk.txt": "is not valid utf-8; name the right encoding with --encoding",
        "utf16.txt": "utf-8; name the right encoding|UTF-16",
        "picture.png": "is not valid utf-8|not a text|looks like a picture; name a text",
        "short.txt.gz": "not a complete gzip file",
        "text.gz": "gzip",
        "short.xz": "not a complete xz file",
        "bad.jsonl": "line 2: not a JSON object",
        "body.jsonl": "no text in the field 'text'",
    }
    calls = [Call(line.format(name), says, 1) for name, says in cases.items()]
    calls.append(Call(line.format("novel.txt --encoding klingon"), "encoding must name a text encoding"))
    calls.append(Call(line.format("novel.txt --encoding base64"), "encoding must name a text encoding"))
    calls.append(Call(line.format("novel.txt --encoding gb18030"), "is not valid gb18030", 1))
    calls.append(Call(line.format("novel.txt --errors hide"), "--errors"))
    calls.append(Call(line.format("novel.txt --normalize NFX"), "--normalize"))
    return calls


def _numbers(line: str, options: dict[str, tuple[str, ...]]) -> list[Call]:
    """Return a call for each wrong value of each option."""
    return [
        Call(f"{line} {option}={value}", option.lstrip("-").replace("-", "[_-]"))
        for option, values in options.items()
        for value in values
    ]


def _outputs(line: str) -> list[Call]:
    """Return the calls of a command whose result cannot be written."""
    return [
        Call(f"{line} -o missing/x", "missing/x: cannot be written: No such file or directory; choose another", 1),
        Call(f"{line} -o news", "news is a folder; name a file with -o", 1),
        Call(f"{line} -o /proc/x", "cannot be written.*choose another", 1),
        Call(f"{line} -o novel.txt/x", "cannot be written: Not a directory; choose another", 1),
        Call(f"{line} -o /dev/full", "No space left|no room", 1),
        Call(f"{line} > /dev/full", "No space left|no room", 1, how="shell"),
        Call(f"{line} -o new.txt", "too large|no room", 1, how="small disk"),
    ]


def _tables(line: str) -> list[Call]:
    """Return the calls of a command whose table cannot be written."""
    return [
        Call(f"{line} -o new.txt", "the name of a table must end in .tsv, .csv, .parquet or .jsonl"),
        Call(f"{line} -o missing/x.tsv", "cannot be written: No such file or directory; choose another", 1),
        Call(f"{line} -o /proc/x.tsv", "cannot be written.*choose another", 1),
        Call(f"{line} -o novel.txt/x.csv", "cannot be written: Not a directory; choose another", 1),
        Call(f"{line} > /dev/full", "No space left|no room", 1, how="shell"),
        Call(f"{line} -o new.tsv", "too large|no room", 1, how="small disk"),
    ]


NLPZERO = [
    Call("nonsense", "'nonsense' is not a command of nlpzero"),
    Call("biuld-vocab novel.txt", "did you mean build-vocab"),
    Call("--no-such-option", "--no-such-option"),
    Call("novel.txt", "'novel.txt' is not a command"),
    Call("--print-completion ksh", "print-completion"),
]
COUNT = [
    *_readers("count {} --top 3"),
    *_numbers(
        "count novel.txt --query 青石",
        {
            "--order": ("x", "0", "9", "-1", "2.5", "nan", HUGE),
            "--min-count": ("x", "0", "-3", HUGE + "x"),
            "--top": ("x", "0", "-1"),
            "--workers": ("x", "0", "-2", "1.5", HUGE),
            "--memory": ("x", "-1", "0", "1K", "nan", "5Q"),
            "--temp-dir": ("missing", "novel.txt"),
        },
    ),
    Call("count", "nothing to count; name a corpus"),
    Call("count novel.txt", "no result was asked for; add -o"),
    Call("count empty.txt --top 3", "empty.txt", 1),
    Call("count --merge 'missing/*' --top 3", "no folder matches this pattern"),
    Call("count novel.txt --merge counts -o 'new/*' --scheduler local", "either counts a corpus or merges counts"),
    Call("count marks.txt --top 3", "marks.txt", 1),
    Call("count novel.txt --top 3 --unit word", "--unit"),
    Call("count novel.txt --top 3 --alnum cut", "--alnum"),
    Call("count novel.txt --wrong", "--wrong is not an option"),
    Call("count novel.txt --query", "--query needs a value"),
    Call("count novel.txt --top 3 --export x.xlsx", "must end in .tsv, .csv, .jsonl, .parquet or .arrow"),
    Call("count novel.txt -o missing/counts", "cannot be written: No such file", 1),
    Call("count novel.txt -o /proc/counts", "cannot be written", 1),
    Call("count novel.txt -o novel.txt", "is also an input"),
    Call("count novel.txt -o words.tsv", "cannot be written: a file of this name exists; choose another", 1),
    Call("count novel.txt -o notes", "notes exists and does not have the format", 1),
    Call("count novel.txt -o mixed", "mine.md in it does not belong", 1),
    Call("count novel.txt -o new", "no room is left|too large", 1, how="small disk"),
    Call("count novel.txt -o counts", "no room is left|too large", 1, how="small disk"),
    Call("count novel.txt --top 3 > /dev/full", "No space left|no room", 1, how="shell"),
    Call("count news -o news/counts", "is in the input folder news"),
    Call("count novel.txt -o counts --export counts/x.parquet", "the command replaces this folder"),
    Call("count --merge counts -o counts", "is also an input"),
    Call("count --merge missing --top 3", "missing", 1),
    Call("count --merge damaged --top 3", "truncated or was altered|cannot be read", 1),
    Call("count --merge notes --top 3", "meta.json", 1),
    Call("count --merge words.tsv --top 3", "words.tsv", 1),
    Call("count --merge counts --merge trigrams -o new", "order", 1),
    Call("count --merge counts --merge bytes -o new", "unit", 1),
    Call("count --merge counts --top 3 --checkpoint work", "--checkpoint needs a corpus"),
    Call("count novel.txt --add missing", "missing", 1),
    Call("count novel.txt --top 3 --period May", "--period must be a year, a month or a day"),
    Call("count --merge counts --top 3 --period 2024", "--period needs a corpus"),
    Call("count novel.txt --add counts -o counts", "leave out -o"),
    Call("count broken.txt --add counts", "is not valid utf-8", 1),
    Call("count novel.txt --top 3 --checkpoint notes", "exists and is not a checkpoint", 1),
    Call("count novel.txt --top 3 --checkpoint novel.txt", "is also an input"),
    Call("count novel.txt --top 3 --checkpoint news --temp-dir news", "is the same as"),
    Call("count - --top 3 --checkpoint work < novel.txt", "can be read only once", 1, how="shell"),
    Call("count missing.txt --top 3 --checkpoint work", "no such file", 1),
    Call("count PIPE -o new", "stopped", 130, how="Ctrl-C"),
    Call("count PIPE -o counts", "stopped", 143, how="SIGTERM"),
    Call("count novel.txt PIPE -o new", "", -9, how="killed, and played again on novel.txt", left=("new",)),
]
BUILD_VOCAB = [
    *_readers("build-vocab {} -o new.tsv"),
    *_outputs("build-vocab novel.txt"),
    *_numbers(
        "build-vocab novel.txt -o new.tsv",
        {
            "--order": ("x", "1", "9", "-1", HUGE),
            "--min-count": ("x", "0", "-3"),
            "--max-length": ("x", "0", "-1"),
            "--min-pmi": ("high", "nan", "1,2", "1,,2"),
            "--top": ("x", "0", "-5"),
            "--workers": ("x", "0", HUGE),
            "--memory": ("x", "-5", "1K"),
            "--temp-dir": ("missing",),
        },
    ),
    *_numbers(
        "build-vocab novel.txt -o new.tsv --method bayes",
        {
            "--seed": ("x", "-1", "0.5"),
            "--sample-size": ("x", "0", "-9"),
            "--time-limit": ("x", "0", "-1", "nan"),
            "--max-length": ("0", "256", HUGE),
        },
    ),
    *_numbers(
        "build-vocab novel.txt -o new.tsv --method vocabulary",
        {
            "--vocab-size": ("x", "0", "-1", "100", "8000,8000", "1e4"),
            "--max-piece-length": ("x", "0", "-2", HUGE),
            "--specials": ("<a>,<a>",),
        },
    ),
    *_numbers(
        "build-vocab novel.txt -o new.json --method vocabulary --base other.json --add-pieces 5",
        {"--add-pieces": ("x", "0", "-1"), "--hold-out": ("x", "1", "-1"), "--max-piece-length": ("0", HUGE)},
    ),
    Call("build-vocab novel.txt -o new.json --method vocabulary --base other.json", "--base needs either --add-pieces"),
    Call("build-vocab novel.txt --method vocabulary --base other.json --add-pieces 5", "name it with -o"),
    Call("build-vocab novel.txt -o new.tsv --method vocabulary --add-pieces 5", "--add-pieces needs --base"),
    Call("build-vocab novel.txt -o new.tsv --method vocabulary --hold-out 5", "--hold-out needs --base"),
    Call("build-vocab novel.txt -o x.json --method vocabulary --base missing.json --add-pieces 5", "missing.json: ", 1),
    Call("build-vocab novel.txt -o new.json --method vocabulary --base hard.txt --add-pieces 5", "is not JSON", 1),
    Call("build-vocab", "name a corpus, or counts with --counts"),
    Call("build-vocab --counts missing", "missing", 1),
    Call("build-vocab --counts damaged", "truncated or was altered|cannot be read", 1),
    Call("build-vocab --counts words.tsv -o new.tsv", "this is a file, not a folder of counts", 1),
    Call("build-vocab --counts trigrams -o new.tsv", "needs 4; count with --order 4", 1),
    Call("build-vocab --counts bytes -o new.tsv", "count with --unit char", 1),
    Call("build-vocab --counts counts -o counts", r"is also an input \(--counts\)"),
    Call("build-vocab --counts counts --method bayes", "not an option of --method bayes"),
    Call("build-vocab --counts counts --phrases", "name the corpus too"),
    Call("build-vocab --counts counts --scheduler local", "needs the text that was counted; name the corpus too"),
    Call("build-vocab novel.txt --counts 'co*'", r"ranges of counts are used on a cluster; add --scheduler \('local'"),
    Call("build-vocab novel.txt --counts 'none/*' --scheduler local", "no folder matches this pattern; check it"),
    Call("build-vocab novel.txt counts --counts trigrams", "quote patterns: write --counts 'counts/\\*'"),
    Call("build-vocab --counts counts --checkpoint work", "--counts excludes --checkpoint"),
    Call("build-vocab novel.txt --method magic", "--method"),
    Call("build-vocab novel.txt --method entropy --min-pmi 1", "not an option of --method entropy"),
    Call("build-vocab novel.txt --method pmi --seed 1", "not an option of --method pmi"),
    Call("build-vocab novel.txt --method vocabulary --phrases", "not an option of --method vocabulary"),
    Call("build-vocab novel.txt --method vocabulary --checkpoint work", "not an option of --method vocabulary"),
    Call("build-vocab novel.txt --method vocabulary --vocab-size 1000,2000", "name them with -o"),
    Call("build-vocab novel.txt --method vocabulary --required missing.txt", "missing.txt: no such file", 1),
    Call("build-vocab novel.txt --method vocabulary --required pieces.txt", "pieces.txt", 1),
    Call(f"build-vocab novel.txt --method vocabulary --vocab-size {HUGE}", "at most", 1),
    Call("build-vocab novel.txt --phrase-rounds 3", "--phrase-rounds needs --phrases"),
    Call("build-vocab novel.txt --phrases --phrase-rounds 0", "rounds must be"),
    Call("build-vocab novel.txt --scheduler nowhere", "nowhere", 1),
    Call("build-vocab novel.txt --known missing.txt", "missing.txt: no such file", 1),
    Call("build-vocab novel.txt --known pieces.txt", "pieces.txt: a word list must be UTF-8", 1),
    Call("build-vocab empty.txt -o new.tsv", "empty.txt", 1),
    Call("build-vocab spaces.txt -o new.tsv --method bayes", "spaces.txt", 1),
    Call("build-vocab marks.txt -o new.tsv --method entropy", "marks.txt", 1),
    Call("build-vocab empty.txt -o new.tsv --method vocabulary", "empty.txt", 1),
    Call("build-vocab novel.txt -o new.csv", "a lexicon is written as .tsv or .parquet"),
    Call("build-vocab novel.txt -o unigram.model", "a lexicon is written as .tsv or .parquet"),
    Call("build-vocab novel.txt -o new.parquet.gz", "Parquet is already compressed"),
    Call("build-vocab novel.txt -o novel.txt", "is also an input"),
    Call("build-vocab novel.txt -o hard.txt", "is also an input"),
    Call("build-vocab soft.txt -o novel.txt", "is also an input"),
    Call("build-vocab news -o news/a.txt", "is also an input"),
    Call("build-vocab 'news/*.txt' -o news/b.txt", "is also an input"),
    Call("build-vocab - -o novel.txt < novel.txt", r"is also an input \(stdin\)", how="shell"),
    Call("build-vocab novel.txt --known words.tsv -o words.tsv", r"is also an input \(--known\)"),
    Call("build-vocab novel.txt -o new.tsv --discovered new.tsv", "named by both"),
    Call("build-vocab novel.txt -o new.tsv --discovered novel.txt", "is also an input"),
    Call("build-vocab novel.txt -o new.tsv --discovered missing/x", "cannot be written", 1),
    Call("build-vocab novel.txt -o work --checkpoint work", "is the same as work"),
    Call("build-vocab news -o new.tsv --checkpoint news/work", "is in the input folder news"),
    Call("build-vocab novel.txt -o new.tsv --checkpoint notes", "exists and is not a checkpoint", 1),
    Call("build-vocab novel.txt -o new.tsv --method bayes --checkpoint notes", "is not a sampling checkpoint", 1),
    Call("build-vocab broken.txt -o new.tsv --method bayes --checkpoint work", "is not valid utf-8", 1),
    Call("build-vocab novel.txt --method bayes --checkpoint work -o new.tsv", "is in use by another process", 1,
         how="another process uses the checkpoint", left=("work",)),
    Call("build-vocab PIPE -o new.tsv", "stopped; no unfinished result was left; with --checkpoint", 130, how="Ctrl-C"),
    Call("build-vocab PIPE -o words.tsv", "stopped", 129, how="SIGHUP"),
    Call("build-vocab PIPE --method bayes --checkpoint work -o words.tsv", "stopped", 143, how="SIGTERM"),
    Call("build-vocab PIPE --method vocabulary -o new.tsv", "stopped", 130, how="Ctrl-C"),
    Call("build-vocab PIPE -o new.tsv", "", -9, how="killed, and played again on novel.txt", left=("new.tsv",)),
    Call("build-vocab PIPE -o words.tsv", "stopped before the work began", 130, how="Ctrl-C at once"),
]  # fmt: skip
LEXICONS = {
    "missing.tsv": "missing.tsv", "news": "news", "counts": "counts", "empty.txt": "empty.txt",
    "picture.png": "picture.png", "gbk.txt": "gbk.txt", "utf16.txt": "utf16.txt", "later.tsv": "later.tsv",
    "half.tsv": "half.tsv", "negative.tsv": "negative.tsv", "bad.json": "bad.json", "bad.model": "bad.model",
    "bad.parquet": "bad.parquet", "loop.txt": "loop.txt", "templates.jsonl": "templates.jsonl",
}  # fmt: skip
TOKENIZE = [
    *_readers("tokenize {} -l words.tsv -o new.txt"),
    *_outputs("tokenize novel.txt -l words.tsv"),
    *[Call(f"tokenize novel.txt -l {name} -o new.txt", says, 1) for name, says in LEXICONS.items()],
    *_numbers(
        "tokenize novel.txt -l words.tsv -o new.txt --sample",
        {"--alpha": ("x", "-1", "nan"), "--seed": ("x", "-1", "1.5"), "-k": ("x", "0", "-2", HUGE)},
    ),
    Call("tokenize novel.txt", "--lexicon must be given"),
    Call("tokenize novel.txt -l", "needs a value"),
    Call("tokenize novel.txt -l words.tsv --format xml", "--format"),
    Call("tokenize novel.txt -l words.tsv --seperator '|'", "did you mean --separator"),
    Call("tokenize novel.txt -l words.tsv --alpha 1", "--sample"),
    Call("tokenize novel.txt -l words.tsv --sample --new-words", "leave out --new-words"),
    Call("tokenize novel.txt -l words.tsv --workers 0", "workers"),
    Call("tokenize novel.txt -l words.tsv --words missing.txt", "missing.txt", 1),
    Call("tokenize novel.txt -l words.tsv --words novel.txt", "looks like a text", 1),
    Call("tokenize novel.txt -l words.tsv --force gbk.txt", "a word list must be UTF-8", 1),
    Call("tokenize novel.txt -l words.tsv --words words.tsv --forbid words.tsv", "--words must not contain"),
    Call("tokenize - -l words.tsv --words -", "standard input can be only one of"),
    Call("tokenize novel.txt -l words.tsv --granularity fine", "--granularity"),
    Call("tokenize novel.txt -l words.tsv --granularity nan", "--granularity"),
    Call("tokenize novel.txt -l words.tsv -o novel.txt", "is also an input"),
    Call("tokenize novel.txt -l words.tsv -o words.tsv", r"is also an input \(--lexicon\)"),
    Call("tokenize -l words.tsv -o novel.txt < novel.txt", r"is also an input \(stdin\)", how="shell"),
    Call("tokenize novel.txt -l words.tsv >> novel.txt", "standard output", how="shell"),
    Call("tokenize -l words.tsv -o new.txt <&-", "Standard input is closed|cannot be read", 1, how="shell"),
    Call("tokenize novel.txt -l words.tsv | true", "", 0, how="shell"),
    Call("tokenize PIPE -l words.tsv -o new.txt", "stopped", 130, how="Ctrl-C"),
    Call("tokenize PIPE -l words.tsv -o cut.txt", "stopped", 143, how="SIGTERM"),
    Call("tokenize PIPE -l words.tsv -o new.txt", "", -9, how="killed, and played again on novel.txt",
         left=("new.txt",)),
]  # fmt: skip
SHOW = [
    *[Call(f"show {name}", says, 1) for name, says in LEXICONS.items()],
    *_numbers("show words.tsv", {"--top": ("x", "0", "-1"), "--min-length": ("x", "0", "-1")}),
    Call("classes", "FILE must be given"),
    Call("classes words.tsv", "has no classes of words", 1),
    Call("classes words.tsv --class 1 --query 曹操", "--class excludes --query|--query excludes --class"),
    *_numbers("classes words.tsv", {"--top": ("x", "0", "-1"), "--class": ("x",)}),
    Call("tokenize novel.txt --lexicon words.tsv --objective classes", "needs word classes"),
    Call("tokenize novel.txt --lexicon words.tsv --objective best", "unigram, classes, shortest"),
    Call("show", "FILE must be given"),
    Call("show words.tsv --sort beauty", "beauty"),
    *_tables("show words.tsv"),
    Call("show words.tsv -o words.tsv", "is also an input"),
    Call("show words.tsv | true", "", 0, how="shell"),
]
COMPARE = [
    *_readers("compare {} --against news"),
    *_readers("compare news --against {}"),
    *_tables("compare news --against novel.txt --max-p 1 --min-count 1"),
    *[Call(f"compare news --against novel.txt -l {name}", says, 1) for name, says in LEXICONS.items()],
    *_numbers(
        "compare news --against novel.txt",
        {
            "--min-count": ("x", "0", "-1"), "--max-p": ("x", "-1", "2", "nan"), "--top": ("x", "0"),
            "--min-length": ("x", "0"), "--workers": ("x", "0", HUGE), "--memory": ("x", "0", "1K"),
            "--temp-dir": ("missing",),
        },
    ),
    Call("compare", "CORPUS must be given"),
    Call("compare novel.txt", "novel.txt is compared with nothing; add --against OLD"),
    Call("compare novel.txt novel.txt", "novel.txt is named twice"),
    Call("compare - --against -", "standard input is named twice"),
    Call("compare news --against marks.txt", "marks.txt: there are no words", 1),
    Call("compare marks.txt --against empty.txt", "empty.txt: the file is empty", 1),
    Call("compare news --against novel.txt --sort beauty", "beauty"),
    Call("compare news --against novel.txt --json -o new.jsonl", "--json prints to stdout"),
    Call("compare news --against novel.txt | true", "", 0, how="shell"),
    Call("compare PIPE --against novel.txt -o new.tsv", "stopped", 130, how="Ctrl-C"),
]  # fmt: skip
CONCORDANCE = [
    *_readers("concordance 青石 {}"),
    *[call for call in _tables("concordance 青石 novel.txt") if " -o new.txt" not in call.line and not call.how],
    Call("concordance 你 novel.txt --workers 2", "--workers needs --scheduler local"),
    Call("concordance 青石 novel.txt > /dev/full", "No space left|no room", 1, how="shell"),
    Call("concordance 的 novel.txt -o new.txt", "too large|no room", 1, how="small disk"),
    *[Call(f"concordance 青石 novel.txt -l {name}", says, 1) for name, says in LEXICONS.items()],
    *_numbers(
        "concordance 青石 novel.txt",
        {
            "--width": ("x", "-1"), "--limit": ("x", "0", "-1"), "--seed": ("x", "1"), "--sort": ("beauty",),
            "--temp-dir": ("missing",),
        },
    ),
    Call("concordance", "must be given"),
    Call("concordance novel.txt", "CORPUS must be given"),
    Call("concordance 青石 柳河 novel.txt", "separate them with commas: 青石,柳河"),
    Call("concordance , novel.txt", "no word was given"),
    Call("concordance @missing.txt novel.txt", "missing.txt: a word list", 1),
    Call("concordance 青石 empty.txt", "empty.txt: the file is empty", 1),
    Call("concordance 青石 novel.txt --sample", "--sample needs --limit N"),
    Call("concordance 青石 novel.txt --limit 3 --sample --seed=-1", "seed"),
    Call("concordance 青石 novel.txt --json -o new.jsonl", "--json prints to stdout"),
    Call("concordance 青石 novel.txt -o novel.txt", "is also an input"),
    Call("concordance 青石 novel.txt -o soft.txt", "is also an input"),
    Call("concordance 的 novel.txt | true", "", 0, how="shell"),
    Call("concordance 青石 PIPE -o new.tsv", "stopped", 130, how="Ctrl-C"),
]  # fmt: skip
KEYWORDS = [
    *_readers("keywords {}"),
    *_tables("keywords novel.txt"),
    *[Call(f"keywords novel.txt -l {name}", says, 1) for name, says in LEXICONS.items()],
    *_numbers(
        "keywords novel.txt",
        {
            "--top": ("x", "0"), "--min-count": ("x", "0", "-1"), "--min-length": ("x", "0"),
            "--workers": ("x", "0", HUGE), "--memory": ("x", "0", "1K"), "--temp-dir": ("missing",),
        },
    ),
    Call("keywords", "CORPUS must be given"),
    Call("keywords novel.txt --by beauty", "beauty"),
    Call("keywords novel.txt --documents pages", "pages"),
    Call("keywords novel.txt --documents files", "there is 1 document with words; give more", 1),
    Call("keywords novel.txt --stop-words missing.txt", "missing.txt", 1),
    Call("keywords novel.txt --stop-words novel.txt", "looks like a text, not a word list; give", 1),
    Call("keywords novel.txt --json -o new.jsonl", "--json prints to stdout"),
    Call("keywords novel.txt | true", "", 0, how="shell"),
    Call("keywords PIPE -o new.tsv", "stopped", 130, how="Ctrl-C"),
]  # fmt: skip
STOP_WORDS = [
    *_readers("stop-words {}"),
    *_outputs("stop-words novel.txt"),
    *[Call(f"stop-words novel.txt -l {name}", says, 1) for name, says in LEXICONS.items()],
    *_numbers("stop-words novel.txt", {"--top": ("x", "0", "1001"), "--workers": ("x", "0"), "--memory": ("x", "0")}),
    Call("stop-words", "CORPUS must be given"),
    Call("stop-words marks.txt -l words.tsv", "nothing to count", 1),
    Call("stop-words novel.txt -o novel.txt", "is also an input"),
    Call("stop-words novel.txt --json -o new.jsonl", "--json prints to stdout"),
]
CONVERT = [
    *[Call(f"convert {name} new.json --to json", says, 1) for name, says in LEXICONS.items()],
    Call("convert words.tsv", "OUT must be given"),
    Call("convert words.tsv new.xyz", "add --to"),
    Call("convert words.tsv new.txt --to word", "--to"),
    Call("convert words.tsv new.txt --from book --to plain", "--from"),
    Call("convert words.tsv new.txt --from sentencepiece --to plain", "words.tsv", 1),
    Call("convert words.tsv words.tsv", "is also an input"),
    Call("convert words.tsv missing/x.tsv", "cannot be written", 1),
    Call("convert words.tsv news --to plain", "is a folder", 1),
    Call("convert words.tsv /proc/x.tsv", "cannot be written", 1),
    Call("convert words.tsv /dev/full --to plain", "No space left", 1),
    Call("convert words.tsv new.tsv", "too large|no room", 1, how="small disk"),
]
MERGE = [
    *[Call(f"merge words.tsv {name} -o new.tsv", says, 1) for name, says in LEXICONS.items()],
    *_outputs("merge words.tsv words.tsv"),
    Call("merge", "LEXICON must be given"),
    Call("merge words.tsv", "nothing to merge words.tsv with"),
    Call("merge words.tsv words.tsv -o words.tsv", "is also an input"),
    Call("merge words.tsv words.tsv | true", "", 0, how="shell"),
]
EVALUATE = [
    *_readers("evaluate {} -l words.tsv -o new.txt"),
    *_outputs("evaluate cut.txt -l words.tsv"),
    *[Call(f"evaluate cut.txt -l {name} -o new.txt", says, 1) for name, says in LEXICONS.items()],
    *_numbers(
        "evaluate cut.txt -l words.tsv",
        {"--bootstrap": ("x", "-1", HUGE), "--seed": ("x", "-1"), "--workers": ("x", "0")},
    ),
    Call("evaluate cut.txt", "either --lexicon or --predicted"),
    Call("evaluate cut.txt -l words.tsv --predicted cut.txt", "--lexicon and --predicted exclude each other"),
    Call("evaluate cut.txt --predicted missing.txt", "missing.txt: no such file", 1),
    Call("evaluate cut.txt --predicted fewer.txt", "lines", 1),
    Call("evaluate cut.txt --predicted other.txt", "line 1", 1),
    Call("evaluate empty.txt --predicted empty.txt", "empty.txt|no word", 1),
    Call("evaluate tags.txt -l words.tsv", "add --tags /", 1),
    Call("evaluate cut.txt --predicted cut.txt --lexicon-precision", "--lexicon-precision needs --lexicon"),
    Call("evaluate cut.txt -l words.tsv --level raw", "--level raw needs --predicted"),
    Call("evaluate cut.txt -l words.tsv --tags ' '", "--tags must be"),
    Call("evaluate - --predicted -", "standard input can be only one"),
    Call("evaluate cut.txt -l words.tsv --trained-on missing.txt", "missing.txt: no such file", 1),
    Call("evaluate cut.txt -l words.tsv --known pieces.txt", "must be UTF-8", 1),
    Call("evaluate cut.txt -l words.tsv -o cut.txt", "is also an input"),
    Call("evaluate cut.txt -l words.tsv -o words.tsv", "is also an input"),
    Call("evaluate PIPE -l words.tsv -o new.txt", "stopped", 130, how="Ctrl-C"),
]
MINE_TEMPLATES = [
    *_readers("mine-templates {} --tokenized -o new.jsonl"),
    *_outputs("mine-templates cut.txt --tokenized"),
    *_numbers(
        "mine-templates cut.txt --tokenized -o new.jsonl",
        {
            "--top": ("x", "0", "-1"),
            "--max-examples": ("x", "-1"),
            "--min-fillers": ("x", "0", "-1"),
            "--window": ("x", "0", "-1", HUGE),
            "--iterations": ("x", "0", "-1", HUGE),
            "--workers": ("x", "0", "-1", HUGE),
        },
    ),
    *_numbers("mine-templates cut.txt --tokenized --method skipgram", {"--min-pmi": ("x", "nan")}),
    Call("mine-templates cut.txt", "one of --lexicon and --tokenized must be given"),
    Call("mine-templates cut.txt --tokenized -l words.tsv", "excludes|not allowed"),
    Call("mine-templates cut.txt --tokenized --min-pmi 1", "not an option of --method entropy"),
    Call("mine-templates empty.txt --tokenized", "empty.txt|no word", 1),
    Call("mine-templates novel.txt -l missing.tsv", "missing.tsv", 1),
    Call("mine-templates novel.txt -l counts", "counts", 1),
    Call("mine-templates cut.txt --tokenized -o cut.txt", "is also an input"),
    Call("mine-templates novel.txt -l words.tsv -o words.tsv", "is also an input"),
    Call("mine-templates PIPE --tokenized -o new.jsonl", "stopped", 130, how="Ctrl-C"),
    Call("mine-templates PIPE --tokenized -o new.jsonl", "stopped", 143, how="SIGTERM"),
]
TEMPLATES = {
    "missing.jsonl": "missing.jsonl", "news": "news", "empty.txt": "empty.txt", "words.tsv": "words.tsv",
    "half.jsonl": "half.jsonl", "bad.jsonl": "bad.jsonl", "picture.png": "picture.png", "gbk.txt": "gbk.txt",
}  # fmt: skip
PARSE = [
    *_readers("parse {} -t templates.jsonl --tokenized -o new.txt"),
    *_outputs("parse cut.txt -t templates.jsonl --tokenized"),
    *[Call(f"parse cut.txt -t {name} --tokenized -o new.txt", says, 1) for name, says in TEMPLATES.items()],
    *_numbers("parse cut.txt -t templates.jsonl --tokenized", {"--prominence": ("x", "nan", "-1")}),
    Call("parse cut.txt", "--templates must be given"),
    Call("parse cut.txt -t templates.jsonl", "add --lexicon FILE, or --tokenized"),
    Call("parse cut.txt -t templates.jsonl --tokenized --format png", "--format"),
    Call("parse cut.txt -t templates.jsonl --tokenized --format svg -o new.svg", "--format svg draws one sentence"),
    Call("parse cut.txt -t templates.jsonl -l missing.tsv", "missing.tsv", 1),
    Call("parse cut.txt -t templates.jsonl --tokenized -o cut.txt", "is also an input"),
    Call("parse cut.txt -t templates.jsonl --tokenized -o templates.jsonl", "is also an input"),
    Call("parse cut.txt -t templates.jsonl --tokenized | true", "", 0, how="shell"),
    Call("parse PIPE -t templates.jsonl --tokenized -o new.txt", "stopped", 130, how="Ctrl-C"),
]
FILLERS = [
    *_readers("fillers {} -t templates.jsonl --tokenized -o new.tsv"),
    *_tables("fillers slots.txt -t templates.jsonl --tokenized --min-count 1"),
    *[Call(f"fillers cut.txt -t {name} --tokenized", says, 1) for name, says in TEMPLATES.items()],
    *_numbers(
        "fillers cut.txt -t templates.jsonl --tokenized",
        dict.fromkeys(("--top", "--max-fillers", "--min-count", "--workers"), ("x", "0", "-1")),
    ),
    Call("fillers cut.txt", "--templates must be given"),
    Call("fillers cut.txt -t templates.jsonl", "add --lexicon FILE, or --tokenized"),
    Call("fillers cut.txt -t templates.jsonl -l missing.tsv", "missing.tsv", 1),
    Call("fillers cut.txt -t templates.jsonl --tokenized --by-class", "--by-class needs the classes of words"),
    Call("fillers cut.txt -t templates.jsonl -l words.tsv --by-class", "words.tsv has no classes of words", 1),
    Call("fillers cut.txt -t templates.jsonl --tokenized --template x", "no such template with a slot"),
    Call("fillers cut.txt -t templates.jsonl --tokenized --json -o new.jsonl", "--json prints to stdout"),
    Call("fillers cut.txt -t templates.jsonl -l words.tsv --by-class -o new.tsv", "--by-class prints to stdout"),
    Call("fillers novel.txt -t templates.jsonl --tokenized", "leave out --tokenized", 1),
    Call("fillers cut.txt -t templates.jsonl -l words.tsv -o words.tsv", "is also an input"),
    Call("fillers PIPE -t templates.jsonl --tokenized -o new.tsv", "stopped", 130, how="Ctrl-C"),
]
EVALUATE_PARSE = [
    *[Call(f"evaluate-parse trees.txt -t {name} -o new.txt", says, 1) for name, says in TEMPLATES.items()],
    *_outputs("evaluate-parse trees.txt -t templates.jsonl"),
    *_numbers(
        "evaluate-parse trees.txt -t templates.jsonl",
        {"--max-words": ("x", "0", "-1"), "--seed": ("x", "-1"), "--at": ("x", "0", "-1", "5,x")},
    ),
    Call("evaluate-parse", "nothing to score; name GOLD trees"),
    Call("evaluate-parse trees.txt", "--templates FILE is needed, or --predicted FILE"),
    Call("evaluate-parse missing.txt -t templates.jsonl", "missing.txt: no such file", 1),
    Call("evaluate-parse open.txt -t templates.jsonl", "open.txt, line 1", 1),
    Call("evaluate-parse bad.conllu -t templates.jsonl", "bad.conllu|line 1", 1),
    Call("evaluate-parse empty.txt -t templates.jsonl", "empty.txt: the file is empty", 1),
    Call("evaluate-parse trees.txt --predicted empty.txt", "empty.txt: the file is empty", 1),
    Call("evaluate-parse trees.txt --predicted missing.txt", "missing.txt: no such file", 1),
    Call("evaluate-parse -t templates.jsonl --constructions missing.txt", "missing.txt: no such file", 1),
    Call("evaluate-parse trees.txt -t templates.jsonl -o trees.txt", "is also an input"),
]
CALLS = [
    *NLPZERO, *COUNT, *BUILD_VOCAB, *TOKENIZE, *SHOW, *COMPARE, *CONCORDANCE, *KEYWORDS, *STOP_WORDS, *CONVERT, *MERGE,
    *EVALUATE, *MINE_TEMPLATES, *FILLERS, *PARSE, *EVALUATE_PARSE,
]  # fmt: skip
