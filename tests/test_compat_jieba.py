"""`nlp_zero.compat.jieba`: the cuts of our tokenizer, and what jieba does where that does not depend on its words."""

from __future__ import annotations

import inspect
import io
import pickle
import re
import threading
import warnings
from collections.abc import Iterator
from itertools import pairwise
from math import isclose, log
from pathlib import Path
from types import GeneratorType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlp_zero.compat.jieba as jieba
from nlp_zero import FormatError, Lexicon, LexiconMeta, PmiLexiconBuilder, Tokenizer, VocabularyBuilder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes and pkg_resources
    import jieba as original

SAMPLE = Path("corpora/sample.txt")
CHARACTERS = "中国人民生"
WORDS = st.text(CHARACTERS, min_size=2, max_size=4)
TEXTS = st.text(CHARACTERS, max_size=12)
# All characters are words, as in jieba's own dictionary: what an unknown character costs differs.
TABLES = st.tuples(
    st.fixed_dictionaries(dict.fromkeys(CHARACTERS, st.integers(1, 500))),
    st.dictionaries(WORDS, st.integers(1, 60), max_size=12),
).map(lambda tables: tables[0] | tables[1])
RESEARCH = Lexicon(["研究", "研究生", "生命", "起源", "生", "命"], [40, 10, 30, 20, 6, 8])


@pytest.fixture
def lexicon() -> Lexicon:
    return PmiLexiconBuilder().build(sample_lines())


@pytest.fixture
def module() -> Iterator[Any]:
    """The module with the dictionary of `RESEARCH`; then as it was imported."""
    jieba.set_dictionary(RESEARCH)
    yield jieba
    vars(jieba.dt).update(vars(jieba.Tokenizer()))


def sample_lines() -> list[str]:
    return SAMPLE.read_text(encoding="utf-8").splitlines()


def lexicon_of(table: dict[str, int]) -> Lexicon:
    return Lexicon([*table], [*table.values()])


def jieba_of(table: dict[str, int]) -> Any:
    """The real jieba with a dictionary of these words only."""
    tokenizer = original.Tokenizer()
    lines = "".join(f"{word} {frequency}\n" for word, frequency in table.items())
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(io.BytesIO(lines.encode()))
    tokenizer.initialized = True
    return tokenizer


def score(tokens: list[str], theirs: Any) -> float:
    return sum(log(theirs.FREQ.get(token) or 1) - log(theirs.total) for token in tokens)


def assert_equal_cuts(text: str, ours: jieba.Tokenizer, theirs: Any) -> None:
    """The two cuts are equal, or there is a tie."""
    mine, original_cut = ours.lcut(text, HMM=False), theirs.lcut(text, HMM=False)
    assert "".join(mine) == text
    if mine != original_cut:
        assert isclose(score(mine, theirs), score(original_cut, theirs), abs_tol=1e-8)


# Equal to our tokenizer ---------------------------------------------------------------------------------------------


def test_a_thousand_lines_equal_our_tokenizer(lexicon: Lexicon) -> None:
    lines = sample_lines()
    lines = [first[:i] + second[i:] for i in range(0, 60, 5) for first, second in pairwise(lines)]
    assert len(lines) == 996
    ours, tokenizer = jieba.Tokenizer(lexicon), Tokenizer(lexicon)
    assert [ours.lcut(line) for line in lines] == tokenizer.tokenize_batch(lines)
    for line in lines[:50]:
        encoding = tokenizer(line)
        spans = [(token, *span) for token, span in zip(encoding.tokens, encoding.spans, strict=True)]
        assert list(ours.tokenize(line)) == spans


def test_hmm_finds_new_words_if_the_lexicon_was_made_for_that(lexicon: Lexicon) -> None:
    lexicon = lexicon.with_meta(new_words=0.3)
    ours = jieba.Tokenizer(lexicon)
    without, found = Tokenizer(lexicon, new_words=False), Tokenizer(lexicon)
    text = "柳青河的陈守望说茶桥镇很远"
    assert ours.lcut(text, HMM=False) == without.tokenize(text)
    assert ours.lcut(text) == found.tokenize(text) != without.tokenize(text)
    assert ours.lcut(text, HMM=False) == without.tokenize(text)  # in any order


# Equal to jieba -----------------------------------------------------------------------------------------------------


@given(TABLES, TEXTS)
def test_cuts_equal_those_of_jieba(table: dict[str, int], text: str) -> None:
    ours, theirs = jieba.Tokenizer(lexicon_of(table)), jieba_of(table)
    assert_equal_cuts(text, ours, theirs)
    assert ours.lcut(text, cut_all=True) == theirs.lcut(text, cut_all=True)
    if ours.lcut(text, HMM=False) == theirs.lcut(text, HMM=False):
        assert ours.lcut_for_search(text, HMM=False) == theirs.lcut_for_search(text, HMM=False)
        for mode in ("default", "search"):
            assert list(ours.tokenize(text, mode, HMM=False)) == list(theirs.tokenize(text, mode, HMM=False))


def test_chinese_text_is_cut_as_by_jieba_with_its_dictionary() -> None:
    ours, theirs = jieba.Tokenizer(Path(original.__file__).parent / "dict.txt"), original.Tokenizer()
    original.setLogLevel(60)
    texts = re.findall("[\u4e00-\u9fd5]+", "\n".join(sample_lines()))
    assert len(texts) > 500
    for text in texts:
        assert ours.lcut(text, HMM=False) == theirs.lcut(text, HMM=False)
        assert ours.lcut(text, cut_all=True) == theirs.lcut(text, cut_all=True)
        assert ours.lcut_for_search(text, HMM=False) == theirs.lcut_for_search(text, HMM=False)


@given(st.dictionaries(st.text(CHARACTERS, min_size=1, max_size=4), st.integers(1, 60), min_size=1), TEXTS)
def test_all_words_are_found_as_by_jieba(table: dict[str, int], text: str) -> None:
    """Unknown characters make no difference here."""
    ours, theirs = jieba.Tokenizer(lexicon_of(table)), jieba_of(table)
    assert ours.lcut(text, cut_all=True) == theirs.lcut(text, cut_all=True)


SEGMENTS = st.lists(st.text(CHARACTERS, min_size=1, max_size=2), min_size=2, max_size=3).map(tuple)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add_word"), WORDS, st.none() | st.integers(1, 400)),
        st.tuples(st.just("del_word"), WORDS),
        st.tuples(st.just("suggest_freq"), WORDS, st.booleans()),
        st.tuples(st.just("suggest_freq"), SEGMENTS, st.booleans()),
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@given(TABLES, CHANGES, TEXTS)
@settings(deadline=None)
def test_changes_equal_those_of_jieba(table: dict[str, int], changes: list[tuple[Any, ...]], text: str) -> None:
    ours, theirs = jieba.Tokenizer(lexicon_of(table)), jieba_of(table)
    for name, word, *arguments in changes:
        assert getattr(ours, name)(word, *arguments) == getattr(theirs, name)(word, *arguments)
        word = "".join(word)
        assert (ours.FREQ.get(word) or 0) == (theirs.FREQ.get(word) or 0)
        assert ours.total == theirs.total
    assert_equal_cuts(text, ours, theirs)
    assert ours.lcut(text, cut_all=True) == theirs.lcut(text, cut_all=True)


@given(TABLES, WORDS)
def test_an_added_word_is_one_token(table: dict[str, int], word: str) -> None:
    ours = jieba.Tokenizer(lexicon_of(table))
    ours.add_word(word)
    assert ours.lcut(word, HMM=False) == [word]


@pytest.mark.parametrize("hmm", [True, False])
@pytest.mark.parametrize(
    "text", ["", " ", "中国 人", "a\r\nb\n\n c\t", "中国，人民。", "abc123中国 B2", "hello world", "２ 中"]
)
def test_other_text_is_cut_as_by_jieba(text: str, hmm: bool) -> None:
    table = {"中国": 3, "人民": 2}
    ours, theirs = jieba.Tokenizer(lexicon_of(table)), jieba_of(table)
    assert ours.lcut(text, HMM=hmm) == theirs.lcut(text, HMM=hmm)
    assert list(ours.tokenize(text, HMM=hmm)) == list(theirs.tokenize(text, HMM=hmm))


def test_our_rules_for_numbers_and_marks_hold() -> None:
    """Differences that docs/interop.md lists."""
    ours, theirs = jieba.Tokenizer(RESEARCH), jieba_of({"研究": 3})
    for text, mine, original_cut in [
        ("don't", ["don't"], ["don", "'", "t"]),
        ("……", ["……"], ["…", "…"]),
        ("3.14%", ["3.14%"], ["3.14%"]),
        ("12:30", ["12:30"], ["12", ":", "30"]),
    ]:
        assert (ours.lcut(text), theirs.lcut(text)) == (mine, original_cut)


def test_signatures_and_types_are_those_of_jieba() -> None:
    for name in (
        "cut", "cut_for_search", "tokenize", "add_word", "del_word", "suggest_freq", "load_userdict", "set_dictionary",
        "initialize", "Tokenizer", "setLogLevel", "enable_parallel", "disable_parallel",
    ):  # fmt: skip
        mine, theirs = (inspect.signature(getattr(module, name)).parameters for module in (jieba, original))
        assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in theirs.values()], name
    ours, theirs = jieba.Tokenizer(RESEARCH), jieba_of({"研究": 3})
    for tokenizer in (ours, theirs):
        assert isinstance(tokenizer.cut("研究"), GeneratorType)
        assert isinstance(tokenizer.cut_for_search("研究"), GeneratorType)
        assert isinstance(tokenizer.tokenize("研究"), GeneratorType)
        assert tokenizer.lcut("研究") == tokenizer.lcut_for_search("研究") == ["研究"]
        assert tokenizer.lcut("研究".encode()) == tokenizer.lcut("研究".encode("gbk")) == ["研究"]
        with pytest.raises(ValueError, match="unicode"):
            next(tokenizer.tokenize("研究".encode()))


# User dictionaries --------------------------------------------------------------------------------------------------


ENTRIES = st.tuples(WORDS | st.just("B超 机"), st.none() | st.integers(1, 99), st.sampled_from([None, "n", "nz"]))


@given(st.lists(ENTRIES, unique_by=lambda entry: entry[0]))
@settings(deadline=None)
def test_user_dictionaries_are_read_as_by_jieba(entries: list[tuple[str, int | None, str | None]]) -> None:
    table = dict.fromkeys(CHARACTERS, 100)
    lines = [" ".join(str(field) for field in entry if field is not None) + "\n" for entry in entries]
    data = ("\ufeff" + "\n".join(lines)).encode()
    ours, theirs = jieba.Tokenizer(lexicon_of(table)), jieba_of(table)
    ours.load_userdict(io.BytesIO(data))
    theirs.load_userdict(io.BytesIO(data))
    assert {word: n for word, n in theirs.FREQ.items() if n} == ours.FREQ
    assert ours.total == theirs.total


def test_user_dictionary_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "userdict.txt"
    path.write_text("生命起源 5 n\n\n云计算\n", encoding="utf-8")
    for source in (path, str(path), path.read_text(encoding="utf-8").splitlines()):
        tokenizer = jieba.Tokenizer(RESEARCH)
        tokenizer.load_userdict(source)
        assert tokenizer.lcut("研究生命起源云计算") == ["研究", "生命起源", "云计算"]
        assert tokenizer.get_FREQ("生命起源") == 5
    with path.open("rb") as file:
        tokenizer.load_userdict(file)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("生命起源\n云计算\t5\n".encode(), "line 2 has a tab.*give it to set_dictionary"),
        ("生命起源\n".encode() + b"\xff\n", "line 2 is not UTF-8"),
    ],
)
def test_a_bad_user_dictionary_adds_nothing(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "userdict.txt"
    path.write_bytes(data)
    tokenizer = jieba.Tokenizer(RESEARCH)
    with pytest.raises(FormatError, match=message) as error:
        tokenizer.load_userdict(path)
    assert str(path) in str(error.value)
    assert dict(tokenizer.FREQ) == {word: RESEARCH[word] for word in RESEARCH}
    with pytest.raises(FormatError, match="No such file"):
        tokenizer.load_userdict(tmp_path / "absent.txt")


# The dictionary -----------------------------------------------------------------------------------------------------


def test_the_functions_of_the_module(module: Any) -> None:
    assert module.lcut("研究生命起源") == list(module.cut("研究生命起源")) == ["研究", "生命", "起源"]
    module.add_word("生命起源")
    assert module.lcut_for_search("研究生命起源") == ["研究", "生命", "起源", "生命起源"]
    module.del_word("研究")
    assert module.lcut("研究")[0] == "研"
    assert module.get_FREQ("研究") == 0
    assert module.get_FREQ("无", 7) == 7
    module.set_dictionary(RESEARCH)  # forgets the changes
    assert module.lcut("研究生命起源") == ["研究", "生命", "起源"]
    module.setLogLevel("ERROR")
    module.enable_parallel(2)
    module.disable_parallel()


def test_without_a_dictionary() -> None:
    tokenizer = jieba.Tokenizer()
    for call in (
        lambda: tokenizer.lcut("研究"), lambda: next(tokenizer.cut("研究")), tokenizer.initialize,
        lambda: tokenizer.add_word("研究"), lambda: tokenizer.FREQ, lambda: tokenizer.suggest_freq("研究"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"no lexicon was given\. Call jieba\.set_dictionary\('words\.tsv'\)"):
            call()
    tokenizer.initialize(RESEARCH)
    assert tokenizer.lcut("研究") == ["研究"]


def test_dictionary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RESEARCH.save(tmp_path / "words.tsv")
    (tmp_path / "dict.txt").write_text("研究 40 v\n生命 30 n\n", encoding="utf-8")  # as that of jieba
    monkeypatch.chdir(tmp_path)
    tokenizers = [jieba.Tokenizer("words.tsv"), jieba.Tokenizer(tmp_path / "dict.txt")]
    monkeypatch.chdir(Path(__file__).parent)  # names are those of the folder in which they were given
    assert [tokenizer.lcut("研究生") for tokenizer in tokenizers] == [["研究生"], ["研究", "生"]]
    with pytest.raises(FormatError, match=r"absent\.tsv: there is no such file"):
        tokenizers[0].set_dictionary(tmp_path / "absent.tsv")
    assert tokenizers[0].lcut("研究生") == ["研究生"]
    with pytest.raises(FormatError, match=r"absent\.tsv"):
        jieba.Tokenizer(tmp_path / "absent.tsv").lcut("研究")
    with pytest.raises(TypeError, match="dictionary must be a Lexicon or the name of a file, not int"):
        jieba.Tokenizer(3)  # type: ignore[arg-type]


def test_a_vocabulary_with_byte_fallback_is_refused() -> None:
    tokenizer = jieba.Tokenizer(VocabularyBuilder(vocab_size=500).build(sample_lines()))
    with pytest.raises(ValueError, match="not a vocabulary with byte fallback"):
        tokenizer.lcut("研究")


@pytest.mark.parametrize("call", [
    lambda t: t.add_word(""), lambda t: t.add_word("研究", -1), lambda t: t.add_word("研究", "many"),
    lambda t: t.suggest_freq(()), lambda t: t.suggest_freq(""), lambda t: list(t.tokenize("研究", mode="searching")),
])  # fmt: skip
def test_wrong_arguments(call: Any) -> None:
    tokenizer = jieba.Tokenizer(RESEARCH)
    with pytest.raises(ValueError, match=r"(word|freq|segment|mode) must"):
        call(tokenizer)
    assert tokenizer.total == RESEARCH.total
    with pytest.raises(TypeError, match="sentence must be a str or bytes, not NoneType"):
        tokenizer.lcut(None)  # type: ignore[arg-type]


def test_words_of_a_lexicon_with_probabilities() -> None:
    scores = {"log_prob": [log(0.5), log(0.3), log(0.1), log(0.1)]}
    meta = LexiconMeta(unk_log_prob=-20)
    tokenizer = jieba.Tokenizer(Lexicon(["生", "命", "生命", "研究"], [0] * 4, scores=scores, meta=meta))
    assert tokenizer.FREQ == {"生": 50_000_000, "命": 30_000_000, "生命": 10_000_000, "研究": 10_000_000}
    assert tokenizer.lcut("研究生命") == ["研究", "生", "命"]
    assert tokenizer.suggest_freq("生命", tune=True) == 15_000_001
    assert tokenizer.lcut("研究生命") == ["研究", "生命"]
    tokenizer.del_word("研究")
    assert tokenizer.lcut("研究生命") == ["研", "究", "生命"]


def test_deleted_words_are_not_found_again_as_new_words(lexicon: Lexicon) -> None:
    lexicon = lexicon.with_meta(new_words=0.9)
    tokenizer = jieba.Tokenizer(lexicon)
    word = next(
        word
        for k, word in enumerate(lexicon)
        if len(word) == 3 and Tokenizer(lexicon.keep(i != k for i in range(len(lexicon)))).tokenize(word) == [word]
    )
    tokenizer.del_word(word)
    assert word not in tokenizer.lcut(word)
    tokenizer.add_word(word)
    assert tokenizer.lcut(word) == [word]


@pytest.mark.parametrize("word", ["C++", "c#", "AT&T", "A股", "5G网络", "2008年", "easy_install"])
def test_words_with_letters_and_marks_are_cut_as_by_jieba(word: str) -> None:
    ours, theirs = jieba.Tokenizer(RESEARCH), jieba_of({word: RESEARCH[word] for word in RESEARCH})
    text = f"研究{word}起源，{word}"
    for tokenizer in (ours, theirs):
        assert tokenizer.lcut(text, HMM=False) != ["研究", word, "起源", "，", word]
        tokenizer.add_word(word)
        assert tokenizer.lcut(text, HMM=False) == ["研究", word, "起源", "，", word]
        assert list(tokenizer.tokenize(text, HMM=False))[1] == (word, 2, 2 + len(word))
    ours.del_word(word)
    assert ours.lcut(text) == jieba.Tokenizer(RESEARCH).lcut(text)


def test_own_words_of_a_saved_tokenizer(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    Tokenizer(RESEARCH, words=["C++"], forbid=["研究生"], force=["生命起源"]).save(path)
    tokenizer = jieba.Tokenizer(path)
    text = "研究生命起源C++研究生"
    assert tokenizer.lcut(text) == Tokenizer.load(path).tokenize(text) == ["研究", "生命起源", "C++", "研究", "生"]
    tokenizer.add_word("研究生")
    tokenizer.del_word("生命起源")
    tokenizer.del_word("C++")
    assert tokenizer.lcut(text) == ["研究", "生命", "起源", "C", "++", "研究生"]


@pytest.mark.parametrize("meta", [{"granularity": -20.0}, {"granularity": 20.0}, {"objective": "shortest"}])
def test_added_words_are_one_token_whatever_is_best(meta: dict[str, Any]) -> None:
    tokenizer = jieba.Tokenizer(RESEARCH.with_meta(**meta))
    for add in (tokenizer.add_word, lambda word: tokenizer.suggest_freq(word, tune=True)):
        add("生命起源")
        assert tokenizer.lcut("研究生命起源")[-1] == "生命起源"
        tokenizer.del_word("生命起源")
        assert tokenizer.lcut("研究生命起源") == Tokenizer(RESEARCH.with_meta(**meta)).tokenize("研究生命起源")


# Many words, many threads, many processes ---------------------------------------------------------------------------


def test_the_tokenizer_is_built_once_for_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def build(*arguments: Any, **options: Any) -> Tokenizer:
        built.append(arguments)
        return Tokenizer(*arguments, **options)

    monkeypatch.setattr(jieba, "LexiconTokenizer", build)
    tokenizer = jieba.Tokenizer(RESEARCH)
    words = [f"{first}{second}" for first in "甲乙丙丁戊己庚辛" for second in "子丑寅卯辰巳午未"]
    for word in words:
        tokenizer.add_word(word)
        tokenizer.suggest_freq(word + "生", tune=True)
    assert built == []
    for word in words:
        assert tokenizer.lcut(word, HMM=False) == tokenizer.lcut(word) == [word]
        assert tokenizer.lcut(word + "生", cut_all=True)[-1] == word + "生"
    assert len(built) == 2  # one for HMM=False, which was first, and one for HMM=True


def test_threads_share_a_tokenizer() -> None:
    tokenizer = jieba.Tokenizer(RESEARCH)
    numerals, start, errors = "甲乙丙丁戊己庚辛壬癸", threading.Barrier(4), []

    def work(first: str) -> None:
        start.wait()
        try:
            for second in numerals:
                tokenizer.add_word(first + second)
                assert tokenizer.lcut(first + second) == [first + second]
                assert tokenizer.lcut_for_search("研究生命" + first + second)[-1] == first + second
                assert sum(frequency for _, frequency in [*tokenizer.FREQ.items()]) <= tokenizer.total
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(first,)) for first in numerals[:4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    words = [first + second for first in numerals[:4] for second in numerals]
    assert [tokenizer.lcut(word) for word in words] == [[word] for word in words]
    assert tokenizer.total == sum(tokenizer.FREQ.values())  # no frequency was lost


def test_pickled_with_its_words() -> None:
    tokenizer = jieba.Tokenizer(RESEARCH)
    tokenizer.add_word("生命起源")
    again = pickle.loads(pickle.dumps(tokenizer.lcut))
    assert again("研究生命起源") == ["研究", "生命起源"]
    state = tokenizer.__getstate__()
    tokenizer.add_word("研究生命")  # does not change a state that is being written
    again.__self__.__setstate__(state)
    assert again("研究生命起源") == ["研究", "生命起源"]
    assert repr(again.__self__) == "<Tokenizer dictionary=<Lexicon of 6 words, 114 tokens>>"


def test_words_are_bytes_or_str() -> None:
    ours, theirs = jieba.Tokenizer(lexicon_of({"研究": 3})), jieba_of({"研究": 3})
    for tokenizer in (ours, theirs):
        tokenizer.add_word("甲乙".encode(), 5)
        tokenizer.add_word("甲乙丙".encode("gbk"))
        tokenizer.del_word("甲乙".encode())
        assert tokenizer.lcut("甲乙研究甲乙丙") == ["甲", "乙", "研究", "甲乙丙"]
        assert tokenizer.suggest_freq(("甲".encode(), "乙")) == 0
    for wrong in (3, None, ["甲"]):
        with pytest.raises(TypeError, match="word must be a str or bytes, not"):
            ours.add_word(wrong, 5)  # type: ignore[arg-type]
        assert ours.lcut("甲乙丙") == ["甲乙丙"]  # nothing was added
    with pytest.raises(TypeError, match="line 1 must be a str or bytes, not int"):
        ours.load_userdict([3])  # type: ignore[list-item]
