"""The tokens that begin with a text, against a plain search."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_zero import Lexicon, Tokenizer, VocabularyBuilder
from nlp_zero.cli import main

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"


@cache
def tokenizer_of_sample() -> Tokenizer:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    return Tokenizer(VocabularyBuilder(vocab_size=700, specials=["<青石镇>", "<end>"]).build(lines))


def complete_slowly(tokenizer: Tokenizer, prefix: bytes) -> list[int]:
    """Every token is compared with the text."""
    lexicon = tokenizer.lexicon
    scores = dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True))
    found = [
        (-scores[token], number)
        for token, number in tokenizer.get_vocab().items()
        if token in scores and token.encode("utf-8", "surrogateescape").startswith(prefix)
    ]
    return [number for _, number in sorted(found)]


prefixes = st.one_of(
    st.text("青石镇的望江茶馆，", max_size=4).map(str.encode),
    st.binary(max_size=3),
    st.sampled_from([b"", b"\xff", b"\xff\xff", b"\xe4", b"\xe9\x9d", b"<end>"]),
)


@given(prefixes, st.none() | st.integers(1, 9))
def test_completions_are_those_of_a_plain_search(prefix: bytes, n: int | None) -> None:
    tokenizer = tokenizer_of_sample()
    assert tokenizer.complete(prefix, n) == complete_slowly(tokenizer, prefix)[:n]


def test_text_and_its_bytes_give_the_same() -> None:
    tokenizer = tokenizer_of_sample()
    for number in range(2, len(tokenizer)):  # after the special tokens
        token = tokenizer.id_to_token(number)
        assert number in tokenizer.complete(token)
        assert tokenizer.complete(token) == tokenizer.complete(tokenizer.decode_bytes([number]))
    assert len(tokenizer.complete("")) == len(tokenizer) - 2
    assert pickle.loads(pickle.dumps(tokenizer)).complete("青") == tokenizer.complete("青")


def test_words_of_a_plain_lexicon_and_own_words() -> None:
    lexicon = Lexicon(["早", "早晨", "早晨的", "喝茶"], [4, 3, 5, 2])
    tokenizer = Tokenizer(lexicon, words=["早上"], forbid=["早晨"])
    assert [tokenizer.id_to_token(number) for number in tokenizer.complete("早")] == ["早晨的", "早", "早上"]
    assert tokenizer.complete("<number>") == []
    assert tokenizer.complete("晚") == []
    with pytest.raises(ValueError, match="n must be an integer of at least 1"):
        tokenizer.complete("早", 0)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Lexicon(["早", "早晨", "早晨的", "喝茶"], [4, 3, 5, 2]).save(tmp_path / "words.tsv")
    assert main(["show", str(tmp_path / "words.tsv"), "--prefix", "早", "--top", "1"]) == 0
    assert capsys.readouterr().out.split() == ["word", "count", "早晨的", "5"]
    assert main(["show", str(tmp_path / "words.tsv"), "--prefix", "晚"]) == 0
    assert "no words of 2 or more characters with this beginning" in capsys.readouterr().err
