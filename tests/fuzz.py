"""Damage inputs at random, for minutes, under a limit of memory: ``make fuzz MINUTES=10``.

An input is damaged in one to four places (`tests.reference.readers.damage_at_random`) and read.  A reader may give a
result or one sentence (`NlpZeroError`); another exception, a crash, a round of more than a minute, or memory beyond the
limit is a finding, which is printed with the seed and saved.  Between the readers, tokenizers cut random texts: joined
or decoded, the tokens must give the text again.  Memory that is not given back is a finding, too.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from nlp_zero import Lexicon, LexiconMeta, Tokenizer, VocabularyBuilder
from nlp_zero.lexicon.ids import byte_token
from tests.reference.readers import Reader, damage_at_random, make_readers, try_to_read, write_files

LIMIT_BYTES = 512 << 20  # of address space, beyond that of the program with its modules
MOST_SECONDS = 60  # for one input of each reader
MOST_GROWTH_BYTES = 32 << 20  # of memory, from the first tenth of the inputs to the last
SLOW = {"lexicon, SentencePiece", "lexicon, Hugging Face", "counts", "checkpoint", "sampler"}  # in every fourth round
TEXTS = 4  # that are cut after each input of every reader
ALPHABETS = (
    "春江潮水明月",
    "春江abc 12.5,，。%％\n\t",
    "\x00\r\v\f\u0085\u2028\ufeff\u3000\u200d",
    "e\u0301 \U0001f468\u200d\U0001f469<s>▁\ufffd",
)


def limit_memory() -> None:
    """Limit the address space of this process to what it has and `LIMIT_BYTES`."""
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + LIMIT_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def play(name: str, reader: Reader, seed: int, folder: Path, found: Counter[str], finds: Path) -> None:
    """Damage one file of a reader and read it."""
    rng = random.Random(f"{name} {seed}")
    files = good[name]
    file = rng.choice(sorted(files))
    data = damage_at_random(files[file], rng)
    write_files(folder, files | {file: data})
    try:
        found["read" if try_to_read(reader, folder) is None else "refused"] += 1
    except Exception as error:
        found["finding"] += 1
        (finds / f"{name.replace(' ', '-')}-{seed}").write_bytes(data)
        print(f"FINDING: {name}, seed {seed}, {file}: {type(error).__name__}: {error}", flush=True)


def make_tokenizers() -> list[Tokenizer]:
    """Return tokenizers of all kinds."""
    words = ["春江", "江潮", "潮水", "明月", "abc", "春", "12.5", "<s>", "▁春", "明 月"]
    small = Lexicon(words, range(1, len(words) + 1))
    whole = Lexicon(
        [*map(byte_token, range(256)), *words], range(1, 257 + len(words)), meta=LexiconMeta(byte_fallback=True)
    )
    by_byte = VocabularyBuilder(vocab_size=270, unit="byte").build(["春江潮水连海平，海上明月共潮生。"])
    own = {"words": ["水明"], "forbid": ["江潮"], "force": ["月春"]}
    return [
        Tokenizer(small), Tokenizer(small, alnum="join"), Tokenizer(small, objective="shortest"),
        Tokenizer(small, new_words=True), Tokenizer(small, granularity=-2.0), Tokenizer(small, **own),
        Tokenizer(whole), Tokenizer(whole, **own), Tokenizer(by_byte),
    ]  # fmt: skip


def make_text(rng: random.Random) -> str:
    """Return a text of 0 to 40 characters, of one alphabet, or of all characters."""
    size = rng.choice([0, 1, 2, 5, 10, 20, 40])
    if rng.randrange(5):
        return "".join(rng.choices(rng.choice(ALPHABETS), k=size))
    codes = (
        rng.choice([rng.randrange(0x80), rng.randrange(0x3000, 0xA000), rng.randrange(0x10F800)]) for _ in range(size)
    )
    return "".join(chr(code + 0x800 * (code >= 0xD800)) for code in codes)


def join_tokens(tokens: list[str]) -> str:
    """Return the text of tokens; a byte of an unknown character is a surrogate escape (PEP 383)."""
    return "".join(tokens).encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def cut(tokenizers: list[Tokenizer], seed: int, found: Counter[str]) -> None:
    """Cut random texts with every tokenizer, and put them together again."""
    rng = random.Random(f"texts {seed}")
    texts = [make_text(rng) for _ in range(TEXTS)]
    for number, tokenizer in enumerate(tokenizers):
        for text, tokens in zip(texts, tokenizer.tokenize_batch(texts, workers=1 + seed % 2), strict=True):
            joined = join_tokens(tokens)
            again = join_tokens(tokenizer.sample(text, seed=seed))
            decoded = tokenizer.decode(tokenizer.encode(text)) if tokenizer.byte_fallback else text
            good = joined == again == decoded == text
            found["cut" if good else "finding"] += 1
            if not good:
                print(
                    f"FINDING: tokenizer {number}, seed {seed}: {text!r} became {joined!r}, {again!r}, {decoded!r}",
                    flush=True,
                )


def resident_bytes() -> int:
    """Return the memory that this process occupies, after a collection."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


good: dict[str, dict[str, bytes]] = {}


def main() -> int:
    """Run until the time or the number of inputs is reached; return 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--inputs", type=int, default=sys.maxsize, help="stop after this many")
    parser.add_argument("--seed", type=int, default=0, help="of the first input of each reader")
    options = parser.parse_args()
    os.fsync = lambda handle: None  # nothing has to survive
    warnings.simplefilter("error")
    readers, tokenizers = make_readers(), make_tokenizers()
    found: Counter[str] = Counter()
    finds = Path("build/fuzz")
    finds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for number, (name, reader) in enumerate(readers.items()):
            (Path(place) / str(number)).mkdir()
            files = reader.make(Path(place) / str(number))
            good[name] = {file: (Path(place) / str(number) / file).read_bytes() for file in files}
            reader.read(Path(place) / str(number))
        for tokenizer in tokenizers:  # each keeps the objects of the characters of the basic plane
            tokenizer.tokenize("".join(map(chr, [*range(0xD800), *range(0xE000, 0x10000)])))
        limit_memory()
        start = time.monotonic()
        seed, settled = options.seed, 0
        while (share := max((time.monotonic() - start) / (60 * options.minutes), found.total() / options.inputs)) < 1:
            faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
            for number, (name, reader) in enumerate(readers.items()):
                if name not in SLOW or seed % 4 == 0:
                    play(name, reader, seed, Path(place) / str(number), found, finds)
            cut(tokenizers, seed, found)
            seed += 1
            if share > 0.1 and not settled:
                settled = resident_bytes()
        faulthandler.cancel_dump_traceback_later()
        if (growth := resident_bytes() - settled) > MOST_GROWTH_BYTES and settled:
            found["finding"] += 1
            print(f"FINDING: {growth:,} bytes were not given back")
    print(f"{found.total():,} inputs of {len(readers)} readers, seeds {options.seed} to {seed - 1}: {dict(found)}")
    return 1 if found["finding"] else 0


if __name__ == "__main__":
    sys.exit(main())
