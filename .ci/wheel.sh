#!/bin/sh
# Build a source distribution and a wheel from it, check the wheel, install it where there is no compiler, and run the tests of
# the source distribution on it: wheel.sh BIN, the folder of a Python with the dependency group `wheel`.
set -eu
bin=$1
work=build/wheel
rm -rf $work && mkdir -p $work
"$bin"/python -m build --outdir $work/dist .
unzip -l $work/dist/*.whl | grep -E '\.(pyx|pxi|hpp|cpp)$|_kernels/[a-z]+/' && { echo "the wheel has sources of kernels" >&2; exit 1; }
PATH=$bin:$PATH "$bin"/python -m auditwheel repair --wheel-dir $work/repaired $work/dist/*.whl
"$bin"/python -m auditwheel show $work/repaired/*.whl

"$bin"/python -m venv $work/venv
mkdir $work/tree && tar -xzf $work/dist/*.tar.gz -C $work/tree --strip-components 1
wheel=$(echo "$PWD"/$work/repaired/*.whl)
cd $work/tree
# Without the folders of compilers in PATH, an installation that needs one fails.
PATH=$PWD/../venv/bin CC=/nonexistent CXX=/nonexistent ../venv/bin/python -m pip install --quiet --only-binary :all: "$wheel"
../venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
../venv/bin/python -m pip install --quiet --group test
installed=$(cd .. && venv/bin/python -c 'import nlp_zero, os; print(os.path.dirname(nlp_zero.__file__))')
mv nlp_zero sources && ln -s "$installed" nlp_zero
PATH=$PWD/../venv/bin:$PATH ../venv/bin/python -m pytest -q -p no:cacheprovider \
    --deselect tests/test_structure.py --deselect tests/test_docs.py::test_architecture_names_existing_modules
