#!/bin/sh
# Fetch a text, learn its words, look at them, segment three sentences: demo.sh NAME
# Every block of output is that of the command above it; docs/cli.md and the README show it.
set -eu
name=$1
here=$(cd "$(dirname "$0")" && pwd)
out=$here/data
mkdir -p "$out"
if [ "$name" = sample ]; then
    cp "$here/sample.txt" "$out/sample.txt"
else
    echo "Fetching the text $name ..." >&2
    python "$here/fetch.py" --output "$out" "$name" >/dev/null || {
        echo "The text cannot be fetched; 'make demo CORPUS=sample' works offline." >&2; exit 1; }
fi
cd "$out"

show() {
    echo
    echo "\$ $*"
    "$@"
}

show nlpzero build-vocab "$name.txt" -o "$name.tsv" 2>&1
show nlpzero show "$name.tsv" --top 10
echo
echo "\$ nlpzero tokenize --lexicon $name.tsv"
nlpzero tokenize --lexicon "$name.tsv" <<'TEXT'
却说曹操引大军追赶玄德，直至襄阳城下。
次日，孔明与关公、张飞商议破敌之计。
玄德引关公、张飞往南阳去见孔明先生。
TEXT
