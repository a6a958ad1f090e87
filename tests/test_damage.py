"""Every reader on every damage of a small file: one sentence, or a result; never another exception.

With ``NLP_ZERO_FUZZ=1``, larger files are damaged everywhere, too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_zero import FormatError, Lexicon, NgramCounter, NgramCounts
from tests.reference.readers import damage, make_readers, try_to_read, write_files

# The most truncations and bits of a file that are tried; of a larger file, evenly spaced ones.
CUTS, BITS = (None, None) if "NLP_ZERO_FUZZ" in os.environ else (300, 200)
READERS = make_readers()


@pytest.mark.parametrize("name", READERS)
def test_damaged_input_gives_one_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    reader = READERS[name]
    sentences = 0
    files = {file: (tmp_path / file).read_bytes() for file in reader.make(tmp_path)}
    for file, good in files.items():
        for what, data in damage(good, cuts=CUTS, bits=BITS):
            if data == good:
                continue
            write_files(tmp_path, files | {file: data})
            try:
                sentence = try_to_read(reader, tmp_path)
            except Exception as error:
                raise AssertionError(f"{file}, {what}") from error
            if sentence is not None:
                sentences += 1
                assert "\n" not in sentence.strip(), (file, what, sentence)
                assert sentence.endswith("."), (file, what, sentence)
    assert sentences > 5
    write_files(tmp_path, files)
    assert try_to_read(reader, tmp_path) is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of memory is that of Linux")
def test_random_damage_under_a_limit_of_memory() -> None:
    """What `make fuzz` runs for minutes; an allocation that a damaged size asks for is a finding."""
    command = [sys.executable, "-m", "tests.fuzz", "--inputs", "1500", "--seed", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_findings_of_the_fuzzer(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text('word,count",pm\n明月,2,1.5\n', encoding="utf-8")
    with pytest.raises(FormatError, match=r"line 1: the names of the columns must include word and count\.$"):
        Lexicon.load(tmp_path / "words.csv")
    reader = READERS["checkpoint"]
    reader.make(tmp_path)
    path = tmp_path / "work" / "checkpoint.json"
    endless = re.sub(r'"position": \[\d+', '"position": [1e999', path.read_text(encoding="utf-8"))
    path.write_text(endless, encoding="utf-8")
    with pytest.raises(FormatError, match=r"checkpoint\.json cannot be used .*; remove the folder and count again\.$"):
        reader.read(tmp_path)
    for file in READERS["counts"].make(tmp_path):
        if file.endswith(".npy"):
            data = (tmp_path / file).read_bytes()
            (tmp_path / file).write_bytes(data.replace(b",), }", b"L,), }", 1))  # a number of Python 2
            with pytest.raises(FormatError, match=r"\.npy cannot be read \(damaged header\); write it again\.$"):
                READERS["counts"].read(tmp_path)
            (tmp_path / file).write_bytes(data)


@pytest.mark.parametrize(("symbols", "message"), [
    ([1, "江"], "a symbol is not a string"), (["江", "春"], "the symbols are not in order"),
    (["春", "春"], "the symbols are not in order"),
])  # fmt: skip
def test_symbols_that_make_no_sense(symbols: list[object], message: str, tmp_path: Path) -> None:
    """The fuzzer made a number of a symbol."""
    NgramCounter(order=1).update(["春江"]).freeze().save(tmp_path / "counts")
    path = tmp_path / "counts" / "meta.json"
    meta = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(meta | {"symbols": symbols}), encoding="utf-8")
    with pytest.raises(FormatError, match=rf"is not a usable counts folder \({message}\); count the corpus again\.$"):
        NgramCounts.load(tmp_path / "counts")
