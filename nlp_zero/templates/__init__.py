"""Templates, word patterns with slots such as 从 … 到 …: how they are found, kept, and weighed as a grammar.

The folder reads in this order: clauses, boundaries (where phrases end), inventory (what is kept), grammar (what a
template is worth), mining (how they are found).
"""

from .boundaries import BoundaryModel
from .grammar import TemplateGrammar
from .inventory import Template, TemplateInventory
from .mining import TemplateMiner
from .parser import ParseTree, TemplateParser

__all__ = [
    "BoundaryModel",
    "ParseTree",
    "Template",
    "TemplateGrammar",
    "TemplateInventory",
    "TemplateMiner",
    "TemplateParser",
]
