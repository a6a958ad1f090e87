"""Lines of tokens that the kernel writes, against the tokens of each text; threads that keep the order."""

from __future__ import annotations

import io
import itertools
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero._utils.threads import in_order, run_alongside
from nlp_zero.cli.main import main
from nlp_zero.corpus import Corpus
from nlp_zero.corpus.blocks import Block, TextBatch
from nlp_zero.errors import CorpusError
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.tokenization import Tokenizer
from nlp_zero.tokenization import lines as lines_module
from nlp_zero.tokenization.lines import Batch, TokenLines
from tests.test_class_links import tokenizers as class_tokenizers
from tests.test_own_words import pieces, tokenizers

SAMPLE = Path(__file__).resolve().parents[1] / "corpora" / "sample.txt"
ODD = ["\n", "\r\n", "\r", "\x00", "\udce6", "\ud800", "\U0001f44d", "\U0010ffff", "\x85", "\u2028", "ÿ", "茶"]
blocks = st.lists(st.one_of(pieces, st.sampled_from(ODD)), max_size=30).map("".join)
encoded = blocks.map(lambda text: Block(text.encode("utf-8", "ignore"), "a.txt", 0))
batches = st.lists(st.one_of(blocks, encoded, st.lists(blocks, max_size=4)), max_size=4)
separators = st.sampled_from([" ", "", "|", " / ", "·\udc80"])


def name_parts(text: str) -> str:
    """Name parts of characters, one by one."""
    return "".join(f"<0x{ord(c) & 0xFF:02X}>" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def join(tokenizer: Tokenizer, rows: list[list[str]], separator: str) -> bytes:
    """Lines of tokens by their definition."""
    out = ""
    for row in rows:
        line = separator.join(token for token in row if token not in ("\n", "\r\n"))
        out += (name_parts(line) if tokenizer.byte_fallback else line) + "\n"
    return out.encode("utf-8", "surrogatepass")


def texts_of(found: list[Batch]) -> list[str]:
    decoded = [batch.data.decode() if isinstance(batch, Block) else batch for batch in found]  # type: ignore[union-attr]
    return [text for batch in decoded for text in TextBatch(batch, "", 1).split()]


def make_vocabulary(unit: str, *, fallback: bool = True, arithmetic: str = "exact") -> Tokenizer:
    words = ["茶", "喝茶", "中国", "，中", "\n中", " a", "国人"]
    counts = [5, 4, 3, 2, 2, 2, 1]
    if fallback:
        words += [bytes([byte]).decode("utf-8", "surrogateescape") for byte in range(256)]
        words += ["\udce4\udcb8", "\udcb8\udcad"] if unit == "byte" else ["\udce4\udcb8"]
        counts += [1] * (len(words) - len(counts))
    meta = LexiconMeta(method="vocabulary", byte_fallback=fallback, unit=unit, boundaries=False, arithmetic=arithmetic)
    return Tokenizer(Lexicon(words, counts, meta=meta))


VOCABULARIES = [
    make_vocabulary("char"), make_vocabulary("byte"), make_vocabulary("char", fallback=False),
    make_vocabulary("char", arithmetic="single"), make_vocabulary("byte", arithmetic="double"),
]  # fmt: skip
anything = st.one_of(tokenizers(), tokenizers(), class_tokenizers(), st.sampled_from(VOCABULARIES))


@settings(max_examples=400)
@given(anything, batches, separators, st.sampled_from([1, 2, 3]))
def test_lines_are_joined_tokens(
    tokenizer: Tokenizer, found: list[Batch], separator: str, workers: int
) -> None:
    rows = [tokenizer.tokenize(text) for text in texts_of(found)]
    cut = TokenLines(tokenizer, separator, workers=workers).cut(found)
    assert b"".join(cut) == join(tokenizer, rows, separator)


@settings(max_examples=200)
@given(
    anything, batches, st.sampled_from([0.0, 0.5, float("inf")]), st.sampled_from([None, 1, 3]), st.sampled_from([1, 2])
)
def test_sampled_lines_are_joined_draws(
    tokenizer: Tokenizer, found: list[Batch], alpha: float, k: int | None, workers: int
) -> None:
    rows = tokenizer.sample_batch(texts_of(found), alpha=alpha, seed=11, k=k)
    drawn = TokenLines(tokenizer, "|", workers=workers).sample(found, alpha=alpha, seed=11, k=k)
    assert b"".join(drawn) == join(tokenizer, rows, "|")


@given(batches, st.integers(1, 12), st.sampled_from([1, 2]), st.sampled_from([None, 3]))
def test_large_batches_are_divided_between_texts(
    found: list[Batch], most: int, workers: int, k: int | None
) -> None:
    tokenizer = Tokenizer(Lexicon(["中国", "茶"], [2, 1]))
    whole = TokenLines(tokenizer)
    expected = b"".join(whole.cut(found)), b"".join(whole.sample(found, alpha=0.1, seed=5, k=k))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "MOST_CHARACTERS", most)
        patch.setattr(lines_module, "LARGE_BATCH", most // 2)
        pieces = [piece for piece in lines_module._divide(found, most) if len(texts_of([piece])) > 1]
        assert all(lines_module._size(piece) <= most for piece in pieces)
        parts = TokenLines(tokenizer, workers=workers)
        assert (b"".join(parts.cut(found)), b"".join(parts.sample(found, alpha=0.1, seed=5, k=k))) == expected


def test_real_texts_and_very_long_lines() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    tokenizer = Tokenizer(Lexicon(["第三", "人口", "中国", "不是"], [4, 3, 2, 1]), words=["，不是"], new_words=True)
    for batch in (text, text.replace("\n", "\r\n"), text.replace("\n", "") * 5, text.replace("\n", " A股3.5 ")):
        rows = tokenizer.tokenize_batch(texts_of([batch]))
        assert b"".join(TokenLines(tokenizer, workers=2).cut([batch])) == join(tokenizer, rows, " ")


@given(blocks, st.binary(min_size=1, max_size=3), blocks, st.integers(1, 30), st.sampled_from([1, 2]))
def test_invalid_utf8_is_located(before: str, wrong: bytes, after: str, most: int, workers: int) -> None:
    data = before.encode("utf-8", "ignore") + wrong + after.encode("utf-8", "ignore")
    block = Block(data, "a.txt", 70)
    lines = TokenLines(Tokenizer(Lexicon(["中国", "茶"], [2, 1])), workers=workers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "MOST_CHARACTERS", most)
        patch.setattr(lines_module, "LARGE_BATCH", 3)
        message = None
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            message = re.escape(str(block.locate_error(error)))
        if message is None:
            assert b"".join(lines.cut([block])) == b"".join(lines.cut([text]))
            return
        for found in (lines.cut([block]), lines.sample([block], alpha=0.1, seed=1)):
            with pytest.raises(CorpusError, match=message):
                list(found)


def test_texts_must_be_str() -> None:
    lines = TokenLines(Tokenizer(Lexicon(["茶"], [1])))
    with pytest.raises(TypeError, match=r"a text must be str, not bytes\."):
        list(lines.cut([[b"x"]]))  # type: ignore[list-item]


# --- order and liveness ---------------------------------------------------------------------------------------------


def test_results_of_small_items_do_not_wait() -> None:
    read: list[int] = []

    def numbers() -> Iterator[int]:
        for number in (5, 50, 60, 6, 7):
            read.append(number)
            yield number

    results = in_order(numbers(), lambda number: -number, 2, at_once=lambda number: number < 10)
    assert next(results) == -5
    assert read == [5]
    assert list(itertools.islice(results, 3)) == [-50, -60, -6]
    assert read == [5, 50, 60, 6]
    assert list(results) == [-7]


@pytest.mark.parametrize("spare", [1, 2, 5])
def test_items_are_read_ahead(spare: int) -> None:
    numbers = iter(range(9))
    results = in_order(numbers, lambda number: -number, 2, spare=spare)
    assert next(results) == 0
    assert next(numbers) == 2 + spare
    assert list(results) == [-k for k in range(1, 9) if k != 2 + spare]


def test_an_error_of_the_source_follows_earlier_results() -> None:
    def numbers() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("broken")

    results = in_order(numbers(), str, 4)
    assert [next(results), next(results)] == ["1", "2"]
    with pytest.raises(ValueError, match="broken"):
        next(results)


def test_large_batches_are_cut_in_threads() -> None:
    seen: set[str] = set()

    def work(text: str) -> str:
        seen.add(threading.current_thread().name)
        return text

    assert list(in_order(["a", "b"], work, 2, at_once=lambda text: False)) == ["a", "b"]
    assert threading.main_thread().name not in seen


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lexicon") / "words.tsv"
    assert main(["build-vocab", str(SAMPLE), "-o", str(path), "--quiet"]) == 0
    return path


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("options", [(), ("--sample", "--seed", "3"), ("--sample", "--seed", "3", "-k", "2")])
def test_the_command_writes_the_same_lines(words: Path, tmp_path: Path, workers: int, options: tuple[str, ...]) -> None:
    text, out = tmp_path / "a.txt", tmp_path / "cut.txt"
    text.write_bytes(SAMPLE.read_bytes() + b"\n\r\n\x00A\r\n" + SAMPLE.read_bytes().rstrip(b"\n"))
    command = ["tokenize", str(text), "-l", str(words), "--workers", str(workers), "--quiet", *options, "--separator"]
    assert main([*command, "/", "-o", str(out)]) == 0
    tokenizer, lines = Tokenizer(Lexicon.load(words)), list(Corpus(text))
    rows = tokenizer.tokenize_batch(lines)
    if options:  # the command draws from one table for each line
        rows = tokenizer.sample_batch(lines, alpha=0.2, seed=3, k=2 if "-k" in options else 1)
    assert out.read_bytes() == join(tokenizer, rows, "/")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_lines_before_an_invalid_byte_are_written(
    words: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], workers: str
) -> None:
    text = tmp_path / "bad.txt"
    text.write_bytes("青石镇\n".encode() * 500_000 + b"\xff\n")
    assert main(["tokenize", str(text), "-l", str(words), "--workers", workers]) == 1
    out, err = capfdbinary.readouterr()
    assert b"byte 5000000 (0xff) is not valid utf-8" in err
    assert out == "青石镇\n".encode() * (len(out) // 10)
    assert len(out) > 4_000_000


def test_records_keep_their_line_ends_out(
    words: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO('{"text": "青石镇\\n，\\ud800"}\n'.encode())))
    assert main(["tokenize", "-.jsonl", "-l", str(words)]) == 0
    assert capfdbinary.readouterr()[0] == "青石镇 ， \ud800\n".encode("utf-8", "surrogatepass")


def test_threads_run_alongside_a_body() -> None:
    ready, done = threading.Event(), []

    def work() -> None:
        assert ready.wait(60)
        done.append(threading.get_ident())

    with run_alongside(work, 2, ready.set):
        assert not done
        ready.set()
    assert len(done) == 2
    with run_alongside(work, 0, ready.set):
        pass
    assert len(done) == 2


def test_exceptions_of_threads_alongside_a_body() -> None:
    def fail() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), run_alongside(fail, 1, list):
        reached = True
    assert reached
    stopped = threading.Event()
    with pytest.raises(KeyboardInterrupt), run_alongside(lambda: stopped.wait(60), 2, stopped.set):
        raise KeyboardInterrupt


def test_lists_of_many_slices() -> None:
    tokenizer = Tokenizer(Lexicon(["早晨", "喝茶", "早", "晨"], [3, 2, 1, 1]))
    texts = [("早晨喝茶，" * (k % 9))[: k % 40] for k in range(20_000)]  # about 300,000 characters
    cut = [tokenizer.tokenize(text) for text in texts]
    drawn = [tokenizer.sample(text, seed=5, index=k) for k, text in enumerate(texts)]
    for workers in (1, 2, 5):
        assert tokenizer.tokenize_batch(texts, workers=workers) == cut
        assert tokenizer.sample_batch(texts, seed=5, workers=workers) == drawn
