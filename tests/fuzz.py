"""Damage inputs at random, for minutes, under a limit of memory: ``make fuzz MINUTES=10``.

An input is damaged in one to four places (`tests.reference.readers.damage_at_random`) and read.  A reader may give a
result or one sentence (`NlpZeroError`); another exception, a crash, a read of more than a minute, or memory beyond the
limit is a finding, which is printed with the seed and saved.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.reference.readers import Reader, damage_at_random, make_readers, try_to_read, write_files

LIMIT_BYTES = 512 << 20  # of address space, beyond that of the program with its modules
MOST_SECONDS = 60  # for one input


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
    faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
    try:
        found["read" if try_to_read(reader, folder) is None else "refused"] += 1
    except Exception as error:
        found["finding"] += 1
        (finds / f"{name.replace(' ', '-')}-{seed}").write_bytes(data)
        print(f"FINDING: {name}, seed {seed}, {file}: {type(error).__name__}: {error}", flush=True)
    finally:
        faulthandler.cancel_dump_traceback_later()


good: dict[str, dict[str, bytes]] = {}


def main() -> int:
    """Run until the time or the number of inputs is reached; return 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--inputs", type=int, default=sys.maxsize, help="stop after this many")
    parser.add_argument("--seed", type=int, default=0, help="of the first input of each reader")
    options = parser.parse_args()
    os.fsync = lambda handle: None  # nothing has to survive
    readers = make_readers()
    found: Counter[str] = Counter()
    finds = Path("build/fuzz")
    finds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for number, (name, reader) in enumerate(readers.items()):
            (Path(place) / str(number)).mkdir()
            files = reader.make(Path(place) / str(number))
            good[name] = {file: (Path(place) / str(number) / file).read_bytes() for file in files}
            reader.read(Path(place) / str(number))
        limit_memory()
        end = time.monotonic() + 60 * options.minutes
        seed = options.seed
        while time.monotonic() < end and found.total() < options.inputs:
            for number, (name, reader) in enumerate(readers.items()):
                play(name, reader, seed, Path(place) / str(number), found, finds)
            seed += 1
    print(f"{found.total():,} inputs of {len(readers)} readers, seeds {options.seed} to {seed - 1}: {dict(found)}")
    return 1 if found["finding"] else 0


if __name__ == "__main__":
    sys.exit(main())
