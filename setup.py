"""Build the kernels: one extension for each ``nlp_zero/_kernels/*.pyx``.  Everything else is in ``pyproject.toml``.

``NLP_ZERO_DEBUG=1`` builds with bounds checks and the standard library's assertions, for CI.
"""

import os
import re
import shutil
import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

DEBUG = os.environ.get("NLP_ZERO_DEBUG") == "1"
KERNELS = Path("nlp_zero/_kernels")
if sys.platform == "win32":
    FLAGS = ["/O2", "/std:c++17", "/EHsc"]
elif DEBUG:
    FLAGS = ["-O1", "-std=c++17", "-ffp-contract=off", "-D_GLIBCXX_ASSERTIONS"]
else:
    FLAGS = ["-O3", "-std=c++17", "-ffp-contract=off", "-g0"]

INCLUDE = re.compile(r'^\s*(?:#\s*include|include|cdef extern from) "([^"]+\.(?:hpp|pxi))"', re.MULTILINE)


def find_included(source: Path) -> set[Path]:
    """Parts and headers that a source includes, directly or through others."""
    found: set[Path] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            # Names in a part are relative to the folder of the .pyx, names in a header to the header itself.
            included = (KERNELS if path.suffix in (".pyx", ".pxi") else path.parent).joinpath(name)
            included = Path(os.path.normpath(included))
            if included not in found:
                found.add(included)
                waiting.append(included)
    return found


COMPILERS = [os.environ.get("CXX", "").split(" ")[0], "c++", "g++", "clang++"]
BUILDS = any(word in ("build_ext", "bdist_wheel", "editable_wheel", "develop", "install") for word in sys.argv)
if BUILDS and sys.platform != "win32" and not any(map(shutil.which, filter(None, COMPILERS))):
    sys.exit("nlp-zero needs a C++ compiler to build its kernels: install g++ or clang++, or name yours in CXX.")

setup(
    options={"build_ext": {"parallel": os.cpu_count() or 1}},
    ext_modules=cythonize(
        [
            Extension(
                f"nlp_zero._kernels.{source.stem}",
                [str(source)],
                language="c++",
                extra_compile_args=FLAGS,
                depends=sorted(map(str, find_included(source))),
            )
            for source in sorted(KERNELS.glob("*.pyx"))
        ],
        compiler_directives={
            "language_level": 3,
            "boundscheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": DEBUG,
        },
    ),
)
