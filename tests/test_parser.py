"""Boundary statistics, trees and the parser: against plain versions, and edge cases."""

from __future__ import annotations

import json
import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Lexicon, TemplateMiner, Tokenizer
from nlp_zero._utils.display import display_width
from nlp_zero.errors import CorpusError, FormatError
from nlp_zero.templates import Template, TemplateInventory
from nlp_zero.templates.boundaries import STEPS_PER_NAT, BoundaryModel
from nlp_zero.templates.grammar import TemplateGrammar
from nlp_zero.templates.marks import is_mark
from nlp_zero.templates.parser import TemplateParser
from nlp_zero.templates.tree import ParseTree

from .reference.boundary import PlainBoundaries, spans

TOKENS = [*"甲乙丙丁戊己庚辛", "１９９８", "3%", "，", "、", "。", "；", "“", "”", "（", "）", "《", "·", "…", "%"]
sentences = st.lists(st.sampled_from(TOKENS), max_size=25)
corpora = st.lists(sentences, min_size=1, max_size=12)


def spans_of(model: BoundaryModel, tokens: list[str], **options: object) -> set[tuple[int, int]]:
    rows, offsets = model.spans([tokens], **options)
    assert offsets.tolist() == [0, len(rows)]
    found = [tuple(row) for row in rows.tolist()]
    assert len(set(found)) == len(found)
    assert found == sorted(found, key=lambda span: (span[0], -span[1]))
    return set(found)


@settings(max_examples=150, deadline=None)
@given(corpora, sentences, st.integers(0, 3), st.sampled_from([0.0, 0.4, 2.0]))
def test_equals_the_plain_version(corpus: list[list[str]], sentence: list[str], rounds: int, prominence: float) -> None:
    try:
        model = BoundaryModel.train(corpus, rounds=rounds)
    except CorpusError:
        assert all(is_mark(token) for line in corpus for token in line)
        return
    plain = PlainBoundaries(corpus, rounds)
    assert dict(zip(model.words, model.count.tolist(), strict=True)) == dict(plain.count)
    for word, starts, ends in zip(model.words, model.starts.tolist(), model.ends.tolist(), strict=True):
        assert (starts, ends) == (plain.starts[word], plain.ends[word])
    assert spans_of(model, sentence, prominence=prominence) == spans(plain, sentence, prominence)
    words = [i for i, token in enumerate(sentence) if not is_mark(token)]
    bare = spans(plain, [sentence[i] for i in words], prominence)
    hidden = spans_of(model, sentence, prominence=prominence, punctuation=False)
    assert hidden == {(words[a], words[b - 1] + 1) for a, b in bare}


@settings(max_examples=100, deadline=None)
@given(corpora, sentences)
def test_trees_are_well_formed(corpus: list[list[str]], sentence: list[str]) -> None:
    model = BoundaryModel.train([*corpus, ["甲", "乙"]])
    tree = TemplateParser(TemplateInventory([], boundaries=model)).parse(sentence)
    leaves, stack = [], [tree]
    for _ in range(2 * len(sentence) + 1):  # a tree without single children has no more nodes
        if not stack:
            break
        node = stack.pop()
        children = node.children
        assert len(children) != 1
        if children:
            assert sum((child.words for child in children), ()) == node.words
            assert [child.start for child in children[1:]] == [child.end for child in children[:-1]]
        elif len(node):
            leaves.append(node.words)
        stack += children[::-1]
    assert not stack
    assert [word for (word,) in leaves] == sentence
    assert tree.to_brackets().replace("(", "").replace(")", "").split() == sentence
    assert len(tree.pretty().split("\n")) == max(len(sentence), 1)
    record = json.loads(json.dumps(tree.to_dict()))
    assert record["words"] == sentence
    assert {(node["start"], node["end"]) for node in record["nodes"]} == set(tree.spans())
    for node in record["nodes"][1:]:
        parent = record["nodes"][node["parent"]]
        assert parent["start"] <= node["start"] < node["end"] <= parent["end"]


def test_a_first_equal_gap_is_cut_in_training() -> None:
    model = BoundaryModel.train([["甲"] * 4], rounds=1)
    # gaps 1-3 are equal: the first is cut; then the second, first of the two to its right
    assert model.starts.tolist() == [3]
    model = BoundaryModel.train([["乙", "甲", "甲", "甲", "甲", "丙"]], rounds=1)
    by_word = dict(zip(model.words, model.ends.tolist(), strict=True))
    assert by_word == dict(PlainBoundaries([["乙", "甲", "甲", "甲", "甲", "丙"]], 1).ends) | {"乙": by_word["乙"]}


def test_equal_gaps_split_one_node_together() -> None:
    model = BoundaryModel.train([["甲", "乙", "，"]] * 5)
    assert spans_of(model, ["甲"] * 6) == set()
    assert spans_of(model, ["甲", "，", "甲", "，", "甲", "乙"], prominence=0.0) == {(4, 6)}


def test_marks_nest_by_strength_and_in_pairs() -> None:
    model = BoundaryModel.train([["甲", "乙", "，"]] * 5)
    assert (0, 3) in spans_of(model, ["甲", "，", "甲", "；", "甲", "乙"])
    assert (1, 6) in spans_of(model, ["甲", "“", "甲", "，", "乙", "”", "乙"])
    assert spans_of(model, ["“", "甲", "，", "甲", "”"]) == set()  # the whole sentence
    assert spans_of(model, ["甲", "”", "“", "甲"]) == set()  # no pairs
    assert spans_of(model, ["（", "“", "甲", "）", "乙"]) == {(0, 4)}  # the quote has no partner
    assert (0, 3) in spans_of(model, ["甲", "·", "乙", "甲"])  # a tie joins before anything else


def test_scores_follow_the_formula() -> None:
    corpus = [["甲", "乙", "，", "甲", "丙", "。"], ["乙", "丙"]]
    model, plain = BoundaryModel.train(corpus, rounds=2), PlainBoundaries(corpus, 2)
    for u in "甲乙丙丁":
        for v in "甲乙丙丁":
            assert model.score(u, v) == plain.score(u, v) / STEPS_PER_NAT
    with pytest.raises(ValueError, match="'，' is not a word"):
        model.score("甲", "，")


def test_training_refuses_other_input_than_lists_of_tokens() -> None:
    with pytest.raises(TypeError, match="tokenize"):
        BoundaryModel.train("甲乙")
    with pytest.raises(TypeError, match="tokenize"):
        BoundaryModel.train(["甲乙"])
    with pytest.raises(CorpusError, match="no words"):
        BoundaryModel.train([["，"]])
    with pytest.raises(ValueError, match="rounds"):
        BoundaryModel.train([["甲"]], rounds=-1)


def test_rows_restore_a_model() -> None:
    model = BoundaryModel.train([["甲", "乙", "，", "甲", "丙", "。"], ["乙", "丙", "甲"]] * 3)
    again = BoundaryModel.from_rows(json.loads(json.dumps(list(model.rows()))))
    assert list(again.rows()) == list(model.rows())
    tokens = [["甲", "乙", "丙", "甲", "丙", "乙", "乙"]]
    assert np.array_equal(again.spans(tokens)[0], model.spans(tokens)[0])


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"word": "甲", "count": 1}],
        [{"pair": ["甲", "乙"], "count": 1}],
        [{"word": "甲", "count": -1, "starts": 0, "ends": 0, "left": 0, "right": 0}],
        [{"word": "甲", "count": "x", "starts": 0, "ends": 0, "left": 0, "right": 0}],
        [{"word": "甲", "count": 10**30, "starts": 0, "ends": 0, "left": 0, "right": 0}],
        [{"word": word, "count": 2**62, "starts": 1, "ends": 1, "left": 0, "right": 0} for word in "甲乙丙"],
    ],
)
def test_damaged_rows_are_refused(rows: list[dict[str, object]]) -> None:
    with pytest.raises(FormatError, match="mine it again"):
        BoundaryModel.from_rows(rows)


TEXT = [["他", "从", "北京", "到", "上海", "，", "我", "从", "家", "到", "公司", "。"], ["从", "家", "来"]] * 5
TEMPLATES = [
    Template(("从", None, "到", None)),
    Template((None, "到", None)),
    Template(("从", None)),
    Template(("从", None, "到", None)),
]


def parser(**options: object) -> TemplateParser:
    return TemplateParser(TemplateInventory(TEMPLATES, boundaries=BoundaryModel.train(TEXT)), **options)


@pytest.mark.parametrize(
    ("tokens", "brackets"),
    [([], "()"), (["他"], "(他)"), (["。"], "(。)"), (["，", "。", "“"], "(， 。 “)"), (["(", "他"], "(-LRB- 他)")],
)
def test_the_smallest_sentences(tokens: list[str], brackets: str) -> None:
    tree = parser().parse(tokens)
    assert tree.to_brackets() == brackets
    assert tree.template is None
    assert tree.pretty().count("\n") == max(len(tokens) - 1, 0)
    assert tree.to_svg().startswith("<svg")
    assert tree.to_dict()["words"] == tokens


def test_a_hundred_thousand_words() -> None:
    rng = np.random.default_rng(0)
    tokens = [TEXT[0][i] for i in rng.integers(0, 4, 100_000).tolist()]
    tree = parser().parse(tokens)
    assert tree.to_brackets().replace("(", "").replace(")", "").split() == tokens
    chain = BoundaryModel.train([["甲", "乙", "，"]] * 3).spans([["“", "甲"] * 50_000 + ["乙", "”"] * 50_000])[0]
    assert len(chain) >= 50_000 - 1  # so deep that recursion would fail


def test_templates_name_the_nodes_that_they_cover() -> None:
    tree = ParseTree.from_spans(["他", "从", "北京", "西站", "到", "上海", "。"], [(1, 6), (2, 4)], templates=TEMPLATES)
    node = tree.children[1]
    assert node.template is TEMPLATES[0]
    assert node.content == (("北京", "西站"), ("上海",))
    assert tree.template is None  # 到 is inside a child of the sentence
    assert tree.children[1].children[1].template is None


def test_anchors_stand_at_edges_of_children() -> None:
    words = ["从", "甲", "到", "乙", "丙", "到", "丁"]
    inside = ParseTree.from_spans(words, [(1, 5)], templates=TEMPLATES[:1])
    assert inside.content == (("甲", "到", "乙", "丙"), ("丁",))  # the first 到 is inside a child
    flat = ParseTree.from_spans(words, [], templates=TEMPLATES[:1])
    assert flat.content == (("甲",), ("乙", "丙", "到", "丁"))  # words that come first


def test_slots_are_added_at_the_ends_of_longer_templates() -> None:
    words = ["他", "从", "甲", "到", "乙"]
    short = [Template(("从", None, "到")), Template((None, "到"))]
    tree = ParseTree.from_spans(words, [(1, 5)], templates=short)
    assert str(tree.children[1].template) == "从 … 到 …"
    assert tree.children[1].content == (("甲",), ("乙",))
    flat = ParseTree.from_spans(words, [], templates=short)
    assert (str(flat.template), flat.content) == ("… 从 … 到 …", (("他",), ("甲",), ("乙",)))
    assert ParseTree.from_spans(words, [], templates=short[1:]).template is None  # one word: no slot is added
    exact = [*short, Template(("从", None, "到", None))]
    assert ParseTree.from_spans(words, [(1, 5)], templates=exact).children[1].template is exact[2]


@pytest.mark.parametrize("mark", ["，", "……", "！！！"])
def test_clauses_are_joined_by_templates_across(mark: str) -> None:
    words = ["不仅", "甲", mark, "而且", "乙"]
    inside, across = Template(("不仅", None, "而且")), Template(("不仅", None, "而且"), across=True)
    assert ParseTree.from_spans(words, [(0, 2), (3, 5)], templates=[inside]).template is None
    tree = ParseTree.from_spans(words, [(0, 2), (3, 5)], templates=[inside, across])
    assert tree.template is not None
    assert tree.template.across
    assert tree.content == (("甲", mark), ("乙",))


def test_spans_that_cross_are_refused() -> None:
    for spans_ in ([(0, 2), (1, 3)], [(2, 5)], [(-1, 1)]):
        with pytest.raises(ValueError, match="crosses another span or leaves"):
            ParseTree.from_spans(["甲", "乙", "丙"], spans_)


def test_texts_need_a_tokenizer() -> None:
    with pytest.raises(TypeError, match="tokenizer"):
        parser().parse("他来")
    tokenizer = Tokenizer(Lexicon(["从", "北京", "到", "上海", "他"], [5, 4, 3, 2, 1]))
    for given_ in (tokenizer, tokenizer.tokenize):
        tree = parser(tokenizer=given_).parse("他 从北京\t到上海。")
        assert tree.words == ("他", "从", "北京", "到", "上海", "。")
    with pytest.raises(TypeError, match="tokenizer"):
        parser(tokenizer=3)
    with pytest.raises(TypeError, match="use parse\\(\\)"):
        parser().parse_batch("他来")


def test_batches_and_workers_change_nothing() -> None:
    rng = np.random.default_rng(1)
    texts = [[TEXT[0][i] for i in rng.integers(0, 12, n).tolist()] for n in rng.integers(0, 15, 9000).tolist()]
    one, two = parser().parse_batch(texts), parser().parse_batch(iter(texts), workers=2)
    assert [tree.spans() for tree in one] == [tree.spans() for tree in two]
    assert [tree.words for tree in one] == [tuple(text) for text in texts]
    assert parser().parse(texts[0]).spans() == one[0].spans()
    with pytest.raises(ValueError, match="workers"):
        parser().parse_batch(texts, workers=0)


def test_bad_configuration_fails_at_once() -> None:
    for options in ({"method": "best"}, {"prominence": -1}, {"prominence": float("nan")}):
        with pytest.raises(ValueError, match="must be"):
            parser(**options)
    with pytest.raises(FormatError, match="mine the templates again"):
        TemplateParser(TemplateInventory(TEMPLATES))
    with pytest.raises(ValueError, match="entropy"):
        parser(method="chart")


def test_chart_trees_follow_the_grammar() -> None:
    inventory = TemplateInventory(
        [Template(("从", None, "到", None), count=8)],
        meta={"segments": 8},
        leaves={"北京": 9, "上海": 9, "西站": 3, "从": 1, "到": 1, "他": 5},
    )
    tree = TemplateParser(inventory, method="chart").parse(["他", "，", "从", "北京", "西站", "到", "上海", "。"])
    assert tree.to_brackets() == "(他 ， (从 (北京 西站) 到 上海) 。)"
    node = tree.children[2]
    assert (str(node.template), node.content) == ("从 … 到 …", (("北京", "西站"), ("上海",)))
    assert tree.template is None


def test_drawings_stay_aligned() -> None:
    tree = ParseTree.from_spans(
        ["ab", "从", "é́", "到", "上海", "\n"], [(1, 5)], templates=[*TEMPLATES, Template(("ab", None))]
    )
    lines = tree.pretty().split("\n")
    assert len(lines) == 6
    columns = {display_width(line[: line.rindex("  ") + 2]) for line in lines if "…" in line}
    assert columns == {display_width("| `- 上海") + 4}
    assert re.fullmatch(r"[-+|` \x21-\x7e]*", re.sub(r"[^\x00-\x7f]", "", tree.pretty().replace("\n", "")))
    svg = ParseTree.from_spans(["<a>", "&", "\x00"], [(0, 2)]).to_svg()
    import xml.dom.minidom

    assert xml.dom.minidom.parseString(svg).documentElement.tagName == "svg"


def test_subtrees_are_trees_of_their_own() -> None:
    tree = ParseTree.from_spans(["甲", "乙", "丙", "丁", "戊"], [(1, 5), (2, 4)])
    part = tree.children[1]
    assert part.to_brackets() == "(乙 (丙 丁) 戊)"
    assert part.spans() == [(1, 5), (2, 4)]
    assert part.pretty() == "+- 乙\n+-+- 丙\n| `- 丁\n`- 戊"
    assert part.to_dict()["nodes"][1]["start"] == 2
    assert len(part) == 4


def test_models_can_be_copied_to_other_processes() -> None:
    model = BoundaryModel.train(TEXT)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).spans(TEXT)[0], model.spans(TEXT)[0])
    leaves = {"北京": 9, "上海": 9, "从": 1, "到": 1}
    grammar = TemplateGrammar([("从", None, "到", None), ("在", None)], [5, 2.5], leaves, segments=8)
    copied, words = pickle.loads(pickle.dumps(grammar)), ["从", "北京", "到", "上海", "在", "家"]
    assert copied.probabilities.tolist() == grammar.probabilities.tolist()
    assert (copied.q, copied.inside(words), copied.viterbi(words)) == (
        grammar.q, grammar.inside(words), grammar.viterbi(words),
    )  # fmt: skip


def test_models_cannot_be_changed() -> None:
    model = BoundaryModel.train(TEXT)
    inventory = TemplateInventory([Template(("从", None, "到"))], boundaries=model, leaves={"北京": 1})
    grammar = TemplateGrammar.from_inventory(inventory)
    things = {"words": model, "templates": inventory, "probabilities": grammar, "_matcher": TemplateParser(inventory)}
    for name, thing in things.items():
        with pytest.raises(AttributeError, match=rf"objects are immutable; {name} cannot be set\."):
            setattr(thing, name, ())
        with pytest.raises(AttributeError, match=rf"objects are immutable; {name} cannot be deleted\."):
            delattr(thing, name)
    with pytest.raises(ValueError, match="read-only"):
        model.count[0] = 3
    with pytest.raises(TypeError, match="templates must be Template objects; 'a' is not one"):
        TemplateInventory(["a"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="n must be an integer of at least 0, not -1"):
        inventory.top(-1)


@pytest.mark.parametrize(("counts", "segments"), [([math.nan], 8), ([1], math.nan), ([-1], 8), ([1], 0)])
def test_counts_of_a_grammar_are_checked(counts: list[float], segments: float) -> None:
    with pytest.raises(ValueError, match=r"must be .*(at least|above) 0"):
        TemplateGrammar([("从", None)], counts, {"从": 1}, segments=segments)


def test_a_damaged_line_of_a_long_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "templates.jsonl"
    TemplateInventory([Template((str(i), None)) for i in range(2500)]).save(path)
    assert len(TemplateInventory.load(path)) == 2500
    lines = path.read_text(encoding="utf-8").split("\n")
    for wrong in ('{"template": ["a"', "3", '{"word": "a"}, {"word": "b"}', '{"other": 1}'):
        path.write_text("\n".join([*lines[:1699], wrong, *lines[1700:]]), encoding="utf-8")
        with pytest.raises(FormatError, match="line 1700: "):
            TemplateInventory.load(path)


def test_statistics_without_a_first_word_are_refused() -> None:
    model = BoundaryModel.train([["甲", "乙"]])
    rows = [row | {"starts": 0} if "word" in row else row for row in model.rows()]
    with pytest.raises(FormatError, match="are damaged"):
        BoundaryModel.from_rows(rows)


def test_a_file_that_ends_early_at_the_end_of_a_line_is_refused(tmp_path: Path) -> None:
    """The fuzzer found statistics whose last lines were missing."""
    path = tmp_path / "templates.jsonl"
    sentences = [[subject, "喜欢", thing] for subject in "我你他" for thing in "茶酒月"]
    TemplateMiner(min_fillers=2).mine(sentences).save(path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert '"pair"' in lines[-1]
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    message = f"the header says {len(lines) - 1} lines after it, the file has {len(lines) - 2}"
    with pytest.raises(FormatError, match=message):
        TemplateInventory.load(path)
