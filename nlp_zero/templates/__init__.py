"""Templates, word patterns with slots such as 从 … 到 …: mining, storage, grammar and parsing.

The modules in reading order, which is also the order of their imports:

- text: ``clauses`` (where they end), ``marks`` (kinds of punctuation), ``numbering`` (a corpus as numbers);
- models: ``template``, ``boundaries`` (where phrases end), ``inventory`` (templates and their file),
  ``numbered_grammar`` (the formulas), ``grammar`` (parses and entropy of words);
- fillers: ``slot_fillers`` (tables of what fills slots), ``filler_counter``;
- mining: ``fillings`` (examples), ``candidates``, ``skipgrams``, ``clause_pairs``, ``mining``;
- parsing: ``drawing``, ``matching`` (which template covers a node), ``nodes``, ``tree``, ``parser``.
"""

from .boundaries import BoundaryModel
from .filler_counter import FillerCounter
from .grammar import TemplateGrammar
from .inventory import TemplateInventory
from .mining import TemplateMiner
from .parser import TemplateParser
from .slot_fillers import Slot, SlotFillers
from .template import Template
from .tree import ParseTree

__all__ = [
    "BoundaryModel",
    "FillerCounter",
    "ParseTree",
    "Slot",
    "SlotFillers",
    "Template",
    "TemplateGrammar",
    "TemplateInventory",
    "TemplateMiner",
    "TemplateParser",
]
