"""The other programs, ready to use; `Missing` is raised if one is not installed."""

from __future__ import annotations

import collections
import collections.abc
import hashlib
import importlib
import importlib.metadata
import io
import os
import sys
import tarfile
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import CORPORA, Missing, Settings

PACKAGES = ("numpy", "duckdb", "polars", "sentencepiece", "rjieba", "jieba")
OLD = "0.1.6"
OLD_SHA256 = "3180c535dfe4df999be2fb05860888cc382dcb3fa4b948ec55edeea93885753d"


def describe_versions() -> str:
    """Return our version and those of the peers."""
    found = []
    for package in ("nlpzero", *PACKAGES):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found) + f"; peer nlp-zero {OLD}"


def import_peer(name: str) -> Any:
    """Import a peer; warnings are ignored, because some peers use deprecated functions of Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        raise Missing(f"not installed ({error}; pip install --group bench)") from None


def load_old_nlp_zero(cache: Path) -> Any:
    """Return the module of nlp-zero 0.1.6.

    It has our import name, so the two cannot be installed side by side: its sdist is fetched by pip (pinned hash, kept
    in `cache`), and its one module is run from there under the name ``nlp_zero_old``.
    """
    archive = _fetch_archive(cache)
    inside = f"nlp-zero-{OLD}/nlp_zero/nlp_zero.py"
    with tarfile.open(archive) as tar:
        member = tar.extractfile(inside)
        assert member is not None, "the hash is pinned, so the member is there"
        source = member.read().decode("utf-8")
    module = types.ModuleType("nlp_zero_old")
    module.__file__ = str(archive / inside)  # it looks for a dictionary next to this file, which we do not use
    had = hasattr(collections, "Iterable")
    if not had:  # removed in Python 3.10
        collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(source, module.__file__, "exec"), module.__dict__)
    finally:
        if not had:
            del collections.Iterable  # type: ignore[attr-defined]
    return module


def _fetch_archive(cache: Path) -> Path:
    sys.path.insert(0, str(CORPORA))
    try:
        fetch, sources = importlib.import_module("fetch"), importlib.import_module("sources")
    finally:
        sys.path.remove(str(CORPORA))
    wanted = sources.Archive("nlp-zero", OLD, "sdist", f"nlp-zero-{OLD}.tar.gz", OLD_SHA256)
    try:
        return fetch.download(wanted, cache)  # type: ignore[no-any-return]
    except (fetch.FetchError, OSError) as error:
        raise Missing(f"not installed ({error})") from None


def sentencepiece(settings: Settings, *, text: str, size: int) -> Any:
    """Return a SentencePiece unigram model of `size` pieces, trained with default options and kept in the cache."""
    module = import_peer("sentencepiece")
    path = settings.path(text)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    stored = settings.cache / f"sentencepiece-{module.__version__}-unigram-{size}-{digest}.model"
    if not stored.is_file():
        model = io.BytesIO()
        module.SentencePieceTrainer.train(
            input=str(path), model_writer=model, model_type="unigram", vocab_size=size, num_threads=1, minloglevel=2
        )
        settings.cache.mkdir(parents=True, exist_ok=True)
        unfinished = stored.with_suffix(f".{os.getpid()}.part")
        unfinished.write_bytes(model.getvalue())
        unfinished.replace(stored)
    return module.SentencePieceProcessor(model_file=str(stored))


def jieba_words() -> list[str]:
    """Return the words of jieba's dictionary, in its order."""
    path = Path(import_peer("jieba").__file__).with_name("dict.txt")
    return [line.split(" ", 1)[0] for line in path.read_text(encoding="utf-8").splitlines() if line]


def make_jieba_cut() -> Callable[[str], list[str]]:
    """Return the segmenter of jieba with its own dictionary and without its hidden Markov model."""
    module = import_peer("jieba")
    module.setLogLevel("ERROR")
    module.initialize()
    return lambda line: module.lcut(line, HMM=False)
