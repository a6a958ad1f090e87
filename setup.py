"""The compiled part: one extension a kernel.  Everything else is in ``pyproject.toml``.

``NLP_ZERO_DEBUG=1`` builds with bounds checks and the standard library's assertions, for CI.
"""

import os
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
                depends=[str(header) for header in KERNELS.glob("*.hpp")],
            )
            for source in sorted(KERNELS.glob("*.pyx"))
        ],
        compiler_directives={
            "language_level": 3,
            "boundscheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": DEBUG,
            "freethreading_compatible": False,
        },
    )
)
