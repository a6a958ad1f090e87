"""Raw text as a restartable stream of blocks: sources, compression, decoding, slices for several machines."""

from .blocks import Block, TextBatch
from .corpus import Corpus
from .fingerprints import fingerprint_files
from .positions import (
    CorpusPosition,
    count_stored_bytes,
    describe_reading,
    identify_files,
    read_blocks_from,
)
from .slices import CorpusSlice, slice_corpus
from .texts import (
    FileTexts,
    JoinedTexts,
    map_parts,
    read_batches,
    read_blocks,
    read_text_batches,
    refuse_empty,
    require_text,
    restartable,
)

__all__ = [
    "Block",
    "Corpus",
    "CorpusPosition",
    "CorpusSlice",
    "FileTexts",
    "JoinedTexts",
    "TextBatch",
    "count_stored_bytes",
    "describe_reading",
    "fingerprint_files",
    "identify_files",
    "map_parts",
    "read_batches",
    "read_blocks",
    "read_blocks_from",
    "read_text_batches",
    "refuse_empty",
    "require_text",
    "restartable",
    "slice_corpus",
]
