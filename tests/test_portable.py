"""The kernels use builtins of a compiler only in portable.hpp, and its branches for MSVC compute the same."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import nlp_zero

KERNELS = Path(nlp_zero.__file__).parent / "_kernels"
HEADERS = sorted(KERNELS.rglob("*.hpp"))
pytestmark = pytest.mark.skipif(not (KERNELS / "common").is_dir(), reason="a wheel has no sources of kernels")
BUILTIN = re.compile(
    r"\b(?:__builtin_|__atomic_|__sync_|__attribute__|__declspec|__forceinline|__asm|asm\b|_Interlocked|__GNUC__|_MSC_VER)"
    r"|#\s*pragma (?!once)"
)

# The compiler pretends to be MSVC once the headers of the system are read.
PRETENCE = """
#undef __GNUC__
#undef __linux__
#undef __x86_64__
#define _MSC_VER 1930
#define _M_X64 100
#define __forceinline inline
"""
# What intrin.h of MSVC declares.
INTRINSICS = """
#pragma once
enum { _MM_HINT_T0 = 1 };
inline int prefetches = 0;
inline void count_prefetch(const char*, int) { ++prefetches; }
#define _mm_prefetch count_prefetch  // a builtin of Clang
inline unsigned char _BitScanForward64(unsigned long* place, unsigned long long bits) {
    for (*place = 0; *place < 64; ++*place)
        if (bits >> *place & 1) return 1;
    return 0;
}
inline char _InterlockedOr8(volatile char* p, char bits) { char old = *p; *p = char(old | bits); return old; }
template <class Long>  // a long of MSVC has 32 bits
inline int32_t _InterlockedExchangeAdd(volatile Long* p, Long n) {
    volatile int32_t* q = reinterpret_cast<volatile int32_t*>(p);
    const int32_t old = *q;
    *q = int32_t(uint32_t(old) + uint32_t(n));
    return old;
}
"""
PROGRAM = """
template <class V>
int compute_vectors() {
    using nlpzero::vectors;
    alignas(32) float row[16], twice[16];
    for (int i = 0; i < 16; ++i) row[i] = float(i);
    const int lanes = sizeof(typename V::Vector) / sizeof(float), last = 16 / lanes - 1;
    for (int c = 0; c <= last; ++c) vectors<V>(twice)[c] = 2.0f * vectors<V>(static_cast<const float*>(row))[c];
    typename V::Vector square = vectors<V>(row)[last] * vectors<V>(row)[last];
    square += vectors<V>(twice)[last];
    square *= 3.0f;
    return square[0] != 3 * (16 - lanes) * (18 - lanes) || square[lanes - 1] != 3 * 15 * 17 || twice[0] != 0;
}
int main() {
    using namespace nlpzero;
    int failures = 0;
    for (int i = 0; i < 64; ++i) failures += lowest_bit(uint64_t(5) << i) != i;
    failures += count_bits(0) != 0 || count_bits(~uint64_t(0)) != 64 || count_bits(0xF0F0) != 8;
    uint8_t byte = 0x81;
    atomic_or(&byte, 0x42);
    failures += atomic_load(&byte) != 0xC3;
    uint32_t numbers[] = {0xFFFFFFF0u, 7};
    failures += atomic_add(&numbers[0], 8) != 0xFFFFFFF8u || numbers[0] != 0xFFFFFFF8u || numbers[1] != 7;
    prefetch(numbers);
    prefetch_to_write(numbers);
    failures += compute_vectors<Fours>() + compute_vectors<Eights>();
    failures += EXPECTED_PREFETCHES;
    return failures;
}
"""


def test_builtins_are_in_one_header() -> None:
    code = {path.relative_to(KERNELS).as_posix(): re.sub(r"//.*", "", path.read_text("utf-8")) for path in HEADERS}
    assert [name for name, text in code.items() if BUILTIN.search(text)] == ["common/portable.hpp"]


@pytest.mark.parametrize("msvc", [False, True])
def test_both_branches_compute_the_same(msvc: bool, tmp_path: Path) -> None:
    compiler = shlex.split(os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "c++")
    if sys.platform == "win32" or shutil.which(compiler[0]) is None:
        pytest.skip("needs g++ or clang++")
    text = "\n".join(path.read_text(encoding="utf-8") for path in HEADERS)
    system = set(re.findall(r"#\s*include <([\w.]+)>", text)) - {"intrin.h", "immintrin.h"}
    source = [f"#include <{name}>" for name in sorted(system)]
    source += [PRETENCE] if msvc else []
    source += [f'#include "{path.as_posix()}"' for path in HEADERS]
    source += [PROGRAM.replace("EXPECTED_PREFETCHES", "prefetches != 2" if msvc else "0")]
    (tmp_path / "intrin.h").write_text(INTRINSICS, encoding="utf-8")
    (tmp_path / "program.cpp").write_text("\n".join(source), encoding="utf-8")
    options = ["-std=c++17", "-w", "-pthread", f"-I{tmp_path}", f"-I{sysconfig.get_path('include')}"]
    command = [*compiler, *options, str(tmp_path / "program.cpp"), "-o", str(tmp_path / "program")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run([tmp_path / "program"], check=False).returncode == 0
