"""What fills the slots of templates, against a list of all parses; groups of slots; the command `fillers`."""

from __future__ import annotations

import json
import math
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import (
    FillerCounter,
    Lexicon,
    SlotFillers,
    Template,
    TemplateGrammar,
    TemplateInventory,
    TemplateMiner,
    TemplateParser,
)
from nlp_zero.cli.main import main
from nlp_zero.templates import Slot, filler_counter
from nlp_zero.templates.slot_fillers import divergence
from tests.reference import templates as reference

Capture = pytest.CaptureFixture[str]
WORDS = "abc"
items = st.lists(st.sampled_from([None, *WORDS]), min_size=1, max_size=4).filter(any).map(tuple)
grammars = st.tuples(
    st.lists(st.tuples(items, st.floats(0.1, 9)), max_size=4, unique_by=lambda pair: pair[0]),
    st.lists(st.floats(0.1, 9), min_size=3, max_size=3),
)
clauses = st.lists(st.lists(st.sampled_from([*WORDS, "d"]), min_size=1, max_size=6), min_size=1, max_size=6)


def inventory_of(templates: list[tuple[tuple[str | None, ...], float]], leaves: list[float]) -> TemplateInventory:
    return TemplateInventory(
        [Template(form, count=count) for form, count in templates],
        leaves=dict(zip(WORDS, leaves, strict=True)),
        meta={"segments": 5},
    )


def probabilities(
    templates: list[tuple[tuple[str | None, ...], float]], leaves: list[float]
) -> tuple[list[reference.Items], list[float], dict[str, float], float]:
    """The formulas of `TemplateGrammar`."""
    alone, used = sum(leaves), sum(count for _, count in templates)
    units, chains = alone + used, 5 + sum(count * form.count(None) for form, count in templates)
    size = alone + 0.5 * (len(WORDS) + 1)
    leaf = {w: alone / units * (c + 0.5) / size for w, c in zip([*WORDS, "d"], [*leaves, 0], strict=True)}
    return [t for t, _ in templates], [c / units for _, c in templates], leaf, min(chains / units, 1 - 1e-9)


@settings(max_examples=150, deadline=None)
@given(grammars, clauses)
def test_fillers_against_all_parses(
    grammar: tuple[list[tuple[tuple[str | None, ...], float]], list[float]], texts: list[list[str]]
) -> None:
    templates, leaves = grammar
    expected: Counter[tuple[int, int, str]] = Counter()
    chosen = []
    for words in texts:
        parses = sorted(reference.derivations(words, *probabilities(templates, leaves)), reverse=True)
        if len(parses) < 2 or parses[1][0] < parses[0][0] * (1 - 1e-6):  # the best one is not a tie
            expected.update(reference.slot_fillers(parses[0][1], words))
            chosen.append(words)
    text = [[token for words in chosen for token in (*words, "，")]]
    found = FillerCounter(inventory_of(templates, leaves)).count(text)
    forms = [form for form, _ in templates]
    rows = {(forms.index(s.template.items), s.number, words): count for s in found for words, count in s.fillers}
    assert rows == expected
    for slot in found:
        assert slot.uses == sum(count for _, count in slot.fillers)
        assert slot.distinct == len(slot.fillers)
        assert list(slot.fillers) == sorted(slot.fillers, key=lambda row: (-row[1], row[0]))
        last = Counter[str]()
        for words, count in slot.fillers:
            last[words.split(" ")[-1]] += count
        assert dict(slot.last_words) == last
    order = [(forms.index(slot.template.items), slot.number) for slot in found]
    assert order == sorted(order)


def sample() -> tuple[TemplateInventory, list[list[str]]]:
    """Templates of planted sentences, with fillers of one and two words, and repeated clauses."""
    texts = [["从", f"{k % 7}月", "起", "，", "他", "去", "北京"] for k in range(60)]
    texts += [["从", f"第{k % 11}", "天", "起"] for k in range(60)]
    texts += [["在", f"城{k % 13}", "里", "。"] for k in range(60)]
    return TemplateMiner().mine(texts), texts


def test_mined_templates() -> None:
    inventory, texts = sample()
    fillers = FillerCounter(inventory).count(texts)
    by_name = {str(slot.template): slot for slot in fillers}
    assert by_name["从 … 起"].uses == 120
    assert dict(by_name["从 … 起"].fillers) == {
        **{f"{k}月": 9 if k < 4 else 8 for k in range(7)}, **{f"第{k} 天": 6 if k < 5 else 5 for k in range(11)}
    }  # fmt: skip
    assert by_name["从 … 起"].last_words["天"] == 60
    assert next(iter(by_name["从 … 起"].last_words)) == "天"
    assert by_name["在 … 里"].distinct == 13
    chosen = FillerCounter(inventory, templates=[by_name["在 … 里"].template], max_fillers=2).count(texts)
    assert [str(slot) for slot in chosen] == ["在 … 里"]
    assert chosen[0].fillers == (("城0", 5), ("城1", 5))
    assert (chosen[0].uses, chosen[0].distinct) == (60, 13)
    rare = FillerCounter(inventory, min_count=9).count(texts)
    assert {str(slot): len(slot.fillers) for slot in rare if slot.template.is_gapped} == {"从 … 起": 4, "在 … 里": 0}


@pytest.mark.parametrize("workers", [1, 3])
def test_counts_that_do_not_fit_in_memory(workers: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inventory, texts = sample()
    expected = list(FillerCounter(inventory).count(texts))
    monkeypatch.setattr(filler_counter, "BATCH_CLAUSES", 3)
    for most in (1, 5, 1000):
        monkeypatch.setattr(filler_counter, "MAX_KEYS", most)
        counter = FillerCounter(inventory, workers=workers, temp_dir=tmp_path)
        assert list(counter.count(iter(texts))) == expected
        assert list(tmp_path.iterdir()) == []


def test_sorted_counts_of_odd_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ["b\na", "b", "b\n", "\ud800", "b\ta", "", "b\na", "b"]
    for most in (1, 2, 100):
        monkeypatch.setattr(filler_counter, "MAX_KEYS", most)
        with filler_counter.SortedCounts(None) as counts:
            for key in keys:
                counts.add([key])
            assert list(counts.merge()) == sorted(Counter(keys).items())


def test_refused(tmp_path: Path) -> None:
    inventory, _ = sample()
    with pytest.raises(ValueError, match="mine them with the method entropy"):
        FillerCounter(TemplateInventory([Template(("a", None))]))
    for name in ("max_fillers", "min_count", "workers"):
        with pytest.raises(ValueError, match=name):
            FillerCounter(inventory, **{name: 0})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tokenize it first"):
        FillerCounter(inventory).count("从 一月 起")


# --- results ----------------------------------------------------------------------------------------------------------


def slot(name: str, last_words: dict[str, int], number: int = 1) -> Slot:
    template = Template(tuple(None if word == "…" else word for word in name.split()))
    uses = sum(last_words.values())
    return Slot(template, number, uses, len(last_words), tuple(last_words.items()), last_words)


CLASSES = {"今年": 7, "去年": 7, "北京": 2, "上海": 2}
TIMES = slot("从 … 起", {"今年": 30, "去年": 20})
SLOTS = [
    slot("在 … 前", {"今年": 3, "去年": 3}),  # too rare to be compared
    TIMES,
    slot("在 … 举行", {"北京": 20, "上海": 5}),
    slot("自 … 以来", {"去年": 20, "北京": 1}),
    slot("本报 … 电 …", {"上海": 21}, number=1),
    slot("把 … 了", {"雨": 30, "北京": 1}),  # words without a class
]


def test_table_of_fillers() -> None:
    polars = pytest.importorskip("polars")
    fillers = SlotFillers([TIMES, SLOTS[5]], classes=CLASSES)
    frame = polars.DataFrame(fillers)
    assert frame.columns == ["template", "slot", "filler", "count", "share", "class"]
    assert frame.rows() == [
        ("从 … 起", 1, "今年", 30, 0.6, 7), ("从 … 起", 1, "去年", 20, 0.4, 7),
        ("把 … 了", 1, "雨", 30, 30 / 31, -1), ("把 … 了", 1, "北京", 1, 1 / 31, 2),
    ]  # fmt: skip
    assert "class" not in SlotFillers([TIMES]).to_columns()
    assert "2 slots: 4 fillers" in fillers._repr_html_()
    assert repr(TIMES) == "<Slot 1 of 从 … 起: 50 uses, 2 different fillers>"
    assert len(SlotFillers([]).to_frame("polars")) == 0
    copy = pickle.loads(pickle.dumps(fillers))
    assert list(copy) == list(fillers)
    with pytest.raises(AttributeError, match="immutable"):
        fillers.classes = None


def test_slots_have_names() -> None:
    assert [str(slot("本报 … 记者 …", {"a": 1}, number=k)) for k in (1, 2)] == ["本报 […] 记者 …", "本报 … 记者 […]"]
    assert str(TIMES) == "从 … 起"


def test_slots_of_the_same_classes_are_together() -> None:
    groups = SlotFillers(SLOTS, classes=CLASSES).group()
    assert [[str(one) for one in group] for group in groups] == [
        ["从 … 起", "自 … 以来"], ["在 … 举行", "本报 […] 电 …"]
    ]  # fmt: skip
    strict = SlotFillers(SLOTS, classes=CLASSES).group(max_divergence=0, min_uses=1)
    assert [len(group) for group in strict] == [2, 2, 1]
    assert len(SlotFillers(SLOTS, classes=CLASSES).group(max_divergence=math.log(2))) == 1
    with pytest.raises(ValueError, match="classes must be given"):
        SlotFillers(SLOTS).group()
    with pytest.raises(ValueError, match="max_divergence"):
        SlotFillers(SLOTS, classes=CLASSES).group(max_divergence=1)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=5))
def test_divergence_is_that_of_the_textbook(pairs: list[tuple[int, int]]) -> None:
    p, q = (np.array([pair[k] + 1e-12 for pair in pairs]) for k in (0, 1))
    p, q = p / p.sum(), q / q.sum()
    m = (p + q) / 2
    expected = 0.5 * float((p * np.log(p / m)).sum() + (q * np.log(q / m)).sum())
    assert divergence(dict(enumerate(p.tolist())), dict(enumerate(q.tolist()))) == pytest.approx(expected, abs=1e-9)


def test_classes_of_a_lexicon() -> None:
    lexicon = Lexicon(list(CLASSES), [4, 3, 2, 1]).with_classes(CLASSES)
    assert TIMES.class_counts(lexicon.classes) == {7: 50}
    assert [len(group) for group in SlotFillers(SLOTS, classes=lexicon.classes).group()] == [2, 2]


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    inventory, texts = sample()
    names = {name: str(tmp_path / name) for name in ("cut.txt", "t.jsonl", "words.tsv", "classes.tsv", "skip.jsonl")}
    Path(names["cut.txt"]).write_text("".join(" ".join(line) + "\n" for line in texts), encoding="utf-8")
    inventory.save(names["t.jsonl"])
    TemplateInventory([Template(("从", None, "起"))]).save(names["skip.jsonl"])
    words = sorted({word for line in texts for word in line if word.isalnum()})
    lexicon = Lexicon(words, [1] * len(words))
    lexicon.save(names["words.tsv"])
    groups = {word: int(word.endswith(("月", "天"))) for word in words}
    lexicon.with_classes(groups).save(names["classes.tsv"])
    return names


def run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    status = main(["fillers", *arguments])
    return (status, *capsys.readouterr())


def test_command(files: dict[str, str], capsys: Capture) -> None:
    common = (files["cut.txt"], "--tokenized", "-t", files["t.jsonl"])
    status, out, err = run(capsys, *common)
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split("  ")[0] == "template"
    row = next(line for line in out.splitlines() if line.startswith("从 … 起"))
    expected = "从 … 起 120 18 天 60; 0月 9; 1月 9; 2月 9 0月 9; 1月 9; 2月 9; 3月 9; 4月 8; 5月 8"
    assert " ".join(row.split()) == expected
    status, out, _ = run(capsys, *common, "--template", "在…里", "--max-fillers", "2", "--json")
    assert json.loads(out) == [
        {"template": "在 … 里", "slot": 1, "filler": name, "count": 5, "share": 5 / 60} for name in ("城0", "城1")
    ]
    status, out, err = run(capsys, *common, "--template", "不 … 不")
    assert (status, out) == (2, "")
    assert "has no such template with a slot" in err


@pytest.mark.parametrize("most", [1, 20, 1 << 16])
def test_command_writes_all_fillers(
    most: int, files: dict[str, str], capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    polars = pytest.importorskip("polars")
    monkeypatch.setattr("nlp_zero.cli.fillers.WRITTEN_ROWS", most)
    target = str(tmp_path / "f.parquet")
    common = (files["cut.txt"], "--tokenized", "-l", files["classes.tsv"], "-t", files["t.jsonl"])
    status, out, err = run(capsys, *common, "-o", target)
    assert (status, out) == (0, "")
    inventory, texts = sample()
    gapped = [template for template in inventory if template.is_gapped]
    expected = FillerCounter(inventory, templates=gapped, classes=Lexicon.load(files["classes.tsv"]).classes)
    frame = polars.read_parquet(target)
    assert frame.rows() == polars.DataFrame(expected.count(texts)).rows()
    assert err == f"{target}: {len(frame):,} fillers of {len(expected.count(texts))} slots.\n"
    assert frame.filter(frame["filler"] == "第1 天")["class"].to_list() == [1]
    empty = tmp_path / "other.txt"
    empty.write_text("别 的 话\n", encoding="utf-8")
    assert run(capsys, str(empty), "--tokenized", "-t", files["t.jsonl"], "-o", str(tmp_path / "f.csv"))[0] == 0
    assert (tmp_path / "f.csv").read_text(encoding="utf-8") == "template,slot,filler,count,share\n"
    status, out, err = run(capsys, str(empty), "--tokenized", "-t", files["t.jsonl"])
    assert (status, out, err) == (0, "", "the text does not use these templates.\n")


def test_command_by_class(files: dict[str, str], capsys: Capture, tmp_path: Path) -> None:
    common = (files["cut.txt"], "--tokenized", "-t", files["t.jsonl"], "--by-class")
    status, out, _ = run(capsys, *common, "-l", files["classes.tsv"])
    assert status == 0
    blocks = [block.splitlines() for block in out.split("\n\n")]
    times = next(block for block in blocks if any("从 … 起" in line for line in block))
    assert times[0].startswith("class 1 (100%): 天 0月 1月")
    places = next(block for block in blocks if any("在 … 里" in line for line in block))
    assert places[0].startswith("class 0 (100%): 城0")
    status, _, err = run(capsys, *common, "-l", files["words.tsv"])
    assert status == 1
    assert "has no classes of words; make a lexicon that has them with nlpzero build-vocab CORPUS --method bayes" in err
    assert run(capsys, *common)[0] == 2


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ([], 2, "add --lexicon FILE, or --tokenized"),
        (["--tokenized", "--top", "0"], 2, "--top"),
        (["--tokenized", "--json", "-o", "f.jsonl"], 2, "add -o fillers.jsonl"),
        (["--tokenized", "-o", "f.txt"], 2, "must end in .tsv"),
        (["-l", "w", "--by-class", "-o", "f.csv"], 2, "leave out --by-class"),
    ],
)
def test_wrong_options(
    options: list[str], status: int, message: str, files: dict[str, str], capsys: Capture
) -> None:
    result: Any = run(capsys, files["cut.txt"], "-t", files["t.jsonl"], *options)
    assert result[0] == status
    assert message in result[2]
    assert not Path("f.jsonl").exists()


def test_templates_without_a_grammar(files: dict[str, str], capsys: Capture) -> None:
    status, _, err = run(capsys, files["cut.txt"], "--tokenized", "-t", files["skip.jsonl"])
    assert status != 0
    assert "mine them with" in err


def test_other_objects_than_an_inventory_are_refused() -> None:
    for make in (FillerCounter, TemplateParser, TemplateGrammar.from_inventory):
        with pytest.raises(TypeError, match=r"inventory must be a TemplateInventory, not list; .* reads one\.$"):
            make(["从 … 到 …"])  # type: ignore[arg-type]
