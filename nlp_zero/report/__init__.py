"""A report about a corpus: one HTML page with its words, charts, templates and sentences, which opens without a network."""

from .builder import Report, ReportBuilder

__all__ = ["Report", "ReportBuilder"]
