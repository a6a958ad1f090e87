"""Teaching by hand-cut lines: the field against enumeration, its gradient against differences, and what is learnt."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_zero import Corpus, CorpusError, Lexicon, LexiconMeta, Tokenizer
from nlp_zero._kernels.teaching import ContextMeans, Dictionary, Field, exchange_classes, regress_logistic
from nlp_zero.builders import BayesLexiconBuilder, EntropyLexiconBuilder, PmiLexiconBuilder
from nlp_zero.builders.teaching import GapStatistics, columns, parse_examples, suggest_lines
from nlp_zero.builders.teaching.columns import Quantiles
from nlp_zero.builders.teaching.examples import allowed_tags
from nlp_zero.cli import main
from nlp_zero.counting.counter import count_ngrams
from nlp_zero.counting.linked import LinkedTree
from nlp_zero.evaluation import evaluate
from tests.reference.teaching import TAGS, PlainField, tag_sequences

ANY, FIRST, LAST = 15, 9, 12  # sets of tags: all; B, S; E, S
BITS = 12


def random_case(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, runs, and labels that are known in part."""
    sizes = rng.integers(1, 7, 3)
    positions = int(sizes.sum()) + len(sizes)
    ends = np.cumsum(sizes + 1) - 1
    runs = np.stack([ends - sizes, ends], axis=1).astype(np.uint64)
    columns = rng.integers(0, 3, (2, positions)).astype(np.uint32)
    allowed = np.full(positions, ANY, np.uint8)
    for begin, end in runs.tolist():
        for gap in range(begin, end + 1):  # the gap before each symbol: unknown, a cut, none
            kind = 1 if gap in (begin, end) else rng.integers(0, 3)
            if kind and gap < end:
                allowed[gap] &= FIRST if kind == 1 else ANY ^ FIRST
            if kind and gap > begin:
                allowed[gap - 1] &= LAST if kind == 1 else ANY ^ LAST
    return columns, runs, allowed


TEMPLATES = [[], [(0, 0)], [(1, -1)], [(0, 0), (1, 1)]]


def field_with_weights(rng: np.random.Generator) -> Field:
    field = Field(TEMPLATES, BITS)
    field.weights = (rng.normal(0, 1, (1 << BITS, 4)).astype(np.float32), rng.normal(0, 1, 8).tolist())
    return field


def scores_of(field: Field, columns: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Scores by position and tag, from which places the gradient of one run at a time touches."""
    table = field.weights[0].astype(np.float64)
    scores = np.zeros((columns.shape[1], 4))
    for begin, end in runs.tolist():
        for i in range(begin, end):
            scores[i] += table[field.places(columns, (begin, end), i)].sum(axis=0)
    return scores


@pytest.mark.parametrize("seed", range(6))
def test_field_equals_enumeration(seed: int) -> None:
    """Log likelihood, gradient of transitions and probabilities of word begins, with labels known in part."""
    rng = np.random.default_rng(seed)
    columns, runs, allowed = random_case(rng)
    field = field_with_weights(rng)
    scores = scores_of(field, columns, runs)
    follow = field.weights[1]
    fit, table, pairs = field.gradient(columns, runs, allowed)
    begins = np.zeros(columns.shape[1], np.float32)
    field.begins(columns, runs, begins)
    expected_fit, expected_pairs, expected_table = 0.0, np.zeros(8), np.zeros_like(table)
    for begin, end in runs.tolist():
        rows = scores[begin:end].tolist()
        sets = ["".join(tag for k, tag in enumerate(TAGS) if mask >> k & 1) for mask in allowed[begin:end].tolist()]
        free, told = PlainField(rows, follow), PlainField(rows, follow, sets)
        expected_fit += told.log_sum - free.log_sum
        expected_pairs += np.array(told.pairs()) - np.array(free.pairs())
        for i, (some, every) in enumerate(zip(told.marginals(), free.marginals(), strict=True), begin):
            assert begins[i] == pytest.approx(every[0] + every[3], abs=1e-6)
            for place in field.places(columns, (begin, end), i):
                expected_table[place] += np.array(some) - np.array(every)
    assert fit == pytest.approx(expected_fit, abs=1e-5)
    np.testing.assert_allclose(pairs, expected_pairs, atol=1e-6)
    np.testing.assert_allclose(table, expected_table, atol=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_equals_finite_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, runs, allowed = random_case(rng)
    field = field_with_weights(rng)
    table, follow = field.weights
    _, slope, pairs = field.gradient(columns, runs, allowed)
    touched = np.argwhere(np.abs(slope) > 1e-3)
    assert len(touched) > 10
    step = 2.0**-6

    def fit(changed: np.ndarray, steps: np.ndarray) -> float:
        field.weights = (changed, steps)
        return field.gradient(columns, runs, allowed)[0]

    for place, tag in rng.permutation(touched)[:12].tolist():
        up, down = table.copy(), table.copy()
        up[place, tag] += step
        down[place, tag] -= step
        assert (fit(up, follow) - fit(down, follow)) / (2 * step) == pytest.approx(slope[place, tag], abs=2e-3)
    for pair in range(8):
        move = np.zeros(8)
        move[pair] = step
        assert (fit(table, follow + move) - fit(table, follow - move)) / (2 * step) == pytest.approx(
            pairs[pair], abs=2e-3
        )


def test_learning_raises_the_likelihood_and_ignores_impossible_labels() -> None:
    rng = np.random.default_rng(5)
    columns, runs, allowed = random_case(rng)
    field = Field(TEMPLATES, BITS)
    before = field.gradient(columns, runs, allowed)[0]
    field.learn(columns, runs, allowed, epochs=20, rate=0.1, seed=1)
    after = field.gradient(columns, runs, allowed)[0]
    assert after > before / 2  # both are below 0
    weights = field.weights[0].copy()
    allowed[:] = 2  # M everywhere: no word begins or ends
    field.learn(columns, runs, allowed, epochs=3, rate=0.1, seed=1)
    np.testing.assert_array_equal(field.weights[0], weights)


def test_columns_beyond_a_run_are_not_read() -> None:
    columns = np.array([[7, 1, 2, 7]], np.uint32)
    other = np.array([[9, 1, 2, 5]], np.uint32)
    field = Field([[(0, -1)], [(0, 1)], [(0, -2)], [(0, 2), (0, 0)]], BITS)
    for i in (1, 2):
        assert field.places(columns, (1, 3), i) == field.places(other, (1, 3), i)


@pytest.mark.parametrize(
    ("runs", "positions"), [([[0, 5]], 4), ([[2, 2]], 4), ([[3, 2]], 4), ([[0, 4]], 3)], ids=str
)
def test_sizes_are_checked(runs: list[list[int]], positions: int) -> None:
    columns, spans = np.zeros((1, 4), np.uint32), np.array(runs, np.uint64)
    with pytest.raises(ValueError, match=r"\."):
        Field([[(0, 0)]], 4).learn(columns, spans, np.full(positions, ANY, np.uint8), epochs=1, rate=0.1)
    with pytest.raises(ValueError, match="column"):
        Field([[(1, 0)]], 4).gradient(columns, np.array([[0, 1]], np.uint64), np.full(4, ANY, np.uint8))


def test_classes_gather_words_with_the_same_neighbours() -> None:
    tokens = np.array([0, 2, 9, 1, 2, 9, 0, 3, 9, 1, 3, 9] * 20, np.uint32)
    classes = exchange_classes(tokens, 4, 2, 5).tolist()
    assert classes[0] == classes[1] != classes[2] == classes[3]


# --- kernels against plain versions --------------------------------------------------------------------------------


def runs_of_text(text: list[int]) -> list[int]:
    """For each position the begin of its run."""
    begin, out = 0, []
    for i, symbol in enumerate(text):
        if not symbol:
            begin = i + 1
        out.append(begin)
    return out


def context(text: list[int], i: int, first: int, last: int) -> tuple[int, ...] | None:
    around = [text[k] if 0 <= k < len(text) else 0 for k in range(i + first, i + last + 1)]
    return tuple(around) if text[i] and all(around) else None


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (-2, 1), (0, 0), (-2, 2)])
def test_means_over_contexts(first: int, last: int) -> None:
    rng = np.random.default_rng(3)
    text = rng.integers(0, 4, 200).astype(np.uint32)
    values, skipped = rng.random(200).astype(np.float32), (rng.random(200) < 0.1).astype(np.uint8)
    means = ContextMeans(first, last)
    means.add(text, values, skipped)
    groups: dict[tuple[int, ...], list[float]] = {}
    symbols = text.tolist()
    for i, value in enumerate(values.tolist()):
        key = context(symbols, i, first, last)
        if key is not None and not skipped[i]:
            groups.setdefault(key, []).append(value)
    found = means.mean(text)
    for i in range(200):
        key = context(symbols, i, first, last)
        own = [] if key is None else groups.get(key, [])
        expected = -1 if key is None else (sum(own) + 0.5) / (len(own) + 1)
        assert found[i] == pytest.approx(expected, abs=1e-5)


def test_bins_are_those_of_a_search() -> None:
    """Numbers that equal an edge are below it, also if the edge is not a float32."""
    values = np.random.default_rng(0).choice(np.float32([0.0, 0.1, 0.2, 0.3, 1e-30, -7.5]), (3, 500))
    bins = Quantiles(values)
    edges = [np.quantile(row, np.arange(1, 10) / 10) for row in values]
    other = np.concatenate([values, np.float32(edges)[:, :9], np.float32(edges)[:, :9] + np.float32(0.05)], axis=1)
    found = bins.assign(other)
    assert found.dtype == np.uint32
    assert np.array_equal(found, [np.searchsorted(e, row) for e, row in zip(edges, other, strict=True)])


def test_word_list_says_what_begins_ends_and_spans() -> None:
    words = [(1, 2), (2, 3, 1), (3,), (1, 2, 3, 1)]
    rng = np.random.default_rng(4)
    text = rng.integers(0, 4, 300).astype(np.uint32)
    found = Dictionary(np.array([s for word in words for s in (*word, 0)], np.uint32)).find(text)
    symbols, expected = text.tolist(), np.zeros((3, 300), int)
    for i in range(300):
        for word in words:
            if len(word) > 1 and tuple(symbols[i : i + len(word)]) == word:
                expected[0, i] = max(expected[0, i], len(word))
                if i + len(word) < 300:
                    expected[1, i + len(word)] = max(expected[1, i + len(word)], len(word))
                for k in range(i + 1, i + len(word)):
                    expected[2, k] = max(expected[2, k], len(word))
    np.testing.assert_array_equal(found, expected)


def test_logistic_regression_ends_where_its_gradient_is_zero() -> None:
    rng = np.random.default_rng(5)
    rows = np.concatenate([rng.normal(0, 1, (500, 3)), np.ones((500, 1))], axis=1).astype(np.float32)
    labels = (rows @ [1.0, -2.0, 0.0, 0.5] + rng.logistic(0, 1, 500) > 0).astype(np.uint8)
    weights = regress_logistic(rows, labels, 2.0, 20)
    slope = rows.T @ (labels - 1 / (1 + np.exp(-rows.astype(float) @ weights))) - 2 * weights
    np.testing.assert_allclose(slope, 0, atol=1e-6)
    assert weights[0] > 0.5 > -1 > weights[1]


# --- columns -------------------------------------------------------------------------------------------------------

TEXTS = ["甲乙丙甲乙", "乙丙丁甲", "丙甲乙，丁丁", "甲", "乙丙丁丁甲乙"]


def entropy(neighbours: list[str]) -> float:
    """Branching entropy in nats; the ends of runs are all different."""
    counts = Counter(n if n else f"end{k}" for k, n in enumerate(neighbours))
    return -sum(c / len(neighbours) * math.log(c / len(neighbours)) for c in counts.values())


def test_statistics_of_gaps_equal_plain_ones() -> None:
    counts = count_ngrams(TEXTS, order=3)
    tree = LinkedTree(counts)
    runs = [run for text in TEXTS for run in text.split("，")]
    text = np.concatenate([np.zeros(1, np.uint32), *(tree.alphabet.encode(run) for run in runs)])
    found = GapStatistics(tree).measure(text)
    names = ["", *counts.symbols]
    joined = [names[k] for k in text.tolist()]
    total = sum(map(len, runs))

    def right(x: str) -> float:
        return entropy([r[i + len(x) : i + len(x) + 1] for r in runs for i in range(len(r)) if r.startswith(x, i)])

    def left(x: str) -> float:
        return entropy([r[max(i - 1, 0) : i] for r in runs for i in range(len(r)) if r.startswith(x, i)])

    def times(x: str) -> int:
        return sum(r.startswith(x, i) for r in runs for i in range(len(r)))

    for i, here in enumerate(joined):
        before = joined[i - 1] if i and here else ""
        expected = [0.0] * 8
        if before:
            both = before + here
            expected[:2] = [math.log(times(both) * total / (times(before) * times(here))), math.log(times(both))]
            expected[2:4] = [right(before), left(before)]
            expected[4:6] = [right(here), left(here)]
            if i > 1 and joined[i - 2]:
                expected[6] = right(joined[i - 2] + before)
            if i + 1 < len(joined) and joined[i + 1]:
                expected[7] = left(here + joined[i + 1])
            elif i + 1 < len(joined):
                expected[7] = 0.0
        else:
            expected[4:6] = [right(here), left(here)] if here else [0.0, 0.0]
            expected[7] = left(here + joined[i + 1]) if here and joined[i + 1] else 0.0
        np.testing.assert_allclose(found[:, i], expected, atol=1e-6)


def test_teaching_needs_trigrams() -> None:
    with pytest.raises(CorpusError, match="order"):
        GapStatistics(LinkedTree(count_ngrams(TEXTS, order=2)))


# --- examples ------------------------------------------------------------------------------------------------------


def test_braces_leave_gaps_open() -> None:
    lines = parse_examples(["{昨天}诸葛亮 {出师}", "这　一 {个 人}好", "  "]).lines
    assert [(line.number, line.text) for line in lines] == [(1, "昨天诸葛亮出师"), (2, "这一个人好")]
    assert list(lines[0].gaps) == [1, 0, 2, 2, 2, 1, 0]
    assert list(lines[1].gaps) == [1, 1, 1, 1, 2]


def test_runs_and_words_of_examples() -> None:
    examples = parse_examples(["他 在 １９９８年 说 ：“ {好的} 啊"])
    runs = examples.split("token")
    assert [("".join(run.symbols), list(run.gaps)) for run in runs] == [
        ("他在", [1, 1]), ("年说", [1, 1]), ("好的啊", [1, 0, 1]),
    ]  # fmt: skip
    assert examples.words("token") == {"他", "在", "年", "说", "啊"}
    joined = examples.split("join")
    assert joined[0].symbols == ("他", "在", "１９９８", "年", "说")
    assert list(joined[0].gaps) == [1, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "there is no line to learn from"),
        (["", "  "], "there is no line to learn from"),
        (["春天来了", "好"], "no line has a space"),
        (["春 {天"], "line 1: the braces do not match"),
        (["春 天", "春} 天"], "line 2: the braces do not match"),
        (["春天 来 了", "来", "春 天 来 了"], r"lines 1 and 3 cut the same text in two ways \(春天来了\)"),
        (["春 天", "一二三四五六七八九十" * 4], "line 2: .* is one word of 40 characters"),
    ],
)
def test_bad_examples_are_one_sentence(lines: list[str], message: str) -> None:
    with pytest.raises(CorpusError, match=message) as caught:
        parse_examples(lines, "cut.txt").split("token")
    text = str(caught.value)
    assert text.startswith("cut.txt")
    assert text.endswith(".")


def test_examples_are_lines() -> None:
    with pytest.raises(TypeError, match="not a single string"):
        parse_examples("春 天")
    with pytest.raises(TypeError, match="line 2: expected a str"):
        parse_examples(["春 天", 3])  # type: ignore[list-item]
    with pytest.raises(CorpusError, match="line 1: １９９８ is cut inside"):
        parse_examples(["１９ ９８年"]).split("join")


def test_allowed_tags_agree_with_all_words() -> None:
    """Of all tag sequences, those are allowed whose cuts agree with what is known."""
    for gaps in product((0, 1, 2), repeat=3):
        known = np.array([1, *gaps], np.uint8)
        allowed = allowed_tags(known, np.array([False, False, False, True]))
        kept = {tags for tags in tag_sequences(4) if all(allowed[i] >> TAGS.index(t) & 1 for i, t in enumerate(tags))}
        cuts = {tags: [t in "BS" for t in tags] for tags in tag_sequences(4)}
        agreeing = {
            tags
            for tags, cut in cuts.items()
            if all(g == 0 or c == (g == 1) for g, c in zip(gaps, cut[1:], strict=True))
        }
        assert kept == agreeing


# --- what builders learn -------------------------------------------------------------------------------------------


def planted(lines: int) -> tuple[list[str], list[str]]:
    """Raw lines, and the same cut in a convention: some frequent neighbours are one word, others two."""
    rng = random.Random(5)
    symbols = [chr(0x4E00 + k) for k in range(300)]
    words = list(dict.fromkeys("".join(rng.choices(symbols, k=rng.choice((1, 2, 2, 2, 3)))) for _ in range(300)))
    weights = [1 / (k + 1) for k in range(len(words))]
    pairs = [rng.sample(words[:40], 2) for _ in range(20)]
    joined = {tuple(pair) for pair in pairs[:10]}  # these are one word, the other pairs are two
    raw, cut = [], []
    for _ in range(lines):
        line: list[str] = []
        while len(line) < 6:
            for word in rng.choice(pairs) if rng.random() < 0.4 else rng.choices(words, weights):
                line.append(word)
        told: list[str] = []
        for word in line:
            if told and (told[-1], word) in joined:
                told[-1] += word
            else:
                told.append(word)
        raw.append("".join(line))
        cut.append(" ".join(told))
    return raw, cut


def f1(lexicon: Lexicon, raw: list[str], cut: list[str]) -> float:
    return evaluate(cut, Tokenizer(lexicon).tokenize_batch(raw)).f1


@pytest.mark.parametrize("builder", [BayesLexiconBuilder, PmiLexiconBuilder, EntropyLexiconBuilder])
def test_examples_teach_their_convention(builder: Any) -> None:
    raw, cut = planted(1500)
    alone = builder().build(raw)
    taught = builder().build(raw, examples=cut[:150])
    assert f1(taught, raw[150:], cut[150:]) > f1(alone, raw[150:], cut[150:]) + 0.05
    assert taught.meta.method == alone.meta.method
    assert (taught.meta.examples, alone.meta.examples) == (150, None)


def test_result_is_the_same_for_any_workers_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw, cut = planted(800)
    for builder in (BayesLexiconBuilder, EntropyLexiconBuilder):
        first = builder().build(raw, examples=cut[:60], known_words=["丁丂", raw[0][:2]])
        assert first == builder(workers=3).build(raw, examples=cut[:60], known_words=["丁丂", raw[0][:2]])
    monkeypatch.setattr(columns, "BLOCK_SYMBOLS", 500)
    assert first == EntropyLexiconBuilder(workers=2).build(raw, examples=cut[:60], known_words=["丁丂", raw[0][:2]])


def test_examples_are_counted_as_they_are_given() -> None:
    raw, cut = planted(300)
    odd = raw[0][:1] + " " + raw[0][1:3] + " " + raw[0][3:]  # in no convention
    for builder in (BayesLexiconBuilder(), PmiLexiconBuilder(min_count=50)):
        lexicon = builder.build(raw, examples=[odd, *cut[1:40]])
        assert raw[0][3:] in lexicon
        assert lexicon.total == lexicon.meta.tokens


def test_open_gaps_are_left_to_the_field() -> None:
    """Braces around everything but one word teach that word only."""
    raw, cut = planted(300)
    word = cut[0].split()[1]
    before, after = cut[0].replace(" ", "").split(word, 1)
    partly = f"{{{before}}} {word} {{{after}}}"
    lexicon = BayesLexiconBuilder().build(raw, examples=[partly, *cut[1:40]])
    assert word in lexicon
    assert raw[0] not in lexicon


def test_lines_that_the_corpus_lacks_are_read_as_a_part_of_it() -> None:
    raw, cut = planted(300)
    for builder in (BayesLexiconBuilder(), EntropyLexiconBuilder(min_count=1)):
        lexicon = builder.build(raw, examples=["龘靐 齉", *cut[:40]])
        assert {"龘靐", "齉"} <= set(lexicon.words)
        assert lexicon.meta.characters == sum(map(len, raw)) + 3


def test_a_checkpoint_needs_lines_of_the_corpus(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("春天来了\n夏天来了\n" * 50, encoding="utf-8")
    builder = PmiLexiconBuilder(checkpoint=tmp_path / "checkpoint")
    assert "春天" in builder.build(Corpus(corpus), examples=["春天 来 了"])
    with pytest.raises(CorpusError, match="lacks 1 of the lines, such as 秋天来了, and a checkpoint"):
        builder.build(Corpus(corpus), examples=["秋天 来 了"])


def test_a_sample_has_the_examples_too() -> None:
    raw, cut = planted(1500)
    lexicon = BayesLexiconBuilder(sample=5000).build(raw, examples=cut[-150:])
    assert f1(lexicon, raw[:-150], cut[:-150]) > f1(BayesLexiconBuilder(sample=5000).build(raw), raw, cut) + 0.03


def test_memory_budget_gives_the_same_words(tmp_path: Path) -> None:
    raw, cut = planted(800)
    options = {"examples": cut[:60]}
    small = EntropyLexiconBuilder(memory="8M", temp_dir=tmp_path).build(raw, **options)
    assert small == EntropyLexiconBuilder().build(raw, **options)


@pytest.mark.parametrize("builder", [BayesLexiconBuilder(), PmiLexiconBuilder(), EntropyLexiconBuilder()])
def test_examples_of_another_language_are_refused(builder: Any) -> None:
    with pytest.raises(CorpusError, match="no character of the lines occurs in the corpus"):
        builder.build(["春天来了", "夏天来了"], examples=["привет как дела", "ಅ ಆ"])
    with pytest.raises(ValueError, match="give examples too"):
        builder.build(["春天来了"], known_words=["春天"])


def test_contradictory_runs_are_left_to_the_field() -> None:
    raw, cut = planted(300)
    lexicon = BayesLexiconBuilder().build(raw, examples=[*cut[:40], "春 天，甲", "春天，乙"])
    assert {"春天"} & set(lexicon.words) or {"春", "天"} <= set(lexicon.words)


def test_second_view_keeps_the_longest_word() -> None:
    raw, _ = planted(3000)
    for longest in (1, 2):
        lexicon = BayesLexiconBuilder(max_length=longest, join_words=False).build(raw)
        assert max(map(len, lexicon.words)) <= longest


# --- suggestions and the command line ------------------------------------------------------------------------------


def plain_suggestions(lines: list[str], tokenizer: Tokenizer, n: int) -> list[int]:
    uncertainty: Counter[str] = Counter()
    pairs = []
    for line in lines:
        own = set()
        for i, p in enumerate(tokenizer.marginals(line).cuts.tolist()[1:-1]):
            h = 0.0 if not 0 < p < 1 else -p * math.log(p) - (1 - p) * math.log(1 - p)
            if h > 1e-6:
                uncertainty[line[i : i + 2]] += h
                own.add(line[i : i + 2])
        pairs.append(own)
    chosen: list[int] = []
    while len(chosen) < n:
        rest = [k for k in range(len(lines)) if k not in chosen]
        best = max(rest, key=lambda k: (sum(uncertainty[x] for x in pairs[k]) / (len(lines[k]) + 10), -k))
        chosen.append(best)
        for x in pairs[best]:
            uncertainty[x] /= 2
    return chosen


def test_suggestions_equal_a_plain_greedy_search() -> None:
    raw, _ = planted(120)
    lexicon = PmiLexiconBuilder(min_count=1, min_pmi=0.5).build(raw)
    lines = list(dict.fromkeys(raw))
    expected = [lines[k] for k in plain_suggestions(lines, Tokenizer(lexicon), 15)]
    found = suggest_lines([*raw, "{春天}"], lexicon, 15)
    assert [line.replace(" ", "") for line in found] == expected
    assert found == [" ".join(words) for words in Tokenizer(lexicon).tokenize_batch(expected)]
    short = suggest_lines(raw, lexicon, 200, max_length=8)
    assert {line.replace(" ", "") for line in short} <= {line for line in raw if len(line) <= 8}
    with pytest.raises(CorpusError, match="no gap"):
        suggest_lines(["。", ""], lexicon)
    letters = [chr(0xDC00 + byte) if byte > 127 else chr(byte) for byte in range(256)]
    words, counts = [*lexicon, *letters], [*lexicon.counts.tolist(), *[1] * 256]
    by_unit = []
    for unit in ("char", "byte"):
        vocabulary = Lexicon(words, counts, meta=LexiconMeta(byte_fallback=True, unit=unit))
        by_unit.append(suggest_lines([*lines, "龘", ""], vocabulary, 15))
        assert all(line.replace(" ", "") in lines for line in by_unit[-1])
    assert by_unit[0] == by_unit[1]


def test_the_whole_circle_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, cut = planted(600)
    corpus, known = tmp_path / "corpus.txt", tmp_path / "known.txt"
    corpus.write_text("\n".join(raw) + "\n", encoding="utf-8")
    known.write_text("\n".join(f"{word}\t3" for line in cut for word in line.split()), encoding="utf-8")
    words, lines, taught = tmp_path / "words.tsv", tmp_path / "lines.txt", tmp_path / "taught.tsv"
    assert main(["build-vocab", str(corpus), "--method", "bayes", "-o", str(words)]) == 0
    assert main(["suggest-lines", str(corpus), "--lexicon", str(words), "-n", "40", "-o", str(lines)]) == 0
    capsys.readouterr()
    assert main(["suggest-lines", str(corpus), "--lexicon", str(words), "-n", "1"]) == 0
    assert capsys.readouterr().err.startswith("1 line of ")
    gold = {line.replace(" ", ""): line for line in cut}
    corrected = [gold[line.replace(" ", "")] for line in lines.read_text(encoding="utf-8").splitlines()]
    assert len(corrected) == 40
    lines.write_text("\n".join(corrected), encoding="utf-8")
    teaching = ["--examples", str(lines), "--known-words", str(known)]
    assert main(["build-vocab", str(corpus), "--method", "bayes", *teaching, "-o", str(taught)]) == 0
    assert f1(Lexicon.load(taught), raw, cut) > f1(Lexicon.load(words), raw, cut) + 0.05
    assert f1(Lexicon.load(taught), raw, cut) > 0.9


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--known-words", "cut.txt"], 2, "--known-words helps to learn from --examples"),
        (["--examples", "cut.txt", "--method", "vocabulary"], 2, "--examples is not an option of --method vocabulary"),
        (["--examples", "raw.txt"], 1, "no line has a space"),
        (["--examples", "missing.txt"], 1, "missing.txt"),
        (["--examples", "cut.txt", "--order", "2"], 1, "order"),
    ],
)
def test_errors_of_the_command_line_are_one_sentence(
    options: list[str], status: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("raw.txt").write_text("春天来了\n", encoding="utf-8")
    Path("cut.txt").write_text("春天 来 了\n", encoding="utf-8")
    assert main(["build-vocab", "raw.txt", *options, "-o", "words.tsv"]) == status
    error = capsys.readouterr().err.strip()
    assert message in error
    assert error.count("\n") == 0
    assert error.endswith(".")
    assert not Path("words.tsv").exists()
