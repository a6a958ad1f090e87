"""Change operators of the kernels, one at a time, and run the tests of the kernel: ``make mutants-kernels SAMPLE=60``.

A changed kernel (a mutant) that passes all tests computes the same, or a test is missing.  A mutant that crashes or
hangs is killed.  To compile a kernel for each mutant would take minutes.  So each operator of the sample becomes a
switch: ``a + b`` becomes ``a + Switch<17>() + b``, which adds, or subtracts once mutant 17 is chosen; the kernel is
compiled once, the tests are collected once, and each mutant runs them in a process that is forked from there, quick
tests first.  Operators whose switch does not compile (in constants, between pointers) are not counted.  Run it in a
copy of the tree, because it writes into the headers; the same seed and sources give the same sample.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import re
import resource
import shlex
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

KERNELS = Path("nlp_zero/_kernels")
# What an operator becomes.  In headers, binary operators have a space on each side; brackets of templates and pointers
# have not.  The right side of && is taken as true, that of || as false.
CHANGES = {
    " + ": "-", " - ": "+", " * ": "+", " / ": "*", " += ": "-=", " -= ": "+=",
    " < ": "<=", " <= ": "<", " > ": ">=", " >= ": ">", " == ": "!=", " != ": "==",
    " && ": "true", " || ": "false", "(!": "nothing", "(-": "nothing", "return -": "nothing",
}  # fmt: skip
TESTS = {
    "bayes": ("bayes", "classes", "joining"),
    "counting": ("links", "counts", "growing_counts", "kernels", "builders", "saved_counts", "comparison"),
    "teaching": ("teaching",),
    "templates": ("templates", "parser"),
    "tokenization": ("lattice", "tokenizer", "class_links", "own_words", "tokens", "sampling", "lines", "vocabularies"),
    "vocabulary": ("vocabulary", "vocabularies"),
}
EXAMPLES = 50  # of a Hypothesis test
SWITCHES = Path("mutants.hpp")
# A switch stands between the operands with the operator on both sides, so that precedence stays as it is.
BINARY = """
template <class A, int N> struct {name} {{ A a; }};
template <class A, int N> {name}<A, N> operator{op}(A a, Switch<N>) {{ return {{a}}; }}
template <class A, int N, class B> auto operator{op}({name}<A, N> left, B b) {{
    return nlp_zero_mutant == N ? left.a {change} b : left.a {op} b;
}}
"""
ASSIGNMENT = """
template <class B, int N> struct {name} {{ B b; }};
template <class B, int N> {name}<B, N> operator{op}(Switch<N>, B b) {{ return {{b}}; }}
template <class A, class B, int N> A& operator{op}(A& a, {name}<B, N> right) {{
    if (nlp_zero_mutant == N) a {change} right.b;
    else a {op} right.b;
    return a;
}}
"""
OTHERS = """
template <int N, class B> bool operator|(Switch<N>, B b) { return nlp_zero_mutant == N || bool(b); }
template <int N, class B> bool operator&(Switch<N>, B b) { return nlp_zero_mutant != N && bool(b); }
template <int N> bool operator^(Switch<N>, bool b) { return nlp_zero_mutant == N ? !b : b; }
template <int N, class B> auto operator*(Switch<N>, B b) { return nlp_zero_mutant == N ? b : -b; }
"""
FORMS = {"&&": "&& Switch<{}>() |", "||": "|| Switch<{}>() &", "(!": "(Switch<{}>() ^ !", "(-": "(Switch<{}>() *"}


class Mutant(NamedTuple):
    """A change of one operator."""

    path: Path
    line: int  # from 0
    column: int
    old: str

    def describe(self, code: str) -> str:
        """Return the place and the change; `code` is the line."""
        place = f"{self.path.relative_to(KERNELS)}:{self.line + 1}:{self.column + 1}"
        return f"{place}: {self.old.strip()} becomes {CHANGES[self.old]} in: {code.strip()}"


def find_mutants(kernel: str) -> list[Mutant]:
    """Return all changes of the headers of a kernel."""
    pattern = re.compile("|".join(map(re.escape, sorted(CHANGES, key=len, reverse=True))))
    found = []
    for path in sorted((KERNELS / kernel).glob("*.hpp")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")):
            if not line.lstrip().startswith(("#", "template", "static_assert", "constexpr", "static constexpr")):
                code = line.partition("//")[0]
                found += [Mutant(path, number, one.start(), one[0]) for one in pattern.finditer(code)]
    return found


def write_switches() -> None:
    """Write the header with the operators of switches."""
    parts = ["#pragma once\n#include <cstdlib>\n"]
    parts.append('extern "C" { inline int nlp_zero_mutant = std::getenv("NLP_ZERO_MUTANT") ? '
                 'std::atoi(std::getenv("NLP_ZERO_MUTANT")) : -1; }\n')  # fmt: skip
    parts.append("namespace mutants {\ntemplate <int N> struct Switch {};\n")
    for number, (old, change) in enumerate(CHANGES.items()):
        op = old.strip()
        if old.startswith(" ") and op not in FORMS:
            form = ASSIGNMENT if len(op) == 2 and op in ("+=", "-=") else BINARY
            parts.append(form.format(name=f"Form{number}", op=op, change=change))
    SWITCHES.write_text("".join([*parts, OTHERS, "}\nusing mutants::Switch;\n"]), encoding="utf-8")


def switch_operator(mutant: Mutant, number: int, line: str) -> str:
    """Return the line with a switch at the place of the operator."""
    op = mutant.old.strip()
    if mutant.old == "return -":
        new = f"return Switch<{number}>() *"
    elif op in FORMS:
        new = FORMS[op].format(number)
        new = f" {new} " if mutant.old.startswith(" ") else new
    else:
        new = f" {op} Switch<{number}>() {op} "
    return line[: mutant.column] + new + line[mutant.column + len(mutant.old) :]


def write_headers(sources: dict[Path, str], numbered: Iterable[tuple[int, Mutant]]) -> None:
    """Write the headers with these switches."""
    lines = {path: text.split("\n") for path, text in sources.items()}
    for number, mutant in sorted(numbered, key=lambda one: one[1], reverse=True):  # the last of a line first
        lines[mutant.path][mutant.line] = switch_operator(mutant, number, lines[mutant.path][mutant.line])
    for path, text in lines.items():
        path.write_text("\n".join(text), encoding="utf-8")


def compile_kernel(kernel: str) -> str:
    """Compile a kernel in its place, faster than `setup.py` does; return the errors."""
    command = [
        *shlex.split(os.environ.get("CXX", "g++")), "-O1", "-w", "-std=c++17", "-ffp-contract=off", "-fPIC", "-shared",
        "-pthread", "-include", str(SWITCHES), f"-I{sysconfig.get_path('include')}", str(KERNELS / f"{kernel}.cpp"),
        "-o", str(KERNELS / f"{kernel}{sysconfig.get_config_var('EXT_SUFFIX')}"),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stderr if done.returncode else ""


def compile_switches(kernel: str, chosen: list[tuple[int, Mutant]]) -> list[tuple[int, Mutant]]:
    """Compile a kernel with as many of the switches as compile, and return these."""
    sources = {path: path.read_text(encoding="utf-8") for path in sorted((KERNELS / kernel).glob("*.hpp"))}
    try:
        while True:
            write_headers(sources, chosen)
            errors = compile_kernel(kernel)
            if not errors:
                return chosen
            wrong = {(Path(name).name, int(line)) for name, line in re.findall(r"([\w./]+\.hpp):(\d+)", errors)}
            kept = [one for one in chosen if (one[1].path.name, one[1].line + 1) not in wrong]
            if len(kept) == len(chosen):
                sys.exit(f"The kernel {kernel} does not compile:\n{errors}")
            chosen = kept
    finally:
        write_headers(sources, [])


class Trial:
    """A plugin of pytest that runs the collected tests once for each mutant."""

    def __init__(self, mutants: list[int]) -> None:
        self.mutants = mutants
        self.fates: dict[int, str] = {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        from hypothesis import settings  # pytest wants to import its plugins itself

        for item in items:
            used = getattr(getattr(item, "obj", None), "_hypothesis_internal_use_settings", None)
            if used is not None:
                few = settings(used, max_examples=min(used.max_examples, EXAMPLES))
                item.obj._hypothesis_internal_use_settings = few

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        seconds = {}
        for item in session.items:
            began = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            seconds[item] = time.process_time() - began
        if session.testsfailed:
            sys.exit("Tests fail before anything is changed.")
        items = sorted(session.items, key=lambda item: seconds[item])
        limit = 10 + 6 * int(sum(seconds.values()))
        for mutant in self.mutants:
            self.fates[mutant] = self._run(session, items, mutant, limit)
            print(f"mutant {mutant}: {self.fates[mutant]}", file=sys.stderr, flush=True)
        return True

    @staticmethod
    def _run(session: pytest.Session, items: list[pytest.Item], mutant: int, most_seconds: int) -> str:
        """Run tests until one fails, in a process of its own."""
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (most_seconds, most_seconds + 1))
            os.environ["NLP_ZERO_MUTANT"] = str(mutant)  # for commands that tests start
            ctypes.c_int.in_dll(ctypes.CDLL(os.environ["NLP_ZERO_SWITCHED"]), "nlp_zero_mutant").value = mutant
            for item in items:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if session.testsfailed:
                    os._exit(1)
            os._exit(0)
        deadline = time.monotonic() + 20 * most_seconds
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return "killed" if status else "SURVIVED"
            if time.monotonic() > deadline:
                os.kill(child, 9)
            time.sleep(0.01)


def try_mutants(kernel: str, mutants: list[int]) -> dict[int, str]:
    """Run the tests of a kernel that is compiled with switches, and return what became of each mutant."""
    os.environ["NLP_ZERO_SWITCHED"] = str((KERNELS / f"{kernel}{sysconfig.get_config_var('EXT_SUFFIX')}").resolve())
    trial = Trial(mutants)
    files = [f"tests/test_{name}.py" for name in TESTS[kernel]]
    pytest.main(["-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants", *files], plugins=[trial])
    return trial.fates


def main() -> None:
    """Try a sample of each kernel in proportion to its operators."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="number of mutants of all kernels together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kernels", nargs="+", choices=sorted(TESTS), default=sorted(TESTS))
    arguments = parser.parse_args()
    if Path.cwd().parent.name != "build":
        sys.exit("This changes the headers; run 'make mutants-kernels', which makes a copy of the tree.")
    write_switches()
    everything = [(kernel, mutant) for kernel in sorted(TESTS) for mutant in find_mutants(kernel)]
    sample = random.Random(arguments.seed).sample(everything, min(arguments.sample, len(everything)))
    for kernel in arguments.kernels:
        chosen = [(number, mutant) for number, (name, mutant) in enumerate(sample) if name == kernel]
        code = {number: mutant.path.read_text(encoding="utf-8").split("\n")[mutant.line] for number, mutant in chosen}
        compiled = compile_switches(kernel, chosen)
        # Each kernel needs a fresh process, because Python cannot load one twice.
        child = os.fork()
        if child == 0:
            fates = try_mutants(kernel, [number for number, _ in compiled])
            for number, mutant in compiled:
                print(f"{fates[number]:9}{mutant.describe(code[number])}")
            counts = Counter(fates.values())
            print(f"{kernel}: {len(chosen)} operators chosen, {len(compiled)} switched, {counts['killed']} killed, "
                  f"{counts['SURVIVED']} survived", flush=True)  # fmt: skip
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
