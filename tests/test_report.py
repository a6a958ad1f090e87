"""The report: what it counts, its charts, and the page."""

from __future__ import annotations

import json
import math
import pickle
import re
import subprocess
import sys
from copy import copy, deepcopy
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import (
    Corpus,
    CorpusError,
    Lattice,
    Lexicon,
    ParseTree,
    PmiLexiconBuilder,
    Report,
    ReportBuilder,
    Tokenizer,
)
from nlp_zero.cli.main import build_parser, main
from nlp_zero.report import charts, page
from nlp_zero.report.language import LANGUAGES, read_texts
from nlp_zero.report.survey import CONTEXT_CHARACTERS, survey_texts
from nlp_zero.tokenization.drawing import LEAST_PROBABILITY, draw_segmentations

SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
WORDS = Lexicon(["早晨", "早", "晨", "喝茶", "<b>"], [5, 2, 1, 3, 1], scores={"pmi": [2.0, 0, 0, 1.5, 1.0]})


@pytest.fixture(scope="module")
def sample_page() -> str:
    return ReportBuilder(language="en").build(Corpus(SAMPLE), known=["柳河"]).html


def read_data(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


# --- the survey ---------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="早晨喝茶。x", max_size=12), max_size=8), st.integers(0, 3))
def test_a_survey_counts_as_a_plain_loop_does(texts: list[str], contexts: int) -> None:
    tokenizer = Tokenizer(WORDS)
    survey = survey_texts(texts, tokenizer, ["早晨", "喝茶"], contexts=contexts)
    texts = [text for text in texts if text]
    cut = [tokenizer.tokenize(text) for text in texts]
    tokens = [token for line in cut for token in line]
    assert (survey.texts, survey.characters, survey.tokens) == (len(texts), sum(map(len, texts)), len(tokens))
    assert survey.alphabet == len(set("".join(texts)))
    assert survey.counts.tolist() == [tokens.count(word) for word in WORDS.words]
    assert survey.documents.tolist() == [sum(word in line for line in cut) for word in WORDS.words]
    for read, seen in survey.growth:
        assert seen == len({token for token in tokens[:read] if token in WORDS})
    for word, found in survey.contexts.items():
        assert len(found) == min(contexts, tokens.count(word))
        for before, middle, after in found:
            assert middle == word
            assert any(before + middle + after in text for text in texts)
            assert max(len(before), len(after)) <= CONTEXT_CHARACTERS
    expected = {word for word in ("早晨", "喝茶") if word in tokens} if contexts else set()
    assert set(survey.contexts) == expected


def test_sentences_are_whole_and_different() -> None:
    sentence = "早晨我们在河边的茶馆里喝茶聊天。"
    survey = survey_texts([f"短。{sentence}", sentence, "没有句号的一行没有句号的一行没有"], Tokenizer(WORDS), [])
    assert survey.sentences == [sentence]


# --- the pictures -------------------------------------------------------------------------------------------------


def test_every_possible_token_is_drawn_with_its_probability() -> None:
    tokenizer, text = Tokenizer(WORDS), "早晨<b>喝茶"
    tokens = [(a, b, p) for a, b, _, p in tokenizer.marginals(text).tokens]
    best = tokenizer(text).spans
    svg = ElementTree.fromstring(draw_segmentations(text, tokens, best, label="p"))
    titles = [element.text for element in svg.iter("{http://www.w3.org/2000/svg}title")]
    drawn = [(text[a:b], p) for a, b, p in tokens if p >= LEAST_PROBABILITY]
    assert sorted(map(str, titles)) == sorted(f"{word}　p {p:.3f}" for word, p in drawn)
    assert svg.get("{http://www.w3.org/XML/1998/namespace}lang") == "zh"  # not the Japanese forms of characters
    frames = [r for r in svg.iter("{http://www.w3.org/2000/svg}rect") if r.get("stroke")]
    assert len(frames) == len(best)
    width, height = map(float, str(svg.get("viewBox")).split()[2:])
    for box in svg.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, w, h = (float(str(box.get(name))) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height


def test_the_best_segmentation_is_framed_even_where_it_has_a_word_that_the_lexicon_lacks() -> None:
    tokens = [(0, 1, 1.0), (1, 2, 1.0), (2, 4, 0.001), (2, 3, 0.999), (3, 4, 0.999)]
    svg = draw_segmentations("市场中国", tokens, [(0, 2), (2, 4)])
    frames = [r for r in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect") if r.get("stroke")]
    assert sorted(float(str(frame.get("x"))) for frame in frames) == [10, 70]


def test_a_lattice_draws_itself_with_the_probabilities_of_its_edges() -> None:
    edges = [(0, 2, -1.5), (1, 2, -1.0), (0, 1, -1.0)]
    lattice = Lattice(2, *map(list, zip(*edges, strict=True)))
    svg = lattice._repr_svg_()
    assert svg is not None
    titles = [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")]
    whole, parts = math.exp(-1.5), math.exp(-2.0)
    p = whole / (whole + parts)
    assert sorted(map(str, titles)) == sorted([f"··　p {p:.3f}", f"·　p {1 - p:.3f}", f"·　p {1 - p:.3f}"])
    assert Lattice(100, list(range(100)), list(range(1, 101)), [0.0] * 100)._repr_svg_() is None


def test_brackets_of_a_tree_stand_on_what_is_below_them() -> None:
    svg = ElementTree.fromstring(ParseTree.from_spans(["他", "从", "北京", "来"], [(1, 3), (1, 4)])._repr_svg_())
    paths = [str(path.get("d")) for path in svg.iter("{http://www.w3.org/2000/svg}path")]
    ends = [list(map(float, re.findall(r"[\d.]+", path))) for path in paths]  # x, foot, top, right, foot
    inner, outer, *_ = sorted(ends, key=lambda numbers: -numbers[2])
    word_top = inner[1]
    assert inner[1] == inner[4] > inner[2]
    assert outer[0] == inner[0]
    assert outer[1] == inner[2]  # on the bracket below
    assert outer[4] == word_top  # on the word 来
    assert svg.get("viewBox")


def test_boxes_do_not_overlap() -> None:
    text = "早晨喝茶"
    tokens = [(a, b, 0.5) for a in range(4) for b in range(a + 1, 5)]
    svg = ElementTree.fromstring(draw_segmentations(text, tokens))
    boxes = [
        tuple(float(str(r.get(name))) for name in ("x", "y", "width"))
        for r in svg.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert len(boxes) == 10
    for k, (x, y, width) in enumerate(boxes):
        for other_x, other_y, other_width in boxes[:k]:
            assert y != other_y or x + width <= other_x or other_x + other_width <= x


# --- the charts ---------------------------------------------------------------------------------------------------


def test_charts_are_valid_specifications() -> None:
    import vl_convert

    labels = read_texts("zh")
    drawn = [
        charts.draw_information([("按字", 6.7), ("按词", 5.4), ("短语 1", 5.3)], labels),
        charts.draw_rank_frequency(["甲", "乙", "丙"], [9, 3, 0], labels),
        charts.draw_lengths([("甲", 2), ("乙丙", 1), ("甲乙丙丁戊己庚辛壬", 1)], labels),
        charts.draw_growth([(0, 0), (10, 5)], labels),
        charts.draw_comparison(labels)
        | {"data": {"values": [{"word": "甲", "total": 3, "log_ratio": 1.0, "g2": 4.0}]}},
        charts.draw_cloud(labels) | {"data": {"values": [{"word": "甲", "count": 3, "pmi": 1.0}]}},
    ]
    for spec in drawn:
        assert "<svg" in vl_convert.vegalite_to_svg(spec | {"width": 400})


def test_the_rank_frequency_curve_keeps_both_ends() -> None:
    counts = list(range(5000, 0, -1))
    values = charts.draw_rank_frequency([str(c) for c in counts], counts, read_texts("en"))["data"]["values"]
    assert (values[0]["count"], values[-1]["count"]) == (5000, 1)
    assert all(value["count"] == counts[value["rank"] - 1] and value["word"] == str(value["count"]) for value in values)


def test_shares_of_lengths_add_up() -> None:
    words = [("甲", 1), ("乙丙", 2), ("丁戊", 3), ("一二三四五六七八九", 4)]
    values = charts.draw_lengths(words, read_texts("en"))["data"]["values"]
    for kind in ("different words", "tokens"):
        shares = {value["length"]: value["share"] for value in values if value["kind"] == kind}
        assert sum(shares.values()) == pytest.approx(1)
    assert {value["length"]: value["share"] for value in values if value["kind"] == "tokens"} == {
        "1": 0.1, "2": 0.5, "3": 0, "4": 0, "5": 0, "6": 0, "7": 0, "8+": 0.4,
    }  # fmt: skip


# --- the page -----------------------------------------------------------------------------------------------------


def test_languages_have_the_same_texts() -> None:
    keys = [set(read_texts(language)) for language in LANGUAGES]
    assert keys[0] == keys[1]
    for key in keys[0]:
        fields = {tuple(sorted(re.findall(r"{(\w+)}", read_texts(language)[key]))) for language in LANGUAGES}
        assert len(fields) == 1, key


def test_the_page_holds_the_words(sample_page: str) -> None:
    lexicon = PmiLexiconBuilder().build(Corpus(SAMPLE))
    table = read_data(sample_page)["table"]
    assert isinstance(table, dict)
    assert table["word"] == lexicon.top(50_000, by="firmness", min_length=2)
    assert table["count"] == [int(lexicon.counts[lexicon.index(word)]) for word in table["word"]]
    assert [word for word, new in zip(table["word"], table["is_new"], strict=True) if not new] == ["柳河"]
    assert table["pmi"] == [round(score, 2) for score in lexicon.scores["pmi"][[*map(lexicon.index, table["word"])]]]
    assert all(n >= texts for n, texts in zip(table["occurrences"], table["documents"], strict=True))


def test_chinese_labels_are_terms_of_the_glossary() -> None:
    glossary = (SAMPLE.parent.parent / "docs" / "zh" / "glossary.md").read_text(encoding="utf-8")
    labels = read_texts("zh")
    names = [labels[key] for key in ("firmness", "pmi", "cohesion", "word_table", "template")]
    assert [name for name in [*names, "词元", "奈特"] if name not in glossary] == []
    assert not re.search("纳特|词表|模板|词次", "".join(labels.values()))


def test_the_page_needs_no_network(sample_page: str) -> None:
    own = sample_page[: sample_page.index('id="tables-script"')]
    assert set(re.findall(r"https?://[\w./-]+", own)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="(?!data:|#)', own)


def test_text_is_not_markup() -> None:
    texts = ["早晨</script><b>喝茶"] * 3
    html = ReportBuilder(name="<i>").build(texts, lexicon=WORDS, sentences=["早晨<b>喝茶"]).html
    assert "<i>" not in html[: html.index("<style>")]
    assert "&lt;i&gt;" in html
    assert read_data(html)["table"]["word"] == ["早晨", "喝茶", "<b>"]  # type: ignore[index]


def test_a_given_lexicon_is_not_said_to_be_learnt_here() -> None:
    html = ReportBuilder(language="en").build(["早晨喝茶"], lexicon=WORDS).html
    assert "The text has 4 characters, the lexicon 5 words." in html
    assert "without a dictionary" not in html


def test_a_comparison_shows_the_words_of_both_sides() -> None:
    new, old = ["春天喝茶"] * 30, ["秋天喝酒"] * 30
    lexicon = Lexicon(["春天", "秋天", "喝茶", "喝酒"], [4, 4, 4, 4])
    html = ReportBuilder(language="en", name="spring").build(new, lexicon=lexicon, against=old).html
    compared = read_data(html)["compared"]
    assert isinstance(compared, dict)
    rows = dict(zip(compared["word"], zip(compared["count"], compared["other_count"], strict=True), strict=True))
    assert rows["春天"] == (30, 0)
    assert rows["秋天"] == (0, 30)
    lists = re.split("Special to", html)[1:]
    assert ["春天" in lists[0], "春天" in lists[1].split("</table>")[0]] == [True, False]
    assert lists[1].startswith(" the other text")


def test_a_tokenizer_is_not_a_lexicon() -> None:
    with pytest.raises(TypeError, match="lexicon must be a Lexicon, not Tokenizer"):
        ReportBuilder().build(["早晨"], lexicon=Tokenizer(Lexicon(["早晨"], [1])))  # type: ignore[arg-type]


def test_a_lexicon_of_another_program_has_ids_of_its_own() -> None:
    lexicon = Lexicon(["早晨", "喝茶"], [1, 1], scores={"id": [7, 3]})
    table = read_data(ReportBuilder().build(["早晨喝茶喝茶"], lexicon=lexicon).html)["table"]
    assert dict(zip(table["word"], table["documents"], strict=True)) == {"早晨": 1, "喝茶": 1}  # type: ignore[index]


def test_reports_are_equal_for_any_number_of_workers() -> None:
    pages = [ReportBuilder(workers=workers).build(Corpus(SAMPLE)).html for workers in (1, 3)]
    data = [read_data(html) for html in pages]
    assert data[0] == data[1]


def test_a_report_is_immutable() -> None:
    for copied in (pickle.loads(pickle.dumps(Report("<p>", 3))), deepcopy(Report("<p>", 3)), copy(Report("<p>", 3))):
        assert (copied.html, copied.words) == ("<p>", 3)
    report = ReportBuilder().build(["早晨喝茶"], lexicon=WORDS)
    with pytest.raises(AttributeError, match="immutable"):
        report.words = 3


def test_without_words_there_is_nothing_to_report() -> None:
    with pytest.raises(CorpusError, match="no words of two or more characters"):
        ReportBuilder().build(["甲乙"], lexicon=Lexicon(["甲"], [1]))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ImportError, match=r"needs vl-convert-python; run: pip install 'nlpzero\[report\]'"):
        page.check_packages()


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.html"
    assert main(["report", str(SAMPLE), "--lang", "en", "-o", str(target)]) == 0
    html = target.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert f"nlpzero report {SAMPLE} --lang en -o {target}" in html
    assert f"open {target} in a browser" in capsys.readouterr().err
    assert len(html.encode()) < 5_000_000
    options = ["--errors", "ignore", "--normalize", "NFKC", "--top", "50"]
    assert main(["report", str(SAMPLE), "--against", str(SAMPLE), *options, "-o", str(target)]) == 0
    assert f"--against {SAMPLE} {' '.join(options)} --lang zh" in target.read_text(encoding="utf-8")


def test_the_command_has_every_language_and_loads_no_report_before_it_is_needed() -> None:
    for language in LANGUAGES:
        assert build_parser().parse_args(["report", "a", "-o", "b", "--lang", language]).lang == language
    code = "import sys, nlp_zero.cli.main; assert 'nlp_zero.report' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_does_not_replace_its_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "a.txt"
    text.write_text("早晨喝茶\n" * 9, encoding="utf-8")
    assert main(["report", str(text), "-o", str(text)]) == 2
    assert text.read_text(encoding="utf-8") == "早晨喝茶\n" * 9
    assert "-o) is also an input" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["report", str(text)])
    assert stop.value.code == 2
    assert "--output must be given" in capsys.readouterr().err
