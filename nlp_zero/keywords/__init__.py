"""Keywords of documents, document frequencies, and function words as a stop list."""

from .extractor import KeywordExtractor
from .frequencies import DocumentFrequencies, add_document_frequencies, count_documents
from .stop_words import StopWords, find_stop_words
from .table import KeywordTable

__all__ = [
    "DocumentFrequencies",
    "KeywordExtractor",
    "KeywordTable",
    "StopWords",
    "add_document_frequencies",
    "count_documents",
    "find_stop_words",
]
