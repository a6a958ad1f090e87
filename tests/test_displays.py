"""Pictures for matplotlib: what is drawn where."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from nlp_zero import Lexicon, TextComparer, Tokenizer  # noqa: E402
from nlp_zero.displays import ComparisonDisplay, LatticeDisplay, LexiconDisplay, fonts  # noqa: E402

WORDS = Lexicon(
    ["早晨", "喝茶", "青石镇", "茶", "早", "晨", "喝"], [9, 4, 3, 2, 1, 1, 1], scores={"pmi": [2.0, 3, 9, 0, 0, 0, 0]}
)


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    from matplotlib import pyplot

    pyplot.close("all")


def test_words_are_dots_and_the_best_have_labels() -> None:
    display = LexiconDisplay.from_lexicon(WORDS).plot(labels=2)
    [dots] = display.ax_.collections
    np.testing.assert_array_equal(np.asarray(dots.get_offsets()), [[9, 2], [4, 3], [3, 9]])
    assert [text.get_text() for text in display.ax_.texts] == ["青石镇", "早晨"]
    assert display.ax_.get_xscale() == "log"
    assert display.figure_ is display.ax_.figure
    with pytest.raises(ValueError, match=r"score must be a column of the lexicon \(pmi\), not 'cohesion'"):
        LexiconDisplay.from_lexicon(WORDS, score="cohesion")


def test_given_axes_are_used() -> None:
    from matplotlib import pyplot

    _, axes = pyplot.subplots()
    assert LexiconDisplay.from_lexicon(WORDS).plot(ax=axes).ax_ is axes
    assert len(pyplot.get_fignums()) == 1


def test_boxes_of_a_lattice_have_the_opacity_of_their_probability() -> None:
    tokenizer, text = Tokenizer(WORDS), "早晨喝茶"
    display = LatticeDisplay.from_tokenizer(tokenizer, text).plot(least=0)
    tokens = {(a, b): p for a, b, _, p in tokenizer.marginals(text).tokens}
    boxes = {}
    for box in display.ax_.patches:
        start, end = box.get_x() - 0.12, box.get_x() + box.get_width() + 0.12
        boxes[round(start), round(end)] = box.get_facecolor()[3], box.get_edgecolor()[3]
    assert set(boxes) == set(tokens)
    order = sorted(tokens, key=tokens.__getitem__)
    assert [boxes[token][0] for token in order] == sorted(opacity for opacity, _ in boxes.values())
    assert {token for token, (_, edge) in boxes.items() if edge} == set(tokenizer(text).spans)
    assert [text.get_text() for text in display.ax_.texts][-4:] == list("早晨喝茶")
    assert all((text.get_alpha() or 1) >= 0.5 for text in display.ax_.texts)  # legible, however improbable


def test_a_text_without_tokens_is_an_empty_picture() -> None:
    assert not LatticeDisplay.from_tokenizer(Tokenizer(WORDS), "").plot().ax_.patches


def test_a_comparison_has_both_sides() -> None:
    lexicon = Lexicon(["春天", "秋天", "的"], [4, 4, 8])
    table = TextComparer(lexicon=lexicon).compare(["春天的"] * 9, ["秋天的"] * 9)
    display = ComparisonDisplay.from_table(table).plot(labels=1)
    assert {text.get_text() for text in display.ax_.texts} == {"春天", "秋天"}
    above, below = (np.asarray(dots.get_offsets()) for dots in display.ax_.collections[:2])
    assert (above[:, 1] > 0).all()
    assert (below[:, 1] < 0).all()
    assert [label.get_text() for label in display.ax_.get_legend().get_texts()] == ["new", "old"]
    assert "₂" not in display.ax_.get_ylabel()  # which Chinese fonts lack


def test_a_missing_font_is_said_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(fonts, "FAMILIES", ())
    fonts.find_chinese_font.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert fonts.find_chinese_font() is None
        assert fonts.find_chinese_font() is None
    fonts.find_chinese_font.cache_clear()
    assert [record.message for record in caplog.records] == [
        "no font with Chinese characters was found, so words are drawn as boxes; install Noto Sans CJK SC."
    ]


def test_a_missing_matplotlib_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"plots need matplotlib; run: pip install 'nlpzero\[plot\]'"):
        LexiconDisplay.from_lexicon(WORDS).plot()
