"""New segmentations in each epoch: PyTorch, Hugging Face datasets, a plain generator (docs/recipes.md)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from nlp_zero.lexicon import Lexicon
from nlp_zero.tokenization.tokenizer import Tokenizer

TOKENIZER = Tokenizer(Lexicon(["中国", "国人", "人民", "中", "国", "人", "民"], [40, 9, 30, 12, 15, 20, 6]))
LINES = [("中国人民" * 5 + "，") * n for n in range(1, 33)]


class SampledLines:
    """A map-style dataset: text i of an epoch depends on (seed, epoch, i) only, not on the worker."""

    def __init__(self, lines: Sequence[str], tokenizer: Tokenizer, *, alpha: float = 0.2, seed: int = 0) -> None:
        self.lines, self.tokenizer, self.alpha, self.seed, self.epoch = lines, tokenizer, alpha, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, i: int) -> list[int]:
        seed = self.seed + self.epoch  # an epoch is a seed, a text is a stream of it
        ids: list[int] = self.tokenizer.sample_ids(self.lines[i], alpha=self.alpha, seed=seed, index=i)
        return ids


def sampled(lines: Sequence[str], tokenizer: Tokenizer, epoch: int, alpha: float = 0.2) -> Iterator[list[str]]:
    """A plain generator pipeline."""
    for i, line in enumerate(lines):
        yield tokenizer.sample(line, alpha=alpha, seed=epoch, index=i)


def as_they_are(batch: list[Any]) -> list[Any]:
    return batch


def test_generator() -> None:
    first, again, second = (list(sampled(LINES, TOKENIZER, epoch)) for epoch in (0, 0, 1))
    assert first == again == TOKENIZER.sample_batch(LINES, alpha=0.2, seed=0, workers=2)
    assert first != second
    assert ["".join(tokens) for tokens in second] == LINES


def _items(dataset: SampledLines, indices: list[int]) -> list[list[int]]:
    return [dataset[i] for i in indices]


@pytest.mark.parametrize("method", ["fork", "spawn", "threads"])
def test_any_worker_draws_the_same(method: str) -> None:
    dataset = SampledLines(LINES, TOKENIZER)
    epochs = []
    for epoch in (0, 1, 0):
        dataset.set_epoch(epoch)
        here = [dataset[i] for i in range(len(dataset))]
        halves = [list(range(0, 32, 2)), list(range(1, 32, 2))]
        if method == "threads":
            with ThreadPoolExecutor(2) as pool:
                even, odd = pool.map(_items, [dataset] * 2, halves)
        elif method in multiprocessing.get_all_start_methods():
            with multiprocessing.get_context(method).Pool(2) as processes:
                even, odd = processes.starmap(_items, [(dataset, half) for half in halves])
        else:
            pytest.skip(f"this platform cannot {method}")
        assert [x for pair in zip(even, odd, strict=True) for x in pair] == here
        epochs.append(here)
    assert epochs[0] == epochs[2] != epochs[1]


@pytest.mark.parametrize("method", [None, "fork", "spawn"])
def test_torch_data_loader(method: str | None) -> None:
    data = pytest.importorskip("torch.utils.data", reason="torch is not installed")
    dataset = SampledLines(LINES, TOKENIZER)
    options = {"num_workers": 2, "multiprocessing_context": method} if method else {}
    epochs = []
    for epoch in (0, 1, 0):
        dataset.set_epoch(epoch)
        loader = data.DataLoader(dataset, batch_size=4, collate_fn=as_they_are, **options)
        epochs.append([ids for batch in loader for ids in batch])
        assert epochs[-1] == [dataset[i] for i in range(len(dataset))]
    assert epochs[0] == epochs[2] != epochs[1]


@pytest.mark.parametrize("processes", [None, 2])
def test_hugging_face_datasets(processes: int | None) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    dataset = datasets.Dataset.from_dict({"text": LINES})

    def segment(row: dict[str, str], i: int) -> dict[str, list[int]]:
        return {"ids": TOKENIZER.sample_ids(row["text"], alpha=0.2, seed=1, index=i)}

    mapped = dataset.map(segment, with_indices=True, num_proc=processes)
    assert mapped["ids"][:] == [TOKENIZER.sample_ids(t, alpha=0.2, seed=1, index=i) for i, t in enumerate(LINES)]
