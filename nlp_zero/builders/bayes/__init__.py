"""Words by a Pitman-Yor model with latent word classes, learnt by sampling.

The modules in reading order: ``text`` (samples and slices of the text), ``checkpoint`` (the state on disk),
``sampling`` (sweeps over slices), ``recounting`` (words of a sample counted in the whole corpus), ``builder``, and
``selection`` (which words stand on their own).
"""

from .builder import BayesLexiconBuilder
from .selection import select_discovered

__all__ = ["BayesLexiconBuilder", "select_discovered"]
