"""Fingerprints of files, by which a file that has been counted is recognised."""

from __future__ import annotations

import os

from .compression import explain_error
from .corpus import Corpus
from .sources import Source, find_sources

__all__ = ["fingerprint_files"]

DIGEST_BYTES = 8
WHOLE_BYTES = 1 << 20  # a file of at most this size is read whole; of a larger one, samples are
SAMPLES, SAMPLE_BYTES = 64, 1 << 14  # spread evenly, the first at the beginning and the last at the end
RECORD_FORMATS = ("json", "csv", "tsv", "parquet")  # a file whose other fields were read is another text


def fingerprint_files(corpus: Corpus) -> dict[str, int]:
    """Return fingerprints of the files of a corpus.

    Parameters
    ----------
    corpus : Corpus

    Returns
    -------
    dict of str to int
        For each local file that is not empty, 64 bits of a hash of its size, its stored bytes (of files above 1 MB: 64
        samples of 16 KB), and the options that choose what is read from it. The name does not matter. Standard input,
        pipes and remote files are left out.

    Raises
    ------
    CorpusError
        If a file is missing or cannot be read.
    """
    reader = corpus._reader
    return {
        source.name: _fingerprint(
            str(source.path),
            (reader.normalize, reader.field if (reader.format or source.format) in RECORD_FORMATS else None),
        )
        for source in find_sources(corpus.sources)
        if _is_stored(source)
    }


def _is_stored(source: Source) -> bool:
    return source.remote is None and not source.one_shot and bool(source.size)


def _fingerprint(path: str, options: object) -> int:
    import hashlib

    size = os.path.getsize(path)
    digest = hashlib.blake2b(repr((size, options)).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES)
    try:
        with open(path, "rb", buffering=0) as file:
            if size <= WHOLE_BYTES:
                digest.update(file.read())
            else:
                for k in range(SAMPLES):
                    file.seek((size - SAMPLE_BYTES) * k // (SAMPLES - 1))
                    digest.update(file.read(SAMPLE_BYTES))
    except OSError as error:
        raise explain_error(path, None, error) from error
    return int.from_bytes(digest.digest(), "little")
