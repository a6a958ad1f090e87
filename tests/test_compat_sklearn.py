"""`TokenizerTransformer` in scikit-learn: the checks of estimators, pipelines, columns of data frames."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from nlp_zero import BayesLexiconBuilder, CorpusError, EntropyLexiconBuilder, Lexicon, PmiLexiconBuilder, Tokenizer
from nlp_zero.compat.sklearn import TokenizerTransformer

LINES = Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()
# Texts have no number of features, no type of numbers and no sparse form.
NOT_FOR_TEXTS = {
    "check_n_features_in_after_fitting", "check_n_features_in", "check_transformer_general", "check_complex_data",
    "check_dtype_object", "check_estimators_nan_inf", "check_estimator_sparse_tag",
    "check_estimator_sparse_array", "check_estimator_sparse_matrix", "check_estimators_empty_data_messages",
    "check_fit1d", "check_fit2d_predict1d",
}  # fmt: skip


def write_rows(X: Any) -> list[str]:
    """Rows of numbers as texts: a character for each number."""
    return ["".join(chr(0x4E00 + int(value * 7) % 40) for value in row) for row in np.asarray(X)]


class RowTransformer(TokenizerTransformer):
    """The transformer on tables of numbers, which the checks of scikit-learn use; tokens become numbers again."""

    def fit(self, X: Any, y: Any = None) -> RowTransformer:
        super().fit(write_rows(X))
        return self

    def transform(self, X: Any) -> Any:
        return np.array([[len(tokens), len(tokens[0])] for tokens in super().transform(write_rows(X))], float)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = False, True
        return tags


@pytest.mark.filterwarnings("ignore")
def test_the_checks_of_scikit_learn() -> None:
    """All pass but those that are about tables of numbers."""
    reasons = dict.fromkeys(NOT_FOR_TEXTS, "texts are not a table of numbers")
    results = check_estimator(RowTransformer(), expected_failed_checks=reasons, on_fail=None, on_skip=None)
    assert [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"] == []
    assert len([r for r in results if r["status"] == "passed"]) >= 25
    texts = check_estimator(TokenizerTransformer(), on_fail=None)
    assert [r["status"] for r in texts] == ["passed"]  # scikit-learn has no others for estimators of texts


def test_fit_learns_the_words() -> None:
    transformer = TokenizerTransformer()
    assert transformer.fit(LINES) is transformer
    assert transformer.lexicon_ == PmiLexiconBuilder().build(LINES)
    tokenizer = Tokenizer(transformer.lexicon_)
    assert transformer.transform(LINES) == tokenizer.tokenize_batch(LINES)
    transformer.set_params(separator="/")
    assert transformer.transform(LINES[:9]) == ["/".join(tokenizer.tokenize(line)) for line in LINES[:9]]
    assert pickle.loads(pickle.dumps(transformer)).transform(LINES[:9]) == transformer.transform(LINES[:9])


@pytest.mark.parametrize("builder", [None, EntropyLexiconBuilder(min_count=3), BayesLexiconBuilder(seed=3)])
def test_parameters_are_kept_and_cloned(builder: Any) -> None:
    transformer = TokenizerTransformer(builder, separator=" ")
    assert transformer.get_params() == {"builder": builder, "separator": " "}
    again = clone(transformer)
    assert again.separator == " "
    assert again.fit(LINES).lexicon_ == transformer.fit(LINES).lexicon_


@pytest.mark.parametrize("make", [list, tuple, np.array, pandas.Series, polars.Series, iter])
def test_columns_of_texts(make: Any) -> None:
    transformer = TokenizerTransformer()
    expected = transformer.fit(LINES).transform(LINES)
    assert TokenizerTransformer().fit(make(LINES)).transform(make(LINES)) == expected


def test_in_pipelines() -> None:
    labels = ["桥" in line for line in LINES]
    model = make_pipeline(TokenizerTransformer(), TfidfVectorizer(analyzer=list), MultinomialNB())
    grid = {"tokenizertransformer__builder": [PmiLexiconBuilder(), EntropyLexiconBuilder()]}
    search = GridSearchCV(model, grid, cv=3).fit(LINES, labels)
    assert not np.isnan(search.cv_results_["mean_test_score"]).any()
    frame = pandas.DataFrame({"text": LINES, "length": [len(line) for line in LINES]})
    words = make_pipeline(TokenizerTransformer(), TfidfVectorizer(analyzer=list))
    columns = ColumnTransformer([("words", words, "text"), ("length", "passthrough", ["length"])]).fit_transform(frame)
    assert columns.shape == (len(LINES), words.fit_transform(LINES).shape[1] + 1)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("早晨喝茶", TypeError, "X must be an iterable of texts, not one text"),
        (pandas.DataFrame({"text": LINES}), ValueError, r"not a table of shape \(84, 1\); select one: frame\['text'\]"),
        (polars.DataFrame({"text": LINES}), ValueError, r"not a table of shape \(84, 1\)"),
        (np.array([LINES]), ValueError, r"not a table of shape \(1, 84\)"),
        (["早晨", None], TypeError, "row 1 is None; drop or fill"),
        (pandas.Series(["早晨", np.nan]), TypeError, "row 1 is nan"),
        ([b"a"], TypeError, "row 0 is b'a'"),
    ],
)  # fmt: skip
def test_wrong_texts(texts: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        TokenizerTransformer().fit(texts)
    with pytest.raises(error, match=message):
        TokenizerTransformer().fit(LINES).transform(texts)


def test_without_texts() -> None:
    with pytest.raises(CorpusError, match="nothing to count"):
        TokenizerTransformer().fit([])


def test_not_fitted() -> None:
    with pytest.raises(NotFittedError):
        TokenizerTransformer().transform(LINES)
    assert isinstance(TokenizerTransformer().fit(LINES).lexicon_, Lexicon)
