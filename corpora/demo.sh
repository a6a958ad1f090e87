#!/bin/sh
# Fetch a text, learn its words, show the most frequent ones, segment three sentences: demo.sh NAME
set -eu
name=$1
here=$(dirname "$0")
out=$here/data
lexicon=$out/$name.lexicon.tsv
mkdir -p "$out"
if [ "$name" = sample ]; then
    text=$here/sample.txt
else
    echo "Fetching the text $name ..."
    text=$(python "$here/fetch.py" --output "$out" "$name") || {
        echo "The text cannot be fetched; 'make demo CORPUS=sample' works offline." >&2; exit 1; }
fi
echo
echo "\$ nlpzero build-vocab $name.txt -o $name.lexicon.tsv"
nlpzero build-vocab "$text" -o "$lexicon"
echo
echo "The most frequent words of two or more characters (PMI and entropies in nats):"
python - "$lexicon" <<'PY'
import sys
from nlp_zero import Lexicon
lexicon = Lexicon.load(sys.argv[1])
names = list(lexicon.scores)
print("word\tcount\t" + "\t".join(names))
for word in lexicon.top(20):
    k = lexicon.index(word)
    print(word, lexicon.counts[k], *(f"{lexicon.scores[name][k]:.2f}" for name in names), sep="\t")
PY
echo
echo "\$ nlpzero tokenize --lexicon $name.lexicon.tsv"
nlpzero tokenize --lexicon "$lexicon" <<'TEXT'
却说曹操引大军追赶玄德，直至襄阳城下。
次日，孔明与关公、张飞商议破敌之计。
玄德引关公、张飞往南阳去见孔明先生。
TEXT
