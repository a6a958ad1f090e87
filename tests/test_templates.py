"""Template grammars against lists of all their parses; mining on planted grammars; template files."""

from __future__ import annotations

import io
import itertools
import json
import math
import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import CorpusError, FormatError, TemplateGrammar, TemplateInventory, TemplateMiner
from nlp_zero._kernels.templates import DistinctPairs
from nlp_zero.cli import main
from nlp_zero.templates.candidates import KeyCounter
from nlp_zero.templates.clauses import is_numeral, is_punctuation, split_clauses
from nlp_zero.templates.marks import word_form
from nlp_zero.templates.numbered_grammar import MAX_SEGMENT_WORDS
from nlp_zero.templates.numbering import NumberedCorpus
from tests.reference import templates as reference

Items = reference.Items
WORDS = "abc"
# Leading, trailing, neighbouring and repeated slots; equal templates; words that are anchors and fillers at once.
items = st.lists(st.sampled_from([None, *WORDS]), min_size=1, max_size=4).filter(any).map(tuple)
grammars = st.tuples(
    st.lists(st.tuples(items, st.floats(0.1, 9)), max_size=4),
    st.lists(st.floats(0.1, 9), min_size=3, max_size=3),
    st.floats(0.5, 20),
)
segments = st.lists(st.sampled_from([*WORDS, "unknown"]), min_size=1, max_size=8)


def grammar_of(parts: tuple[list[tuple[Items, float]], list[float], float]) -> TemplateGrammar:
    templates, leaves, segments = parts
    forms, counts = [t for t, _ in templates], [c for _, c in templates]
    return TemplateGrammar(forms, counts, dict(zip(WORDS, leaves, strict=True)), segments=segments)


def probabilities(
    parts: tuple[list[tuple[Items, float]], list[float], float],
) -> tuple[list[Items], list[float], dict[str, float], float]:
    """Templates, their probabilities, those of words outside templates, and q, by the formulas of `TemplateGrammar`."""
    templates, leaves, segments = parts
    alone, used = sum(leaves), sum(c for _, c in templates)
    units, chains = alone + used, segments + sum(c * t.count(None) for t, c in templates)
    size = alone + 0.5 * (len(WORDS) + 1)
    leaf = {w: alone / units * (c + 0.5) / size for w, c in zip([*WORDS, "unknown"], [*leaves, 0], strict=True)}
    return [t for t, _ in templates], [c / units for _, c in templates], leaf, min(chains / units, 1 - 1e-9)


def check_chart(parts: tuple[list[tuple[Items, float]], list[float], float], words: list[str]) -> None:
    """Sums, the best tree, marginals and expected counts, against all derivations."""
    grammar = grammar_of(parts)
    parses = reference.derivations(words, *probabilities(parts))
    total, trees = sum(p for p, _ in parses), {tree: p for p, tree in parses}
    assert grammar.inside(words) == pytest.approx(math.log(total), abs=1e-9)
    assert trees[tuple(map(tuple, grammar.viterbi(words)))] >= max(trees.values()) * (1 - 1e-8)
    units = np.zeros((len(words) + 1, len(words) + 1))
    uses = np.zeros(len(grammar.templates))
    for p, tree in parses:
        for start, end, label, _ in tree:
            if label != reference.SLOT:
                units[start, end] += p / total
            if label >= 0:
                uses[label] += p / total
    np.testing.assert_allclose(grammar.marginals(words), units, atol=1e-9)
    numbers, offsets = grammar._number([words])
    np.testing.assert_allclose(grammar._grammar.expected_uses(numbers, offsets), uses, atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(grammars, segments)
def test_chart_against_all_derivations(
    parts: tuple[list[tuple[Items, float]], list[float], float], words: list[str]
) -> None:
    check_chart(parts, words)


def test_chart_of_seven_and_eight_words() -> None:
    rng = random.Random(0)
    for size in (7, 8) * 20:
        forms = [tuple(rng.choices([None, *WORDS], k=3)) for _ in range(2)]
        parts = ([(form, rng.uniform(1, 5)) for form in forms if any(form)], [3.0, 2.0, 1.0], 4.0)
        check_chart(parts, rng.choices(WORDS, k=size))


def test_sampled_parses_have_their_probabilities() -> None:
    parts = ([((None, "a", None), 3.0), (("a", "b"), 3.0), (("a", "b"), 2.0), (("a", None), 2.0)], [4.0, 2.0, 1.0], 4.0)
    words = ["c", "a", "b"]
    parses = reference.derivations(words, *probabilities(parts))
    total = sum(p for p, _ in parses)
    draws = 20_000
    seen = Counter(tuple(map(tuple, tree)) for tree in grammar_of(parts).sample(words, seed=5, k=draws))
    assert seen.keys() <= {tree for _, tree in parses}
    for p, tree in parses:  # six standard deviations
        assert abs(seen[tree] - draws * p / total) < 6 * math.sqrt(draws * p / total) + 1
    assert grammar_of(parts).sample(words, seed=5, k=3) == grammar_of(parts).sample(words, seed=5, k=3)


def test_ties() -> None:
    """A word before a template, a template before its equals, a shorter first unit before a longer one."""
    equal = TemplateGrammar([("a", "b"), ("a", "b")], [5, 5], {"a": 1, "b": 1}, segments=1)
    assert [span.label for span in equal.viterbi(["a", "b"])] == [0]
    same = TemplateGrammar([("a",)], [1.5], {"a": 1, "b": 1}, segments=1)  # P(a) = 2/3.5 * 1.5/3.5 against 1.5/3.5
    assert [span.label for span in same.viterbi(["a"])] == [0]
    both_ways = TemplateGrammar([("a", "a")], [9], {"a": 1}, segments=1)
    assert [tuple(span)[:2] for span in both_ways.viterbi(["a", "a", "a"])] == [(0, 1), (1, 3)]


def test_long_and_empty_segments() -> None:
    grammar = TemplateGrammar([("a", None, "b"), (None, "a", None)], [5, 5], {"a": 9, "b": 9, "c": 9}, segments=9)
    words = random.Random(1).choices("abc", k=2000)
    spans = grammar.viterbi(words)
    top = [span for span in spans if span.depth == 0]
    assert [span.start for span in top] == [0, *(span.end for span in top[:-1])]
    assert top[-1].end == 2000
    assert math.isfinite(grammar.inside(words))
    assert grammar.sample(words, seed=1)[0][0].start == 0
    assert grammar.viterbi([]) == [] == grammar.sample([], seed=1)[0]
    assert grammar.inside([]) == 0
    assert grammar.marginals([]).shape == (1, 1)
    rows, offsets = grammar.viterbi_batch([[], ["a"], [], ["c"] * (MAX_SEGMENT_WORDS + 1), []])
    assert offsets.tolist() == [0, 0, 1, 1, 2 + MAX_SEGMENT_WORDS, 2 + MAX_SEGMENT_WORDS]
    assert rows[-1, :3].tolist() == [MAX_SEGMENT_WORDS, MAX_SEGMENT_WORDS + 1, -1]
    with pytest.raises(ValueError, match="128"):
        grammar.marginals(words)
    with pytest.raises(TypeError, match="list of words"):
        grammar.viterbi("abc")


def test_entropy_of_parts() -> None:
    counts = {"a": 5.0, "b": 3.0, "c": 2.0}
    grammar = TemplateGrammar([("a", None, "b"), ("b", "c")], [4, 2], counts, segments=6)
    text = [["a", "c", "b", "。", "b", "c"], ["c", "，"]]
    result = grammar.entropy(text)
    # Without templates, the words of both are used outside templates.
    words = {"a": 9.0, "b": 9.0, "c": 4.0}
    q = 6 / 22
    expected = 0.0
    for segment in (["a", "c", "b"], ["b", "c"], ["c"]):
        expected -= math.log(q) + (len(segment) - 1) * math.log(1 - q)
        expected -= sum(math.log((words[w] + 0.5) / (22 + 2)) for w in segment)
    assert result.words == 6
    assert result.leaves == pytest.approx(expected / 6, abs=1e-9)
    inside = [grammar.inside(segment) for segment in (["a", "c", "b"], ["b", "c"], ["c"])]
    assert result.all == pytest.approx(-sum(inside) / 6, abs=1e-9)
    assert result.all < min(result.contiguous, result.gapped) <= result.leaves
    assert result.model > 0
    with pytest.raises(ValueError, match="no words"):
        grammar.entropy([["。"]])


# --- mining ----------------------------------------------------------------------------------------------------------


def planted(kinds: list[str], seed: int, tokens: int) -> tuple[set[Items], list[list[str]]]:
    """Random templates over random words, and text drawn from their grammar."""
    rng = random.Random(seed)
    words = [f"w{k}" for k in range(1000)]
    weights = [1 / (k + 10) for k in range(1000)]
    templates: list[Items] = []
    for _ in range(1000):
        form = tuple(None if kind == "X" else rng.choice(words) for kind in rng.choice(kinds))
        templates += [form] if form not in templates else []
        if len(templates) == 30:
            break
    assert len(templates) == 30
    rates = [rng.uniform(0.5, 2) for _ in templates]

    def chain(depth: int) -> list[str]:
        out: list[str] = []
        for _ in range(1000):
            if depth < 3 and rng.random() < 0.3:
                for item in rng.choices(templates, rates)[0]:
                    out += chain(depth + 1) if item is None else [item]
            else:
                out += rng.choices(words, weights)
            if rng.random() < 0.45:
                break
        return out

    text: list[list[str]] = []
    for _ in range(tokens):  # a chain has at least one word
        text.append(chain(0))
        tokens -= len(text[-1])
        if tokens <= 0:
            break
    return set(templates), text


@pytest.mark.parametrize("kinds", [["aXb", "ab"], ["aXb", "ab", "aXbXc", "abXc", "abc"]])
def test_planted_templates_are_found(kinds: list[str]) -> None:
    templates, text = planted(kinds, 0, 100_000)
    found = {template.items for template in TemplateMiner().mine(text)}
    assert len(found & templates) >= 0.95 * len(templates)
    assert len(found & templates) >= 0.95 * len(found)


def test_nothing_is_found_in_noise() -> None:
    rng = random.Random(2)
    text = [rng.choices([f"w{k}" for k in range(300)], k=10) for _ in range(2000)]
    assert len(TemplateMiner().mine(text)) == 0


def cities() -> list[list[str]]:
    """A small text in which only 从 … 到 … repeats."""
    rng = random.Random(3)
    places = [a + b for a in "东西南北上下" for b in "山海江河州京"]
    text = []
    for _ in range(400):
        a, b, c = rng.sample(places, 3)
        text.append(rng.choice([["从", a, "到", b], ["他", "从", a, c, "到", b, "。"], [a, c], [c, "，", b]]))
    return text


def test_counts_fillers_and_examples() -> None:
    inventory = TemplateMiner(max_examples=2).mine(cities())
    best = inventory[0]
    assert str(best) in ("从 … 到 …", "从 … 到")
    assert len(best.examples) == 2
    assert all(len(filling) == best.slots for filling in best.examples)
    assert best.fillers > 20
    assert best.pmi > 1
    assert best.gain > 100
    assert 0 < best.probability < 1
    assert inventory.meta["words"] == sum(not is_punctuation(w) for line in cities() for w in line)
    counts = Counter(w for s in {tuple(line[a:b]) for line in cities() for a, b in split_clauses(line)} for w in s)
    anchors = Counter(dict.fromkeys(counts, 0.0))
    for template in inventory:
        for word in template.anchors:
            anchors[word] += template.count
    for word, count in counts.items():  # each word is in a template or outside templates
        assert inventory.leaves[word] + anchors[word] == pytest.approx(count, abs=1e-6)


@pytest.mark.parametrize("method", ["entropy", "skipgram"])
def test_workers_and_order_do_not_matter(method: str) -> None:
    text = planted(["aXb", "ab"], 5, 40_000)[1]
    one, two = (list(TemplateMiner(method=method, workers=n, across_clauses=True).mine(text)) for n in (1, 2))
    assert one == two
    assert [t.is_gapped for t in one] == sorted((t.is_gapped for t in one), reverse=True)


def test_skipgrams_find_strong_pairs() -> None:
    templates, text = planted(["aXb"], 1, 15_000)
    found = {t.anchors for t in TemplateMiner(method="skipgram").mine(text) if t.is_gapped}
    assert len({tuple(w for w in t if w) for t in templates} & found) >= 0.9 * len(templates)
    inventory = TemplateMiner(method="skipgram").mine(text)
    with pytest.raises(ValueError, match="entropy"):
        TemplateGrammar.from_inventory(inventory)
    first = next(t for t in inventory if t.items[0] is None)
    assert len(first.examples[0]) == first.slots


def test_pairs_across_clauses() -> None:
    rng = random.Random(4)
    words = [chr(0x4E00 + k) for k in range(400)]

    def some() -> list[str]:
        return rng.choices(words, k=rng.randint(2, 5))

    text = []
    for _ in range(300):
        text += [["虽然", *some(), "，", "但", *some(), "。"], [*some(), "。", "但", *some(), "。"]]
        text += [[*some(), "，", *some(), "。"] for _ in range(5)]
    inventory = TemplateMiner(across_clauses=True).mine(text)
    across = [t for t in inventory if t.across]
    assert [t.items for t in across] == [("虽然", None, "但")]
    assert across[0].count == 300
    total = 1800  # pairs of neighbouring clauses in a sentence
    assert across[0].pmi == pytest.approx(math.log(300 * total / (300 * 300)), abs=0.05)
    assert across[0].examples[0][0].endswith("，")
    assert across[0].gain < reference.information(300, 300, 300, total)
    assert not any(t.across for t in TemplateMiner().mine(text))


def test_pairs_are_counted_by_distinct_fillings() -> None:
    rng = random.Random(6)
    segments = [rng.choices("abcdef", k=rng.randint(0, 9)) for _ in range(300)]
    plain = reference.pair_fillings(segments, 5)
    numbers = np.array([ord(w) - 96 for s in segments for w in s], np.int32)
    anchors = np.where(numbers <= 4, numbers, 0).astype(np.int32)
    offsets = np.cumsum([0, *map(len, segments)], dtype=np.int64)
    found = DistinctPairs(4, 5, 1 << 20)
    found.add(numbers, anchors, offsets)
    counts = found.counts()
    for x, y in itertools.product(range(4), repeat=2):
        assert counts[x + 1, y + 1] == len(plain.get(("abcd"[x], "abcd"[y]), ()))
    thinned = DistinctPairs(4, 5, 500)  # an estimate from some of the fillings
    thinned.add(numbers, anchors, offsets)
    assert thinned.counts().sum() == pytest.approx(counts.sum(), rel=0.2)


def test_rare_keys_are_dropped_if_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp_zero.templates.candidates.MAX_KEYS", 100)
    counts = KeyCounter()
    counts.add(np.concatenate([np.arange(500), np.repeat(np.arange(50), 3)]))
    keys, numbers = counts.result()
    assert keys.tolist() == list(range(50))
    assert set(numbers.tolist()) == {4}


def test_characters_are_those_of_the_frozen_unicode_table() -> None:
    """Unicode 15 gave meanings to U+11F44 (a mark) and U+11F50 (a digit); Unicode 14 has both as unassigned."""
    assert is_punctuation("\u2e5d")  # Unicode 14: a hyphen
    for char in ("\U00011f44", "\U00011f50", "\ue000"):
        assert not is_punctuation(char)
        assert not is_numeral(char)
        assert word_form(char) == char
        assert split_clauses([char]) == [(0, 1)]
    assert is_numeral("\U0001fbf0")  # Unicode 13: a digit
    assert word_form("\U0001fbf0年") == "0年"


def test_numbered_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp_zero.templates.numbering.PIECE_WORDS", 7)
    text = [["我", "来", "，", "他", "去", "。"], ["我", "来", "“", "他", "”"], [], ["。"], ["我", "来"]]
    with NumberedCorpus(text) as corpus:
        assert corpus.words == ["", "我", "来", "他", "去"]
        assert (corpus.word_count, corpus.clause_count) == (9, 3)
        found = []
        for place, words, offsets in corpus.clause_pieces():
            for i, (a, b) in enumerate(itertools.pairwise(offsets.tolist())):
                found.append([corpus.words[w] for w in words[a:b]])
                assert corpus.clause_text()[place + a + i : place + b + i].tolist() == words[a:b].tolist()
        assert found == [["我", "来"], ["他", "去"], ["他"]]
        assert corpus.counts.tolist() == [0, 1, 1, 2, 1]


def test_clause_longer_than_a_piece_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp_zero.templates.numbering.PIECE_WORDS", 7)
    words = [chr(0x4E00 + k) for k in range(20)]
    with NumberedCorpus([words, words[:6]]) as corpus:
        clauses = [
            [corpus.words[w] for w in piece[a:b]]
            for _, piece, offsets in corpus.clause_pieces()
            for a, b in itertools.pairwise(offsets.tolist())
        ]
    assert clauses == [words[:6], words[6:12], words[12:18], words[18:]]
    for method in ("entropy", "skipgram"):
        TemplateMiner(method=method).mine([words, words[:6], words[6:12]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "other"}, "method"),
        ({"window": 2}, "window"),
        ({"workers": 0}, "workers"),
        ({"iterations": 0}, "iterations"),
        ({"min_proba": 2}, "min_proba"),
        ({"max_examples": True}, "max_examples"),
    ],
)
def test_invalid_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TemplateMiner(**options)  # type: ignore[arg-type]


def test_invalid_corpora_are_refused() -> None:
    miner = TemplateMiner()
    with pytest.raises(TypeError, match="got one text"):
        miner.mine("从北京到上海")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="found a text"):
        miner.mine(["从北京到上海"])
    with pytest.raises(TypeError, match="after one pass"):
        miner.mine(line for line in [["从", "北京"]])
    for nothing in ([], [[]], [["。", "，"]]):
        with pytest.raises(CorpusError, match="no words"):
            miner.mine(nothing)
    with pytest.raises(TypeError, match="lists of words"):
        miner.mine([[1, 2]])  # type: ignore[list-item]
    assert len(miner.mine([["一"]])) == 0
    repeated = miner.mine([["词"] * 10_000])
    assert len(repeated) == 0  # one word alone is not a template
    assert repeated.leaves == {"词": 10_000}


# --- files -----------------------------------------------------------------------------------------------------------


def test_loading_restores_a_saved_inventory(tmp_path: Path) -> None:
    inventory = TemplateMiner(across_clauses=True).mine(cities())
    path = tmp_path / "templates.jsonl"
    inventory.save(path)
    again = TemplateInventory.load(path)
    assert [t.items for t in again] == [t.items for t in inventory]
    assert [t.examples for t in again] == [t.examples for t in inventory]
    assert again.meta == inventory.meta
    again.save(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == path.read_bytes()
    words = ["从", "东山", "到", "西海"]
    before, after = (TemplateGrammar.from_inventory(i).inside(words) for i in (inventory, again))
    assert after == pytest.approx(before, abs=0.01)
    header = json.loads(path.read_text(encoding="utf-8").partition("\n")[0])
    assert (header["format"], header["version"], header["templates"]) == ("nlp-zero templates", 1, len(inventory))


HEADER = '{"format": "nlp-zero templates", "version": 1}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("word 12\n", "line 1"),
        ('{"format": "else"}\n', "not a template file"),
        ('{"format": "nlp-zero templates", "version": 2}\n', "update nlp-zero"),
        (HEADER + '{"template": ["从", null]', "truncated"),
        (HEADER + '{"template": [null]}\n', "line 2: a template needs"),
        (HEADER + '{"template": "从"}\n', "line 2"),
        (HEADER + '{"template": ["从", 3]}\n', "line 2"),
        (HEADER + '{"template": ["从"], "count": "many"}\n', "line 2"),
        (HEADER + '{"template": ["从"], "gain": NaN}\n', "line 2"),
        (HEADER + '{"template": ["从"], "examples": [3]}\n', "line 2"),
        (HEADER + '{"leaf": "从", "count": -1}\n', "line 2"),
        (HEADER + "[" * 100_000 + "\n", "line 2"),
        (HEADER + '{"other": 1}\n', "expected a template"),
        ('{"format": "nlp-zero templates", "version": 1, "templates": 2}\n', "header says 2 templates"),
        ('{"format": "nlp-zero templates", "version": 1, "q": 0}\n', "q must be"),
    ],
)
def test_damaged_files(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "templates.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        TemplateInventory.load(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(FormatError, match="UTF-8"):
        TemplateInventory.load(path)
    with pytest.raises(FormatError, match="cannot be read"):
        TemplateInventory.load(tmp_path / "missing")


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "cut.txt", tmp_path / "templates.jsonl"
    source.write_text("".join(" ".join(line) + "\n" for line in cities()), encoding="utf-8")
    assert main(["mine-templates", str(source), "--tokenized", "-o", str(target), "--top", "1"]) == 0
    out, err = capsys.readouterr()
    rank, template, *_, examples = out.rstrip("\n").split("\t")
    assert (rank, template[:7]) == ("1", "从 … 到")
    assert examples
    assert "templates" in err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source.read_bytes())))
    assert main(["mine-templates", "-", "--tokenized", "--quiet"]) == 0
    assert capsys.readouterr()[0] == target.read_text(encoding="utf-8")
    assert main(["mine-templates", str(source), "--tokenized", "--min-pmi", "3"]) == 2
    assert "--min-pmi is not an option" in capsys.readouterr()[1]
    with pytest.raises(SystemExit):
        main(["mine-templates", str(source)])
    assert "--lexicon" in capsys.readouterr()[1]
    empty = tmp_path / "empty.txt"
    empty.write_text("。\n", encoding="utf-8")
    assert main(["mine-templates", str(empty), "--tokenized"]) == 1
    assert "no words" in capsys.readouterr()[1]
