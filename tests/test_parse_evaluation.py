"""Scores of brackets, dependency files, baselines and constructions against hand-made results; two commands."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import BoundaryModel, ParseTree, Template, TemplateInventory
from nlp_zero.cli import main
from nlp_zero.errors import CorpusError
from nlp_zero.evaluation.brackets import (
    BASELINES,
    Brackets,
    baseline,
    bracket_scores,
    construction_scores,
    read_brackets,
    read_conllu,
    subtree_spans,
)

WORDS = tuple("甲乙丙丁戊")


def test_scores_by_hand() -> None:
    gold = [Brackets(WORDS, ((0, 5), (0, 2), (2, 5))), Brackets(("甲", "乙"), ()), Brackets(WORDS, ((1, 3),))]
    mine = [Brackets(WORDS, ((0, 2), (2, 4), (1, 5))), Brackets(("甲", "乙"), ()), Brackets(WORDS, ())]
    # 1: gold (0,2) (2,5); predicted (0,2) (2,4) (1,5): 1 right, F1 2/5; (1,5) crosses (0,2).  2: left out.  3: F1 0
    scores = bracket_scores(gold, mine)
    assert (scores.sentences, scores.gold, scores.predicted, scores.correct) == (3, 3, 3, 1)
    assert scores.crossing == 1 / 3
    assert scores.sentence_f1 == (2 / 5 + 0) / 2
    assert (scores.precision, scores.recall, scores.f1) == (1 / 3, 1 / 3, 1 / 3)
    # with whole sentences: 2/4 · 2: 2·2/(3+4), 2·1/(1+1), 2·1/(2+1)
    whole = bracket_scores(gold, mine, whole=True)
    assert (whole.gold, whole.predicted, whole.correct) == (6, 6, 4)
    assert whole.sentence_f1 == pytest.approx((4 / 7 + 1 + 2 / 3) / 3)


def test_punctuation_is_removed_unless_it_counts() -> None:
    words = ("甲", "，", "乙", "丙", "。")
    gold, mine = [Brackets(words, ((0, 2), (2, 4)))], [Brackets(words, ((1, 4), (0, 4)))]
    bare = bracket_scores(gold, mine)  # gold (1,3) over 甲乙丙; predicted (1,3), and the whole
    assert (bare.gold, bare.predicted, bare.correct) == (1, 1, 1)
    full = bracket_scores(gold, mine, punctuation=True)
    assert (full.gold, full.predicted, full.correct, full.crossing) == (2, 2, 0, 1)


def test_scores_of_nothing() -> None:
    scores = bracket_scores([], [])
    assert scores.sentences == 0
    assert all(math.isnan(value) for value in (scores.precision, scores.recall, scores.f1, scores.sentence_f1))
    assert scores.to_dict()["f1"] is None


def test_sentences_must_agree() -> None:
    with pytest.raises(ValueError, match="1 gold sentences, 0 predicted"):
        bracket_scores([Brackets(WORDS, ())], [])
    with pytest.raises(ValueError, match="sentence 1: 5 gold words, 1 predicted"):
        bracket_scores([Brackets(WORDS, ())], [Brackets(("甲",), ())])


def test_trees_and_their_brackets_have_the_same_scores() -> None:
    tree = ParseTree.from_spans([*WORDS, "("], [(1, 4), (1, 3)])
    again = next(read_brackets([tree.to_brackets()]))
    assert again.words == tree.words
    assert list(again.spans) == tree.spans()
    assert bracket_scores([again], [tree]).f1 == 1


@pytest.mark.parametrize(("line", "missing"), [("(甲 乙))", r"'\)'"), ("((甲 乙)", r"'\('")])
def test_brackets_must_match(line: str, missing: str) -> None:
    with pytest.raises(CorpusError, match=f"line 2: a {missing} without"):
        list(read_brackets(["(甲)", line]))


CONLLU = """# text = 他从北京来
1\t他\t_\tPRON\t_\t_\t4\tnsubj\t_\t_
2-3\t从北京\t_\t_\t_\t_\t_\t_\t_\t_
2\t从\t_\tADP\t_\t_\t3\tcase\t_\t_
3\t北京\t_\tPROPN\t_\t_\t4\tobl\t_\t_
3.1\t_\t_\t_\t_\t_\t_\t_\t_\t_
4\t来\t_\tVERB\t_\t_\t0\troot\t_\t_
"""


def test_dependency_files() -> None:
    read = list(read_conllu((CONLLU + "\n" + CONLLU.replace("他", "我")).split("\n")))
    assert [one.words[0] for one in read] == ["他", "我"]
    assert read[0].spans == ((0, 4), (1, 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\t甲\t_\n", "line 1: not CoNLL-U"),
        (CONLLU.replace("\t4\tnsubj", "\t_\tnsubj"), "line 2: not CoNLL-U"),
        (CONLLU.replace("\t4\tnsubj", "\t9\tnsubj"), "ends at line 8: a head is not a word"),
        (CONLLU.replace("\t0\troot", "\t1\troot"), "form a cycle"),
    ],
)
def test_damaged_dependency_files(text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        list(read_conllu(text.split("\n")))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_subtrees_equal_their_definition(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 9))
    order = data.draw(st.permutations(range(size)))
    heads = [0] * size  # any tree, projective or not: the head of a word is an earlier one of a random order
    for place, word in enumerate(order[1:], 1):
        heads[word] = order[data.draw(st.integers(0, place - 1))] + 1
    expected = set()
    for top in range(size):
        below = {top}
        for _ in range(size):
            below |= {word for word in range(size) if heads[word] - 1 in below}
        if len(below) > 1 and max(below) - min(below) + 1 == len(below):
            expected.add((min(below), max(below) + 1))
    assert set(subtree_spans(heads)) == expected


def test_a_subtree_with_a_hole_is_left_out() -> None:
    assert subtree_spans([3, 0, 2, 1]) == [(0, 4)]  # 1 and 4 belong to one subtree, 2 and 3 are between them


def test_baselines_by_hand() -> None:
    words = ("甲", "乙", "，", "丙", "丁", "戊")
    assert baseline(words, "left").spans == ((0, 6), (0, 5), (0, 4), (0, 3), (0, 2))
    assert baseline(words, "right").spans == ((0, 6), (1, 6), (2, 6), (3, 6), (4, 6))
    assert baseline(words, "balanced").spans == ((0, 6), (0, 3), (1, 3), (3, 6), (4, 6))
    assert baseline(words, "right", cut=True).spans == ((0, 6), (0, 2), (3, 6), (4, 6))
    assert baseline(words, "random", seed=3) == baseline(words, "random", seed=3)
    assert len({baseline(tuple("甲" * 20), "random", seed=seed).spans for seed in range(9)}) == 9
    with pytest.raises(ValueError, match="kind must be"):
        baseline(words, "best")


@given(st.integers(0, 12), st.sampled_from(BASELINES), st.booleans(), st.integers(0, 3))
def test_baselines_are_binary_trees(size: int, kind: str, cut: bool, seed: int) -> None:
    rng = random.Random(seed)
    words = [rng.choice(["甲", "乙", "，"]) for _ in range(size)]
    found = baseline(words, kind, cut=cut, seed=seed)
    ParseTree.from_spans(words, found.spans)  # nothing crosses
    if not cut:
        assert len(found.spans) == max(size - 1, 0)


def test_constructions_by_hand() -> None:
    found = [
        Template(("从", None, "到", None)),
        Template(("的", None)),
        Template((None, "越", None, "越")),
        Template(("从", None, "到")),
        Template(("也", "就", "是", "说", None)),
    ]
    known = ["# list", "从 … 到", "越...越", "也就是说", "不仅…而且", ""]
    scores = construction_scores(found, known, at=[2, 4, 5, 50])
    assert scores == {2: (1 / 2, 1 / 4), 4: (3 / 4, 2 / 4), 5: (4 / 5, 3 / 4), 50: (4 / 5, 3 / 4)}
    with pytest.raises(CorpusError, match="no constructions"):
        construction_scores(found, ["", "…"])


@pytest.fixture
def templates(tmp_path: Path) -> str:
    text = [["他", "从", "北京", "到", "上海", "，", "我", "从", "家", "到", "公司", "。"], ["从", "家", "来"]] * 5
    inventory = TemplateInventory([Template(("从", None, "到", None))], boundaries=BoundaryModel.train(text))
    inventory.save(tmp_path / "t.jsonl")
    return str(tmp_path / "t.jsonl")


def run(capfd: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(list(arguments)) == status
    out, err = capfd.readouterr()
    assert (not err) == (status == 0)
    return out if status == 0 else err


def test_parse_command(tmp_path: Path, templates: str, capfd: pytest.CaptureFixture[str]) -> None:
    cut, raw, lexicon = tmp_path / "cut.txt", tmp_path / "raw.txt", tmp_path / "words.tsv"
    cut.write_text("我 从 家 到 上海 。\n\n他 来\n", encoding="utf-8")
    raw.write_text("我从家到上海。\n", encoding="utf-8")
    lexicon.write_text("从 5\n上海 4\n到 3\n家 3\n我 2\n", encoding="utf-8")
    brackets = run(capfd, "parse", str(cut), "-t", templates, "--tokenized", "--format", "brackets")
    assert brackets == "(我 (从 家 (到 上海)) 。)\n()\n(他 来)\n"
    same = run(capfd, "parse", str(raw), "-t", templates, "-l", str(lexicon), "--format", "brackets")
    assert same == brackets.split("\n")[0] + "\n"
    lines = run(capfd, "parse", str(cut), "-t", templates, "--tokenized", "--format", "json").splitlines()
    assert [len(json.loads(line)["words"]) for line in lines] == [6, 0, 2]
    assert json.loads(lines[0])["nodes"][1]["template"] == ["从", None, "到", None]
    assert "从 … 到 …" in run(capfd, "parse", str(cut), "-t", templates, "--tokenized")
    svg = tmp_path / "tree.svg"
    run(capfd, "parse", str(raw), "-t", templates, "-l", str(lexicon), "--format", "svg", "-o", str(svg))
    assert svg.read_text(encoding="utf-8").startswith("<svg")


def test_parse_command_says_what_is_wrong(tmp_path: Path, templates: str, capfd: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.txt"
    cut.write_text("我 来\n他 来\n", encoding="utf-8")
    tokenized = ("parse", str(cut), "--tokenized")
    assert "--lexicon FILE, or --tokenized" in run(capfd, "parse", str(cut), "-t", templates, status=2)
    assert "prominence" in run(capfd, *tokenized, "-t", templates, "--prominence", "-1", status=2)
    assert "one sentence" in run(capfd, *tokenized, "-t", templates, "--format", "svg", status=2)
    assert "entropy" in run(capfd, *tokenized, "-t", templates, "--method", "chart", status=2)
    assert "cannot be read" in run(capfd, *tokenized, "-t", str(tmp_path / "none"), status=1)
    assert "line 1: this is not a template file" in run(capfd, *tokenized, "-t", str(cut), status=1)


def test_evaluate_parse_command(tmp_path: Path, templates: str, capfd: pytest.CaptureFixture[str]) -> None:
    gold, conllu, known = tmp_path / "gold.txt", tmp_path / "gold.conllu", tmp_path / "known.txt"
    gold.write_text("(我 (从 家) (到 上海) 。)\n(我 (从 家 (到 (上海 上海 上海))))\n", encoding="utf-8")
    conllu.write_text(CONLLU, encoding="utf-8")
    known.write_text("从…到…\n", encoding="utf-8")
    text = run(capfd, "evaluate-parse", str(gold), "-t", templates, "--baselines", "--max-words", "6")
    assert "1 sentence, 2 gold brackets" in text
    assert len(text.splitlines()) == 2 + 1 + 2 * len(BASELINES)
    scores = json.loads(run(capfd, "evaluate-parse", str(gold), "--predicted", str(gold), "--json"))
    assert scores["brackets"]["predicted"]["inside"]["f1"] == 1
    assert scores["brackets"]["predicted"]["with_whole_sentences"]["gold"] == 7
    scores = json.loads(run(capfd, "evaluate-parse", str(conllu), "-t", templates, "--json"))
    assert scores["brackets"]["parser"]["inside"]["gold"] == 1
    text = run(capfd, "evaluate-parse", "-t", templates, "--constructions", str(known), "--at", "1")
    assert text == "first 1 template: precision 1.0000, recall 1.0000\n"


def test_evaluate_parse_says_what_is_wrong(tmp_path: Path, templates: str, capfd: pytest.CaptureFixture[str]) -> None:
    gold, other = tmp_path / "gold.txt", tmp_path / "other.txt"
    gold.write_text("(我 来)\n(他)\n", encoding="utf-8")
    other.write_text("(我 来)\n", encoding="utf-8")
    assert "nothing to score" in run(capfd, "evaluate-parse", "-t", templates, status=2)
    assert "--templates FILE" in run(capfd, "evaluate-parse", str(gold), status=2)
    TemplateInventory([]).save(tmp_path / "none.jsonl")
    nothing = ("-t", str(tmp_path / "none.jsonl"), "--constructions", str(other))
    assert "none.jsonl has no templates to score; mine" in run(capfd, "evaluate-parse", *nothing, status=1)
    assert "--at" in run(capfd, "evaluate-parse", str(gold), "-t", templates, "--at", "0", status=2)
    assert "same sentences" in run(capfd, "evaluate-parse", str(gold), "--predicted", str(other), status=2)
    other.write_text("我 来\n他 来\n", encoding="utf-8")
    assert "no sentence has brackets; check" in run(
        capfd, "evaluate-parse", str(other), "--predicted", str(other), status=1
    )
    assert "no sentence within --max-words 1 has brackets; raise it" in run(
        capfd, "evaluate-parse", str(gold), "-t", templates, "--max-words", "1", status=1
    )
    gold.write_text("(我 来\n", encoding="utf-8")
    assert "line 1: a '('" in run(capfd, "evaluate-parse", str(gold), "-t", templates, status=1)


def test_the_development_set_holds_trees() -> None:
    rows = json.loads((Path(__file__).parent.parent / "benchmarks" / "brackets.json").read_text(encoding="utf-8"))
    assert len(rows) == 120
    for line, _, size, spans in rows:
        assert line >= 9742  # the second half of the corpus
        assert 8 <= size <= 40
        assert all(end - start > 1 for start, end in spans)
        ParseTree.from_spans(["甲"] * size, spans)
