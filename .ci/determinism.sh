#!/bin/sh
# Compare the golden results of tests/test_determinism.py in every setting that this machine can make: determinism.sh BIN,
# the folder of a Python with the dependency groups `test` and `build`.  Settings that need a missing program are skipped.
set -eu
bin=$1
mkdir -p build
log=$PWD/build/determinism.log
failed=

run() { # run NAME COMMAND...: the test, in the current folder
    name=$1
    shift
    printf '%-58s ' "$name"
    if env "$@" -m pytest -q -p no:cacheprovider tests/test_determinism.py >"$log" 2>&1; then
        tail -n 1 "$log"
    else
        cat "$log"
        failed="$failed $name;"
    fi
}
skip() { printf '%-58s skipped: needs %s\n' "$1" "$2"; }

# A copy of the tree whose kernels another compiler has built, and the test on it.
build() { # build NAME CXX [FLAGS]
    if ! command -v "$2" >/dev/null; then skip "$1" "$2"; return; fi
    if [ -n "${3-}" ] && ! echo '#include <vector>' | "$2" $3 -x c++ -fsyntax-only - 2>/dev/null; then skip "$1" "$2 $3"; return; fi
    rm -rf build/determinism && mkdir -p build/determinism/corpora
    cp -r .ci nlp_zero tests pyproject.toml setup.py README.md build/determinism/ && cp corpora/*.* build/determinism/corpora/
    find build/determinism/nlp_zero -name '*.so' -delete
    (cd build/determinism && CC="$2 ${3-}" CXX="$2 ${3-}" LDSHARED="$2 -shared ${3-}" LDCXXSHARED="$2 -shared ${3-}" \
        "$bin/python" setup.py -q build_ext --inplace >build.log 2>&1) || { cat build/determinism/build.log; exit 1; }
    cd build/determinism && run "$1" NLP_ZERO_EXPECT=. "$bin/python" && cd ../..
}

simd=$("$bin/python" -c '
try: from numpy._core._multiarray_umath import __cpu_dispatch__ as known, __cpu_features__ as has
except ImportError: from numpy.core._multiarray_umath import __cpu_dispatch__ as known, __cpu_features__ as has
print(*(name for name in known if has[name]))')

run "as it is" "$bin/python"
for seed in 0 1; do run "hash seed $seed" PYTHONHASHSEED=$seed "$bin/python"; done
run "NumPy without $simd" "NPY_DISABLE_CPU_FEATURES=$simd" "$bin/python"
case $(uname -sm) in "Linux x86_64")
    hwcaps=-AVX512F,-AVX2,-FMA,-FMA4,-AVX512F_Usable,-AVX2_Usable,-FMA_Usable
    run "C library without AVX2, FMA" GLIBC_TUNABLES=glibc.cpu.hwcaps=$hwcaps "$bin/python"
    run "OpenBLAS for Nehalem" OPENBLAS_CORETYPE=Nehalem "$bin/python"
    run "OpenBLAS for Haswell" OPENBLAS_CORETYPE=Haswell "$bin/python"
    if command -v qemu-x86_64 >/dev/null; then
        run "emulated processor without AVX (Nehalem)" qemu-x86_64 -cpu Nehalem "$bin/python"
    else
        skip "emulated processor without AVX (Nehalem)" qemu-x86_64
    fi
esac
build "Clang" clang++
build "Clang, libc++" clang++ -stdlib=libc++
[ -z "$failed" ] || { echo "Results differ:$failed" >&2; exit 1; }
