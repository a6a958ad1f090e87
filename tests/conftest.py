"""Where the tests run, and on what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

import nlp_zero
from nlp_zero.counting import counter, encoding

# A busy machine may take long for any example; that is no failure.
settings.register_profile("nlp-zero", deadline=None)
# `make mutants` asks only whether a test fails; to look for the smallest example that fails would take minutes.
settings.register_profile(
    "mutants", deadline=None, phases=[Phase.explicit, Phase.generate], database=None, derandomize=True
)
settings.load_profile("nlp-zero")


@pytest.fixture(autouse=True, scope="session")
def _in_repository() -> None:
    """Tests name corpora relative to the repository; the debug run checks that it tests the debug build."""
    os.chdir(Path(__file__).parent.parent)
    wanted = os.environ.get("NLP_ZERO_EXPECT")
    assert wanted is None or Path(nlp_zero.__file__).is_relative_to(Path(wanted).resolve()), nlp_zero.__file__


@pytest.fixture(autouse=True, scope="session")
def _threads_for_small_texts() -> Iterator[None]:
    """Threads share any text, however small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "SMALL_BYTES", 0)
        patch.setattr(counter, "SMALL_POSITIONS", 0)
        yield


@pytest.fixture(scope="module")
def _clusters() -> Iterator[tuple[ExitStack, list[Any]]]:
    """Clients of clusters that the tests of a module share."""
    with ExitStack() as stack:
        yield stack, []


@pytest.fixture
def four_workers(_clusters: tuple[ExitStack, list[Any]]) -> Any:
    """A client of a real cluster with four worker processes, which may be killed."""
    stack, clients = _clusters
    try:
        for client in clients:
            client.wait_for_workers(4, timeout=20)
    except TimeoutError:  # Dask does not restart a worker that was killed in the moment in which it had started
        clients.clear()
        stack.close()
    if not clients:
        clients.append(stack.enter_context(nlp_zero.distributed.connect(workers=4)))
    return clients[0]
