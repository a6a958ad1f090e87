"""The commands of `nlpzero`, one module each family; `nlp_zero.cli` is the way in."""
