"""Threads that share objects: results are those of one thread, with and without the GIL.

Immutable objects may be shared, also before their first use, when they fill what they keep; a counter may not.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nlp_zero
from nlp_zero import (
    BoundaryModel,
    Lexicon,
    LexiconMeta,
    NgramCounter,
    Template,
    TemplateInventory,
    TemplateParser,
    Tokenizer,
    WordClasses,
)

THREADS = 8
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
WORDS = ["中国", "国人", "人民", "中", "人民大会堂", "大会", "会堂", "在", "从", "到"]
COUNTS = [50, 30, 30, 10, 5, 8, 4, 9, 3, 3]
TEXTS = ["中国人民在人民大会堂，从北到南。", "𠮷野家 C++ 3.14 ok：Zürich", "", "国人从中国到中国" * 9, "龘靐齉爩" * 30]
BYTES = [chr(byte if byte < 128 else 0xDC00 + byte) for byte in range(256)]


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    """With the GIL, threads change places after as few steps as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run_together(work: Callable[[int], object]) -> None:
    """Call ``work(k)`` on several threads that begin at the same time; raise the first exception."""
    barrier, errors = threading.Barrier(THREADS), []

    def start(k: int) -> None:
        barrier.wait()
        try:
            work(k)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(k,)) for k in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def make_tokenizers() -> Iterator[Tokenizer]:
    yield Tokenizer(Lexicon(WORDS, COUNTS))
    yield Tokenizer(Lexicon(WORDS, COUNTS), words=["C++", "北到南"], force=["大会"], objective="shortest")
    for unit in ("char", "byte"):
        yield Tokenizer(
            Lexicon([*WORDS, *BYTES], [*COUNTS, *[1] * 256], meta=LexiconMeta(byte_fallback=True, unit=unit))
        )


def use_tokenizer(tokenizer: Tokenizer, k: int) -> list[Any]:
    """Return what all methods say of all texts, beginning with another text and another method for each k."""
    alphas = [0.1 * (1 + (k + shift) % 7) for shift in range(7)]  # more than are kept
    methods: list[Callable[[str], Any]] = [
        tokenizer.tokenize,
        tokenizer.encode,
        lambda text: tokenizer(text).spans,
        lambda text: tokenizer.nbest(text, 5),
        lambda text: {alpha: tokenizer.sample(text, alpha=alpha, seed=1) for alpha in alphas},
        lambda text: {alpha: tokenizer.sample_ids(text, alpha=alpha, seed=1) for alpha in alphas},
        lambda text: tokenizer.entropy(text, alpha=0.5),
        lambda text: tokenizer.marginals(text).tokens,
        lambda text: tokenizer.sample_batch([text, text], seed=3, workers=2),
        lambda text: tokenizer.complete(text[:1]),
    ]
    found = {}
    for at in range(len(methods) * len(TEXTS)):
        place = (at + 7 * k) % (len(methods) * len(TEXTS))
        found[place] = methods[place % len(methods)](TEXTS[place // len(methods)])
    return [found[place] for place in sorted(found)]


def test_a_tokenizer_is_shared_before_its_first_use() -> None:
    for number, expected in enumerate([use_tokenizer(tokenizer, 0) for tokenizer in make_tokenizers()]):
        for _ in range(5):
            fresh = list(make_tokenizers())[number]
            results: dict[int, list[Any]] = {}
            run_together(lambda k, fresh=fresh, results=results: results.update({k: use_tokenizer(fresh, k)}))
            assert all(results[k] == expected for k in range(THREADS)), number


def test_batches_of_many_threads() -> None:
    tokenizer = Tokenizer(Lexicon(WORDS, COUNTS))
    lines = ["中国人民，" * n for n in range(1, 400, 7)]
    expected = [tokenizer.tokenize(line) for line in lines]

    def work(k: int) -> None:
        assert [tokenizer.tokenize(line) for line in lines[k:] + lines[:k]] == expected[k:] + expected[:k]
        assert tokenizer.tokenize_batch(lines, workers=2) == expected

    run_together(work)


def test_characters_are_kept_once() -> None:
    """Each character has one object, whichever thread needs it first."""
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 2000))) + "，。、！ ·"
    for _ in range(10):
        tokenizer = Tokenizer(Lexicon(WORDS, COUNTS))
        lists: dict[int, list[str]] = {}
        run_together(lambda k, tokenizer=tokenizer, lists=lists: lists.update({k: tokenizer.tokenize(text)}))
        assert all(a is b for tokens in lists.values() for a, b in zip(tokens, lists[0], strict=True))


def test_lexicons_and_classes_are_shared_before_their_first_use() -> None:
    words = [chr(0x4E00 + k) * 2 for k in range(3000)]
    for _ in range(10):
        lexicon = Lexicon(words, range(len(words), 0, -1))
        classes = Lexicon(words, lexicon.counts).with_classes({word: k % 5 for k, word in enumerate(words)}).classes

        def work(k: int, lexicon: Lexicon = lexicon, classes: WordClasses = classes) -> None:
            for at in (2999, 1500, k):
                assert lexicon.index(words[at]) == at
                assert classes[words[at]] == at % 5

        run_together(work)


def test_counts_and_a_parser_are_shared() -> None:
    text = ["从北京到上海", "从家到公司", "到上海从北京"] * 5
    tokens = [["从", "北京", "到", "上海"], ["从", "家", "到", "公司"]] * 5
    counts = NgramCounter(order=3).update(text).freeze()
    templates = [Template(("从", None, "到", None), count=10.0)]
    inventory = TemplateInventory(templates, boundaries=BoundaryModel.train(tokens))
    trees = [str(TemplateParser(inventory).parse(sentence)) for sentence in tokens]
    parser = TemplateParser(inventory)

    def work(k: int) -> None:
        for _ in range(20):
            assert counts["上海"] == 10
            assert counts["北京到"] == 5
            assert [str(parser.parse(sentence)) for sentence in tokens] == trees
        assert list(map(str, parser.parse_batch(tokens, workers=2))) == trees

    run_together(work)


def test_a_counter_belongs_to_one_thread() -> None:
    counter = NgramCounter(order=2)
    refused: list[str] = []

    def texts() -> Iterator[str]:
        yield "中国人民"

        def work() -> None:
            for call in (lambda: counter.update(["中国"]), counter.freeze):
                with pytest.raises(RuntimeError, match="another thread uses this NgramCounter") as caught:
                    call()
                refused.append(str(caught.value))

        other = threading.Thread(target=work)
        other.start()
        other.join()
        yield "中国"

    assert counter.update(texts()).freeze()["中国"] == 2
    assert len(refused) == 2
    assert counter.update(["中国"]).freeze()["中国"] == 3  # it can be used again


@pytest.mark.skipif(not FREE_THREADED, reason="this Python always has its GIL")
def test_import_leaves_the_gil_off() -> None:
    names = [f"nlp_zero._kernels.{path.stem}" for path in Path(nlp_zero.__file__).parent.glob("_kernels/*.pyi")]
    code = f"import sys, {', '.join(names)}; sys.exit(sys._is_gil_enabled())"
    assert names
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], check=False).returncode == 0
