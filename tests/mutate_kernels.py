"""Change one operator of a kernel at a time, rebuild the kernel and run its tests: ``make mutants-kernels SAMPLE=60``.

A changed kernel (a mutant) that passes all tests computes the same, or a test is missing.  A mutant that crashes or
hangs is killed.  Run it in a copy of the tree, because it writes into the headers; the same seed and sources give the
same sample.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

KERNELS = Path("nlp_zero/_kernels")
# Binary operators of the headers have a space on each side; brackets of templates and pointers have not.
CHANGES = {
    " + ": " - ", " - ": " + ", " * ": " + ", " / ": " * ", " += ": " -= ", " -= ": " += ",
    " < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > ", " == ": " != ", " != ": " == ",
    " && ": " || ", " || ": " && ", "(!": "(", "(-": "(", "return -": "return ",
}  # fmt: skip
TESTS = {
    "bayes": ("bayes", "classes", "joining"),
    "counting": ("links", "counts", "growing_counts", "kernels", "builders", "saved_counts", "comparison"),
    "teaching": ("teaching",),
    "templates": ("templates", "parser"),
    "tokenization": ("lattice", "tokenizer", "class_links", "own_words", "tokens", "sampling", "lines"),
    "vocabulary": ("vocabulary", "vocabularies"),
}


class Mutant(NamedTuple):
    """A change of one operator."""

    path: Path
    line: int  # from 0
    column: int
    old: str

    def apply(self, source: str) -> str:
        """Return the changed source."""
        lines = source.split("\n")
        text = lines[self.line]
        lines[self.line] = text[: self.column] + CHANGES[self.old] + text[self.column + len(self.old) :]
        return "\n".join(lines)


def find_mutants(kernel: str) -> list[Mutant]:
    """Return all changes of the headers of a kernel."""
    pattern = re.compile("|".join(map(re.escape, sorted(CHANGES, key=len, reverse=True))))
    found = []
    for path in sorted((KERNELS / kernel).glob("*.hpp")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")):
            if not line.lstrip().startswith(("#", "template", "static_assert")):
                code = line.partition("//")[0]
                found += [Mutant(path, number, one.start(), one[0]) for one in pattern.finditer(code)]
    return found


def compile_kernel(kernel: str) -> bool:
    """Compile a kernel in its place, faster than `setup.py` does; return whether it compiles."""
    command = [
        *shlex.split(os.environ.get("CXX", "g++")), "-O1", "-w", "-std=c++17", "-ffp-contract=off", "-fPIC", "-shared",
        "-pthread", f"-I{sysconfig.get_path('include')}", str(KERNELS / f"{kernel}.cpp"),
        "-o", str(KERNELS / f"{kernel}{sysconfig.get_config_var('EXT_SUFFIX')}"),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pass_tests(kernel: str, most_seconds: float | None) -> bool:
    """Return whether the tests of a kernel pass in this time."""
    files = [f"tests/test_{name}.py" for name in TESTS[kernel]]
    options = ["-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    command = [sys.executable, "-m", "pytest", *options, *files]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=most_seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def try_mutants(kernel: str, mutants: list[Mutant]) -> Counter[str]:
    """Try mutants of one kernel, print each, and count them by their fate."""
    began = time.monotonic()
    if not compile_kernel(kernel) or not pass_tests(kernel, None):
        sys.exit(f"The tests of the kernel {kernel} fail before anything is changed.")
    most_seconds = 60 + 5 * (time.monotonic() - began)
    fates: Counter[str] = Counter()
    for mutant in mutants:
        source = mutant.path.read_text(encoding="utf-8")
        try:
            mutant.path.write_text(mutant.apply(source), encoding="utf-8")
            compiles = compile_kernel(kernel)
            fate = ("SURVIVED" if pass_tests(kernel, most_seconds) else "killed") if compiles else "invalid"
        finally:
            mutant.path.write_text(source, encoding="utf-8")
        fates[fate] += 1
        code = source.split("\n")[mutant.line].strip()
        place = f"{mutant.path.relative_to(KERNELS)}:{mutant.line + 1}:{mutant.column + 1}"
        print(f"{fate:9}{place}: {mutant.old.strip()} becomes {CHANGES[mutant.old].strip()} in: {code}", flush=True)
    return fates


def main() -> None:
    """Try a sample of each kernel in proportion to its operators."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="number of mutants of all kernels together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kernels", nargs="+", choices=sorted(TESTS), default=sorted(TESTS))
    arguments = parser.parse_args()
    if Path.cwd().parent.name != "build":
        sys.exit("This changes the headers; run 'make mutants-kernels', which makes a copy of the tree.")
    everything = {kernel: find_mutants(kernel) for kernel in arguments.kernels}
    every = [(kernel, mutant) for kernel, mutants in everything.items() for mutant in mutants]
    sample = random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))
    fates = {}
    for kernel in arguments.kernels:
        chosen = sorted(mutant for name, mutant in sample if name == kernel)
        fates[kernel] = try_mutants(kernel, chosen) if chosen else Counter()
    for kernel, fate in fates.items():
        print(f"{kernel}: {fate.total()} of {len(everything[kernel])} operators changed, {fate['killed']} killed, "
              f"{fate['SURVIVED']} survived, {fate['invalid']} do not compile")


if __name__ == "__main__":
    main()
