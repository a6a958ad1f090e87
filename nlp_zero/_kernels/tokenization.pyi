"""Lattices of segmentations, and cutting text by a lexicon."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Int64: TypeAlias = npt.NDArray[np.int64]
Float64: TypeAlias = npt.NDArray[np.float64]

def transitions(first: Int64, end: Int64, score: Float64, alpha: float) -> tuple[Float64, float]: ...
def marginals(first: Int64, end: Int64, q: Float64) -> tuple[Float64, Float64, float]: ...
def find_best_path(first: Int64, end: Int64, score: Float64) -> list[int]: ...
def find_best_paths(first: Int64, end: Int64, score: Float64, limit: int) -> list[list[int]]: ...
def sample_paths(first: Int64, end: Int64, q: Float64, seed: int, index: int, k: int) -> list[list[int]]: ...
def draw_uniforms(seed: int, index: int, count: int) -> Float64: ...

class MarginalTable:
    def arrays(
        self,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int64],
        npt.NDArray[np.int32],
        npt.NDArray[np.float64],
    ]: ...

class Segmenter:
    def __new__(
        cls,
        words: tuple[str, ...],
        log_probs: npt.NDArray[np.float64],
        numbers: npt.NDArray[np.int32],
        alnum: int,
        crossing: bool,
        fallback: bool,
        bytes_: bool,
        unk: float,
        uniform: float,
        new_mass: float,
        new_rare: float,
        /,
    ) -> Any: ...
    def tokenize(self, text: str | bytes, /) -> list[str]: ...
    def encode(self, text: str | bytes, /) -> list[int]: ...
    def segment(self, text: str | bytes, /) -> tuple[list[int], list[str], list[tuple[int, int]]]: ...
    def encode_batch(
        self, texts: list[Any], workers: int, /
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]: ...
    def tokenize_batch(self, texts: list[Any], workers: int, /) -> list[list[str]]: ...
    def sample(self, text: str | bytes, alpha: float, seed: int, index: int, k: int | None, output: str, /) -> Any: ...
    def nbest(self, text: str | bytes, n: int, /) -> list[tuple[list[str], float]]: ...
    def sums(self, text: str | bytes, alpha: float, /) -> tuple[float, float, float]: ...
    def marginals(self, text: str | bytes, alpha: float, /) -> MarginalTable: ...
    def sample_batch(
        self, texts: list[Any], alpha: float, seed: int, start: int, draws: int, words: bool, workers: int, /
    ) -> Any: ...

def is_beginning(word: str) -> bool:
    """Whether a word is the first bytes, two or three, of a longer character."""
