"""Pictures for matplotlib, in the way of scikit-learn: ``LexiconDisplay.from_lexicon(lexicon).plot()``."""

from .displays import ComparisonDisplay, LatticeDisplay, LexiconDisplay

__all__ = ["ComparisonDisplay", "LatticeDisplay", "LexiconDisplay"]
