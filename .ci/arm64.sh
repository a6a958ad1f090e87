#!/bin/sh
# Build the kernels for 64-bit ARM and run tests of them on an emulated processor: arm64.sh BIN TESTS..., where BIN is the folder of
# a Python with the dependency group `build`.  Python, NumPy and the C library come from Debian packages for arm64, which
# are unpacked, not installed.  Debian 12: apt-get install qemu-user g++-aarch64-linux-gnu
set -eu
bin=$1
shift
for program in qemu-aarch64 aarch64-linux-gnu-g++ apt-get dpkg-deb; do
    command -v $program >/dev/null || {
        echo "make arm64 needs $program (Debian: apt-get install qemu-user g++-aarch64-linux-gnu)." >&2; exit 1; }
done
work=$PWD/build/arm64
root=$work/root pure=$work/pure tree=$work/tree
python=python3.11  # of Debian 12

if [ ! -e "$root/usr/bin/$python" ]; then
    rm -rf "$root" "$work/apt" && mkdir -p "$root" "$work/apt/lists/partial" "$work/apt/archives/partial"
    : >"$work/apt/status"
    apt="apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State=$work/apt -o Dir::State::lists=$work/apt/lists
        -o Dir::State::status=$work/apt/status -o Dir::Cache=$work/apt -o Dir::Cache::archives=$work/apt/archives -o Debug::NoLocking=1
        -o APT::Sandbox::User= -o APT::Install-Recommends=0"
    $apt update >"$work/apt.log"
    # Dependencies are resolved as on an empty system.
    $apt install --yes --download-only $python lib$python-dev python3-numpy libstdc++6 >>"$work/apt.log"
    for package in "$work"/apt/archives/*.deb; do dpkg-deb --extract "$package" "$root"; done
fi
if [ ! -e "$pure/pytest" ]; then  # without compiled parts; later versions of Hypothesis have some
    "$bin/python" -m pip install --quiet --disable-pip-version-check --target "$pure" --only-binary :all: --no-deps \
        --python-version 3.11 --platform any pytest pluggy iniconfig packaging pygments 'hypothesis==6.100.*' attrs \
        sortedcontainers tqdm
fi

mkdir -p "$tree/corpora"
cp -ru .ci nlp_zero tests setup.py pyproject.toml README.md "$tree/" && cp corpora/*.* "$tree/corpora/"
find "$tree/nlp_zero" -name '*.so' ! -name '*aarch64*' -delete
cd "$tree"
cxx=aarch64-linux-gnu-g++
SETUPTOOLS_EXT_SUFFIX=.cpython-311-aarch64-linux-gnu.so CC=$cxx CXX=$cxx LDSHARED="$cxx -shared" LDCXXSHARED="$cxx -shared" \
    CFLAGS="-I$root/usr/include/$python -I$root/usr/include" "$bin/python" setup.py -q build_ext --inplace
export PYTHONDONTWRITEBYTECODE=1 NLP_ZERO_EXPECT=. PYTHONPATH="$pure:$root/usr/lib/python3/dist-packages:$tree"
libraries=$root/usr/lib/aarch64-linux-gnu
arm() { qemu-aarch64 -L "$root" -E "LD_LIBRARY_PATH=$libraries/blas:$libraries/lapack" "$root/usr/bin/$python" "$@"; }
arm -c 'import platform, numpy, nlp_zero; print(platform.machine(), "Python", platform.python_version(), "NumPy", numpy.__version__)'
arm -m pytest -q -p no:cacheprovider "$@"
