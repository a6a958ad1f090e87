"""Build the kernels: one extension for each ``nlp_zero/_kernels/*.pyx``.

Everything else is in ``pyproject.toml``, but for the description of an index page: ``.ci/description.py``.

``NLP_ZERO_DEBUG=1`` builds with bounds checks, the standard library's assertions and the sanitizers for addresses and
undefined behaviour.  Python must then start with the sanitizer's runtime: see ``make debug``.
``NLP_ZERO_TSAN=1`` builds with the sanitizer for data races: see ``make tsan``.
``NLP_ZERO_COVERAGE=1`` builds for gcov: see ``make coverage``.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

DEBUG = os.environ.get("NLP_ZERO_DEBUG") == "1"
TSAN = os.environ.get("NLP_ZERO_TSAN") == "1"
COVERAGE = os.environ.get("NLP_ZERO_COVERAGE") == "1"
WINDOWS = sys.platform == "win32"
KERNELS = Path("nlp_zero/_kernels")
# Long loops over arrays gain from -O3; the others are as fast with -O2 and compile in three quarters of the time.
OPTIMIZATION = {
    "bayes": "-O3", "counting": "-O3", "elementary": "-O2", "teaching": "-O3", "templates": "-O3",
    "tokenization": "-O3", "vocabulary": "-O2",
}  # fmt: skip
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
INCLUDE = re.compile(r'^\s*(?:#\s*include|include|cdef extern from) "([^"]+\.(?:hpp|pxi))"', re.MULTILINE)


def find_included(source: Path) -> set[Path]:
    """Parts and headers that a source includes, directly or through others."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            # Names in a part are relative to the folder of the .pyx, names in a header to the header itself.
            folder = path.parent if path.suffix == ".hpp" else KERNELS
            included = Path(os.path.normpath(folder / name))
            if included not in found:
                found.add(included)
                waiting.append(included)
    return found


def make_extension(source: Path) -> Extension:
    """The extension of one .pyx file."""
    if WINDOWS:
        flags, link_flags = ["/O2", "/std:c++17", "/EHsc", "/fp:precise"], []
    elif DEBUG:
        flags = ["-O1", "-g", "-fno-omit-frame-pointer", "-D_GLIBCXX_ASSERTIONS", *SANITIZERS]
        link_flags = SANITIZERS
    elif TSAN:
        flags = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=thread"]
        link_flags = ["-fsanitize=thread"]
    elif COVERAGE:
        # Threads count the same lines at the same time.
        flags, link_flags = ["-O1", "--coverage", "-fprofile-update=atomic"], ["--coverage"]
    else:
        flags, link_flags = [OPTIMIZATION[source.stem], "-g0"], []
        if source.stem == "teaching":
            flags.append("-fno-math-errno")  # lets square roots in loops be vectors; they are the same
    if not WINDOWS:
        flags += ["-std=c++17", "-ffp-contract=off"]  # without contraction results are the same on every processor
    return Extension(
        f"nlp_zero._kernels.{source.stem}",
        [source.as_posix()],
        language="c++",
        extra_compile_args=flags,
        extra_link_args=link_flags,
        depends=sorted(path.as_posix() for path in find_included(source)),
    )


class BuildKernels(build_ext):
    """Translate the kernels to C++ and compile them, as many at a time as there are processors."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count() or 1

    def run(self) -> None:
        compilers = [os.environ.get("CXX", "").split(" ")[0], "c++", "g++", "clang++"]
        if not WINDOWS and not any(map(shutil.which, filter(None, compilers))):
            sys.exit("nlp-zero needs a C++ compiler to build its kernels: install g++ or clang++, or set CXX.")
        directives: dict[str, Any] = {
            "language_level": 3,
            "freethreading_compatible": True,  # see docs/reliability.md
            "boundscheck": DEBUG,
            "initializedcheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
        }
        translated = cythonize(self.extensions, force=self.force, quiet=True, compiler_directives=directives)
        for extension, one in zip(self.extensions, translated, strict=True):
            extension.sources = one.sources
        old = [extension.name.rpartition(".")[2] for extension in self.extensions if self.is_old(extension)]
        if old:
            print(f"Compiling {len(old)} kernels ({', '.join(old)}): about a minute of processor time ...", flush=True)
        super().run()

    def is_old(self, extension: Extension) -> bool:
        """Whether a kernel must be compiled."""
        built = Path(self.get_ext_fullpath(extension.name))
        inputs = [Path(name) for name in (*extension.sources, *extension.depends)]
        return self.force or not built.exists() or built.stat().st_mtime < max(path.stat().st_mtime for path in inputs)


description = runpy.run_path(".ci/description.py")
setup(
    long_description=description["complete_links"](Path("README.md").read_text(encoding="utf-8"), os.environ),
    long_description_content_type="text/markdown",
    project_urls=description["list_addresses"](os.environ),
    ext_modules=[make_extension(source) for source in sorted(KERNELS.glob("*.pyx"))],
    cmdclass={"build_ext": BuildKernels},
)
