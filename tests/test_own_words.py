"""Added, forbidden and forced words, and granularity, against the enumeration of all segmentations."""

from __future__ import annotations

import math
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nlp_zero.builders import VocabularyBuilder
from nlp_zero.cli.main import main
from nlp_zero.cli.options import read_word_list
from nlp_zero.lexicon import Lexicon, LexiconMeta
from nlp_zero.tokenization import Tokenizer
from tests.reference.extent import kind_name
from tests.reference.own_words import OwnWordsModel
from tests.reference.tokenizer import symbols
from tests.test_sampling import fits

HAN = list("中国人民共和")
ODD = ["A", "b1", "3.5", "++", "，", " ", "……", "é", "👍🏽"]
pieces = st.one_of(st.sampled_from(HAN), st.sampled_from(HAN), st.sampled_from(ODD))
texts = st.lists(pieces, max_size=8).map("".join)
han_words = st.lists(st.sampled_from(HAN), min_size=1, max_size=3).map("".join)
any_words = st.one_of(han_words, st.lists(pieces, min_size=1, max_size=4).map("".join))
lexicons = st.dictionaries(han_words, st.integers(1, 30), min_size=1, max_size=14).map(
    lambda counts: Lexicon(list(counts), list(counts.values()))
)
chosen = st.lists(any_words, max_size=3, unique=True)
modes = st.sampled_from(["token", "join", "split"])
costs = st.sampled_from([0.0, 0.0, 2.5, -1.75])


@st.composite
def tokenizers(draw: st.DrawFn) -> Tokenizer:
    """A tokenizer with own words of all three kinds."""
    forbid = draw(chosen)
    words = [word for word in draw(chosen) if word not in forbid]
    force = [word for word in draw(chosen) if word not in forbid]
    return Tokenizer(
        draw(lexicons), words=words, forbid=forbid, force=force, alnum=draw(modes), granularity=draw(costs)
    )


def definition(tokenizer: Tokenizer) -> OwnWordsModel:
    lexicon = tokenizer.lexicon
    assert tokenizer.unk_log_prob is not None
    return OwnWordsModel(
        dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True)),
        tokenizer.unk_log_prob,
        tokenizer.alnum,
        words=tokenizer.own_words,
        forbid=tokenizer.forbidden_words,
        force=tokenizer.forced_words,
        granularity=tokenizer.granularity,
    )


@settings(max_examples=300, deadline=None)
@given(tokenizers(), texts)
def test_the_best_segmentation_equals_the_enumeration(tokenizer: Tokenizer, text: str) -> None:
    model = definition(tokenizer)
    scores = {tuple((a, b) for a, b, _, _ in path): model.score(path) for path in model.segmentations(text)}
    encoding = tokenizer(text)
    assert "".join(encoding.tokens) == text
    assert scores[tuple(encoding.spans)] == pytest.approx(max(scores.values()), abs=1e-8)
    assert encoding.tokens == tokenizer.tokenize(text) == tokenizer.tokenize_batch([text, text], workers=2)[1]
    assert encoding.ids == tokenizer.encode(text) == tokenizer.encode_batch([text])[0].tolist()
    vocab = tokenizer.get_vocab()
    for token, number in zip(encoding.tokens, encoding.ids, strict=True):
        kind = vocab.get(f"<{kind_name(token)}>", 0)
        assert number == (kind if token not in model.log_probs else vocab[token])
    best = tokenizer.nbest(text, 4)
    assert best[0][0] == encoding.tokens
    ranked = sorted(scores.values(), reverse=True)[: len(best)]
    assert [score for _, score in best] == pytest.approx(ranked, abs=1e-7)


@settings(max_examples=200, deadline=None)
@given(tokenizers(), texts, st.sampled_from([0.0, 0.4, 1.0]))
def test_sums_equal_the_enumeration(tokenizer: Tokenizer, text: str, alpha: float) -> None:
    model = definition(tokenizer)
    paths = model.segmentations(text)
    weights = np.exp(alpha * np.array([model.score(path) for path in paths]))
    assert tokenizer.log_partition(text, alpha=alpha) == pytest.approx(math.log(weights.sum()), abs=1e-9)
    weights /= weights.sum()
    assert tokenizer.entropy(text, alpha=alpha) == pytest.approx(-(weights * np.log(weights)).sum(), abs=1e-9)
    edges: Counter[tuple[int, int]] = Counter()
    for path, weight in zip(paths, weights.tolist(), strict=True):
        edges.update({(a, b): weight for a, b, _, _ in path})  # type: ignore[dict-item]
        tokens = [text[a:b] for a, b, _, _ in path]
        assert tokenizer.log_prob(tokens, alpha=alpha) == pytest.approx(math.log(weight), abs=1e-8)
    found = {(a, b): p for a, b, _, p in tokenizer.marginals(text, alpha=alpha).tokens}
    assert found == pytest.approx(dict(edges), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(tokenizers(), st.lists(texts, min_size=1, max_size=3), st.integers(0, 9))
def test_forced_words_are_whole_and_forbidden_ones_never_cut(
    tokenizer: Tokenizer, lines: list[str], seed: int
) -> None:
    model = definition(tokenizer)
    drawn = tokenizer.sample_batch(lines, seed=seed, k=3)
    drawn += [tokenizer.sample(line, alpha=0.7, seed=seed) for line in lines]
    drawn += tokenizer.tokenize_batch(lines)
    drawn += [tokens for line in lines for tokens, _ in tokenizer.nbest(line, 5)]
    for tokens in drawn:
        text, at, spans = "".join(tokens), 0, []
        for token in tokens:
            spans.append((at, at + len(token)))
            at += len(token)
        single = set(symbols(text, tokenizer.alnum))
        for span in model.contract(text):
            assert span in spans or span in single  # a forced word is one token
            if text[slice(*span)] in tokenizer.forced_words:
                assert span in spans
        for span in spans:
            assert text[slice(*span)] not in tokenizer.forbidden_words or span in single


def test_forced_words_that_overlap() -> None:
    lexicon = Lexicon(["中国", "国人", "人民"], [9, 9, 9])
    assert Tokenizer(lexicon, force=["国人", "人民"]).tokenize("中国人民") == ["中", "国人", "民"]
    assert Tokenizer(lexicon, force=["国人", "国人民"]).tokenize("中国人民") == ["中", "国人民"]
    assert Tokenizer(lexicon, force=["民国", "国"]).tokenize("中国人民国人") == ["中", "国", "人", "民国", "人"]
    assert Tokenizer(lexicon, force=["国人"], words=["中国人"]).tokenize("中国人民") == ["中", "国人", "民"]


def test_an_added_word_wins_where_its_parts_would_have_won() -> None:
    lexicon = Lexicon(["曹操", "引兵", "曹", "操", "引", "兵"], [20, 9, 3, 3, 3, 3])
    assert Tokenizer(lexicon, words=["曹操引兵"]).tokenize("曹操引兵") == ["曹操引兵"]
    assert Tokenizer(lexicon, words=["曹操引"]).tokenize("曹操引曹") == ["曹操引", "曹"]
    assert Tokenizer(lexicon, words=["曹操引"]).tokenize("曹操引兵") == ["曹操", "引兵"]  # its parts do not win here
    assert Tokenizer(lexicon, force=["曹操引"]).tokenize("曹操引兵") == ["曹操引", "兵"]
    rare = Lexicon(["曹操", "曹", "操"], [1, 50, 50])
    assert Tokenizer(rare).tokenize("曹操") == ["曹", "操"]
    raised = Tokenizer(rare, words=["曹操"])
    assert raised.tokenize("曹操") == ["曹操"]
    assert raised.encode("曹操") == [3]
    assert raised.vocab_size == Tokenizer(rare).vocab_size


@pytest.mark.parametrize("word", ["A股", "C++", "iPhone 15", "《红楼梦》", "5G网络", "……", "v1.2"])
def test_an_added_word_may_contain_anything(word: str) -> None:
    lexicon = Lexicon(["股", "红楼", "网络", "手机", "的"], [3, 3, 3, 3, 9])
    text = f"的{word}，{word}的手机"
    expected = ["的", word, "，", word, "的", "手机"]
    for tokenizer in (Tokenizer(lexicon, words=[word]), Tokenizer(lexicon, force=[word])):
        assert tokenizer.tokenize(text) == expected
        assert tokenizer.encode(text)[1] == tokenizer.token_to_id(word) == tokenizer.vocab_size - 1
        assert tokenizer.decode(tokenizer.encode(word)) == word
    assert Tokenizer(lexicon, force=["G2"], words=["5G"]).tokenize("5G2") == ["5G2"]  # one symbol, see the page


def test_ids_of_the_lexicon_do_not_change() -> None:
    lexicon = Lexicon(["早晨", "喝茶", "茶"], [3, 2, 1])
    plain, own = Tokenizer(lexicon), Tokenizer(lexicon, words=["茶馆", "茶", "<number>"], force=["喝茶", "大碗"])
    assert plain.get_vocab().items() - {("<number>", 8)} <= own.get_vocab().items()
    assert [own.token_to_id(word) for word in ("茶馆", "<number>", "大碗")] == [12, 13, 14]
    assert own.vocab_size == len(own) == plain.vocab_size + 3
    assert [own.id_to_token(number) for number in range(12)] == [plain.id_to_token(number) for number in range(12)]
    assert own.id_to_token(12) == "茶馆"
    assert own.encode("大碗茶馆") == [14, 12]
    forbidden = Tokenizer(lexicon, forbid=["茶", "喝茶"])
    assert forbidden.tokenize("喝茶") == ["喝", "茶"]
    assert forbidden.encode("喝茶") == [0, 0]
    assert forbidden.get_vocab() == plain.get_vocab()


@settings(max_examples=60, deadline=None)
@given(tokenizers(), texts)
def test_pickles_and_files_keep_own_words(tokenizer: Tokenizer, text: str) -> None:
    copy = pickle.loads(pickle.dumps(tokenizer))
    assert copy == tokenizer
    assert hash(copy) == hash(tokenizer)
    assert copy.encode(text) == tokenizer.encode(text)
    assert copy.nbest(text) == tokenizer.nbest(text)
    assert Tokenizer(tokenizer.lexicon, alnum=tokenizer.alnum, words=["民和中国"]) != tokenizer


@pytest.mark.parametrize("name", ["t.tsv", "t.json", "t.parquet"])
def test_saved_tokenizers(name: str, tmp_path: Path) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    lexicon = Lexicon(["早晨", "喝茶", "茶"], [3, 2, 1])
    odd = ["iPhone 15", "a\\s b", "行\t列", "换\n行"]
    tokenizer = Tokenizer(lexicon, words=["茶馆", *odd], forbid=["早晨"], force=["喝茶"], granularity=0.1)
    tokenizer.save(tmp_path / name)
    loaded = Tokenizer.load(tmp_path / name)
    assert (loaded.own_words, loaded.forbidden_words, loaded.forced_words) == (("茶馆", *odd), ("早晨",), ("喝茶",))
    assert loaded.granularity == 0.1
    assert loaded == tokenizer
    assert hash(loaded) == hash(tokenizer)
    assert loaded != Tokenizer(lexicon)
    assert Tokenizer(lexicon) == Tokenizer(loaded.lexicon, words=[], forbid=[], force=[], granularity=0)
    text = "早晨在茶馆喝茶，iPhone 15"
    assert loaded.encode(text) == tokenizer.encode(text)
    assert loaded.lexicon == lexicon.with_meta(
        own_words=("茶馆", *odd), forbidden_words=("早晨",), forced_words=("喝茶",), granularity=0.1
    )
    assert Tokenizer(loaded.lexicon, words=[], forbid=[], force=[], granularity=0).tokenize(text)[:2] == ["早晨", "在"]
    plain = Tokenizer(lexicon)
    plain.save(tmp_path / name)
    assert Tokenizer.load(tmp_path / name).lexicon == lexicon


def test_sampling_frequencies() -> None:
    lexicon = Lexicon(["中国", "国人", "中", "国", "人", "民"], [6, 5, 4, 3, 4, 3])
    tokenizer = Tokenizer(lexicon, words=["中国人"], forbid=["人"], force=["民A"], granularity=0.5)
    text, draws = "中国人民A中国人", 6000
    model = definition(tokenizer)
    paths = model.segmentations(text)
    weights = np.exp(0.6 * np.array([model.score(path) for path in paths]))
    expected = {tuple(text[a:b] for a, b, _, _ in p): w for p, w in zip(paths, weights / weights.sum(), strict=True)}
    assert len(expected) == 16
    for drawn in (
        tokenizer.sample_batch([text], alpha=0.6, seed=3, k=draws),
        [tokenizer.sample(text, alpha=0.6, seed=4, index=i) for i in range(draws)],
    ):
        assert fits(Counter(map(tuple, drawn)), expected)


@settings(max_examples=100, deadline=None)
@given(lexicons, texts, st.lists(han_words, max_size=3, unique=True), st.lists(han_words, max_size=2, unique=True))
def test_own_words_and_new_words(lexicon: Lexicon, text: str, forbid: list[str], words: list[str]) -> None:
    assume(not set(forbid) & set(words))
    finder = Tokenizer(lexicon, new_words=True, forbid=forbid, words=words, force=words[:1])
    assert not [t for t in finder.tokenize(text) if t in forbid and len(t) > 1]
    for word in words:
        tokens = finder.tokenize(word)
        assert tokens == [word] or any(forced in word for forced in words[:1])
    others = Tokenizer(lexicon, new_words=True, words=["龙龟", "龟"], forbid=["龙"])
    assert others.tokenize(text) == Tokenizer(lexicon, new_words=True).tokenize(text)


@settings(max_examples=300, deadline=None)
@given(lexicons, han_words.filter(lambda word: len(word) > 1), texts, texts, st.sampled_from(["unigram", "classes"]))
def test_own_words_win_over_new_words(lexicon: Lexicon, word: str, before: str, after: str, objective: str) -> None:
    """Also over the new word that has the same characters."""
    assume(word not in lexicon)
    classes = {known: k % 2 for k, known in enumerate(lexicon)}
    lexicon = lexicon.with_classes(classes, [[3, 9, 1], [2, 5, 9], [7, 1, 0]]).with_meta(new_words=0.5)
    text, span = before + word + after, (len(before), len(before) + len(word))
    assume([k for k in range(len(text)) if text.startswith(word, k)] == [span[0]])
    assume({*span} <= {0, *(end for _, end in Tokenizer(lexicon, objective=objective)(text).spans)})
    assert span in Tokenizer(lexicon, objective=objective, words=[word])(text).spans


def test_a_forbidden_word_is_not_found_as_a_new_word() -> None:
    names = ["王伟", "王芳", "李伟", "李芳", "张伟", "张敏", "李敏"]
    lexicon = Lexicon([*names, "是", "的", "朋友"], [1] * len(names) + [30, 40, 20])
    assert Tokenizer(lexicon, new_words=True).tokenize("王敏是李伟") == ["王敏", "是", "李伟"]
    assert Tokenizer(lexicon, new_words=True, forbid=["王敏"]).tokenize("王敏是李伟") == ["王", "敏", "是", "李伟"]
    added = Tokenizer(lexicon, new_words=True, words=["王敏是"])
    assert added.tokenize("王敏是李伟") == ["王敏是", "李伟"]  # better than a new word and 是


BYTES = [chr(b if b < 128 else 0xDC00 + b) for b in range(256)]


@pytest.mark.parametrize("unit", ["char", "byte"])
def test_vocabularies_with_byte_fallback(unit: str) -> None:
    meta = LexiconMeta(byte_fallback=True, unit=unit, specials=("<pad>",))
    lexicon = Lexicon([*BYTES, "早", "早晨", "喝茶"], [1] * 256 + [90, 60, 40], meta=meta)
    plain = Tokenizer(lexicon)
    own = Tokenizer(lexicon, words=["早晨喝茶", "hello world"], forbid=["喝茶"], force=["b c"])
    assert own.tokenize("早晨喝茶") == ["早晨喝茶"]
    text = "hello worlds，a b cd喝茶早晨"
    assert own.join(own.tokenize(text)) == own.decode(own.encode(text)) == text
    assert own.tokenize(text)[0] == "hello world"
    assert "b c" in own.tokenize(text)
    assert "喝茶" not in own.tokenize(text)
    assert plain.get_vocab().items() <= own.get_vocab().items()
    assert [own.token_to_id(word) for word in ("早晨喝茶", "hello world", "b c")] == [260, 261, 262]
    assert "".join(own.sample("早晨喝茶b c", seed=2)).endswith("b c")
    single = Tokenizer(lexicon, forbid=["早"])
    assert single.tokenize("早") == ["\udce6", "\udc97", "\udca9"]
    for coarse in (Tokenizer(lexicon, granularity=9.0), Tokenizer(lexicon, granularity=-9.0)):
        assert coarse.log_prob(coarse.tokenize("早晨茶")) == pytest.approx(
            coarse.nbest("早晨茶", 1)[0][1] - coarse.log_partition("早晨茶"), abs=1e-6
        )
    with pytest.raises(ValueError, match="words must not contain '<pad>', which is a special token"):
        Tokenizer(lexicon, words=["<pad>"])
    with pytest.raises(ValueError, match="forbid must not contain 'a', which is one of the 256 bytes"):
        Tokenizer(lexicon, forbid=["a"])


def test_shortest_segmentations_have_own_words() -> None:
    lexicon = Lexicon(["早晨", "喝茶", "喝", "茶"], [9, 5, 4, 4])
    tokenizer = Tokenizer(lexicon, objective="shortest", words=["C++", "晨喝"], force=["茶馆"], forbid=["早晨"])
    text = "早晨喝茶馆C++"
    assert tokenizer.tokenize(text) == ["早", "晨喝", "茶馆", "C++"]
    assert sum(p for a, b, _, p in tokenizer.marginals(text).tokens if (a, b) == (3, 5)) == pytest.approx(1)
    counts = Counter(map(tuple, tokenizer.sample_batch([text], alpha=1.0, seed=1, k=2000)))
    weights = {  # each token costs the same, but a boundary that is not a word is free
        tuple(tokens): tokenizer.vocab_size ** -float(sum(token != "++" for token in tokens))
        for tokens, _ in tokenizer.nbest(text, 9)
    }
    assert len(weights) == 4
    total = sum(weights.values())
    assert fits(counts, {path: weight / total for path, weight in weights.items()})
    with pytest.raises(ValueError, match="granularity needs objective='unigram'"):
        Tokenizer(lexicon, objective="shortest", granularity=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"words": "早晨"}, "words must be a list of words, not one string"),
        ({"forbid": [""]}, "forbid must not contain the empty word"),
        ({"force": [3]}, "force must be a list of strings; 3 is not one"),
        ({"force": ["茶"], "forbid": ["水", "茶"]}, "force must not contain '茶', which is forbidden; leave"),
        ({"words": ["茶"], "forbid": ["茶"]}, "words must not contain '茶', which is forbidden"),
        ({"granularity": "3"}, "granularity must be a number from -1000 to 1000, not '3'"),
        ({"granularity": math.nan}, "granularity must be a number from -1000 to 1000, not nan"),
    ],
)
def test_contradictions(options: dict[str, object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        Tokenizer(Lexicon(["茶"], [1]), **options)  # type: ignore[arg-type]


def test_repr() -> None:
    lexicon = Lexicon(["茶"], [1])
    assert repr(Tokenizer(lexicon)) == "<Tokenizer of 1 words, alnum='token'>"
    own = Tokenizer(lexicon, words=["茶馆", "水"], forbid=["茶"], force=["大碗"], granularity=-1.5)
    assert repr(own) == "<Tokenizer of 1 words, alnum='token', 2 added, 1 forbidden, 1 forced, granularity=-1.5>"


def test_granularity_goes_from_fine_to_coarse() -> None:
    words = {"中华人民共和国": 2, "共和国": 3, "中华": 30, "人民": 40, "共和": 20} | dict.fromkeys("中华人民共和国", 30)
    lexicon, text = Lexicon(list(words), list(words.values())), "中华人民共和国"
    tokenizers = [Tokenizer(lexicon, granularity=g) for g in (-1000, -2, 0, 2, 1000)]
    lengths = [len(tokenizer.tokenize(text)) for tokenizer in tokenizers]
    assert lengths == sorted(lengths, reverse=True)
    assert (lengths[0], lengths[-1]) == (7, 1)
    expected = [tokenizer.marginals(text).cuts.sum() for tokenizer in tokenizers[1:4]]
    assert expected == sorted(expected, reverse=True)


# The command line


@pytest.fixture
def lexicon_file(tmp_path: Path) -> Path:
    Lexicon(["曹操", "引兵", "大军", "曹", "操"], [9, 5, 4, 1, 1]).save(tmp_path / "words.tsv")
    return tmp_path / "words.tsv"


def cut(lexicon: Path, text: str, *options: str) -> list[str]:
    source, result = lexicon.with_name("text.txt"), lexicon.with_name("cut.txt")
    source.write_text(text + "\n", encoding="utf-8")
    assert main(["tokenize", str(source), "-l", str(lexicon), "-o", str(result), "--separator", "|", *options]) == 0
    return result.read_text(encoding="utf-8").rstrip("\n").split("|")


def test_word_lists_of_the_command(lexicon_file: Path) -> None:
    words, forbid, force = (lexicon_file.with_name(f"{name}.txt") for name in ("words", "forbid", "force"))
    words.write_text("iPhone 15\t100\n\n引兵大军 3 n\nA股\n", encoding="utf-8")
    forbid.write_text("曹操\n", encoding="utf-8")
    force.write_text("操引\n", encoding="utf-8")
    text = "曹操引兵大军A股iPhone 15"
    assert cut(lexicon_file, text, "--words", str(words)) == ["曹操", "引兵大军", "A股", "iPhone 15"]
    assert cut(lexicon_file, text, "--forbid", str(forbid))[:4] == ["曹", "操", "引兵", "大军"]
    both = ["--words", str(words), "--force", str(force)]
    assert cut(lexicon_file, text, *both) == ["曹", "操引", "兵", "大军", "A股", "iPhone 15"]
    drawn = cut(lexicon_file, text, *both, "--sample", "--seed", "3", "--alpha", "0")
    assert "操引" in drawn
    other = str(lexicon_file.with_name("other.tsv"))
    Lexicon(["行\t列", "茶馆"], [2, 1]).save(other)
    assert read_word_list(other) == ["行\t列", "茶馆"]
    assert cut(lexicon_file, "茶馆A股", "--words", str(words), "--words", other) == ["茶馆", "A股"]
    assert cut(lexicon_file, "曹操引兵", "--granularity", "-6") == ["曹", "操", "引兵"]


def test_contradicting_word_lists(lexicon_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = str(lexicon_file.with_name("own.txt"))
    Path(words).write_text("茶馆\n", encoding="utf-8")
    command = ["tokenize", words, "-l", str(lexicon_file)]
    assert main([*command, "--force", words, "--forbid", words]) == 2
    message = "nlpzero: error: --force must not contain '茶馆', which is forbidden; leave it out of one of them."
    assert capfd.readouterr().err.splitlines()[0] == message
    assert main([*command, "--words", words, "-o", words]) == 2
    assert "own.txt (-o) is also an input" in capfd.readouterr().err
    assert main([*command, "--granularity", "2000"]) == 2
    assert "--granularity must be a number from -1000 to 1000, not 2000.0." in capfd.readouterr().err


def test_words_of_a_set_have_the_same_ids_in_every_process() -> None:
    lexicon, words = Lexicon(["早晨"], [1]), {chr(0x4E00 + k) + "茶" for k in range(50)}
    tokenizer = Tokenizer(lexicon, words=words, force=frozenset(words), forbid={"乙", "甲"})
    assert tokenizer.own_words == tokenizer.forced_words == tuple(sorted(words))
    assert tokenizer.forbidden_words == ("乙", "甲")
    assert Tokenizer(lexicon, words=["乙", "甲"]).own_words == ("乙", "甲")
    assert Tokenizer(lexicon, words={"甲": 1, "乙": 2}).own_words == ("甲", "乙")
    with pytest.raises(TypeError, match="specials must be in the order of their ids; give a list, not a set"):
        VocabularyBuilder(specials={"<a>", "<b>"})  # type: ignore[arg-type]
