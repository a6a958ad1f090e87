"""Words by a Pitman-Yor model with latent word classes, learnt by sampling."""

from .builder import BayesLexiconBuilder, discovered

__all__ = ["BayesLexiconBuilder", "discovered"]
