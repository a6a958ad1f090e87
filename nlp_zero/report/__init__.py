"""A report about a corpus: one HTML page with its words, charts, templates and sentences, which opens offline."""

from .builder import Report, ReportBuilder

__all__ = ["Report", "ReportBuilder"]
