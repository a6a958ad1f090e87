"""Templates: patterns of words with slots, such as 从 … 到 …."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Template"]


@dataclass(frozen=True)
class Template:
    """A pattern of words and slots; a slot (None) is filled by one or more words.

    Attributes
    ----------
    items : tuple of (str or None)
        The words and slots, in order; at least one word.
    count : float
        How often the corpus uses it: expected uses, or occurrences for ``skipgram`` and for `across` templates.
    fillers : int
        Distinct fillings of its slots (distinct neighbours on both sides if it has none).
    pmi : float
        Least pointwise mutual information between neighbouring words of the template, nats; 0 for a single word.
    gain : float
        Nats by which it shortens the description of the corpus, after its own cost is subtracted.
    probability : float
        Probability of being chosen where a unit is written; for `across` templates, for two neighbouring clauses.
    examples : tuple of tuple of str
        Frequent fillings: one text for each slot, words separated by spaces.
    across : bool
        Whether it joins two neighbouring clauses: its inner slot contains a comma, 不仅 … ， 而且 ….

    Raises
    ------
    ValueError
        If `items` contains no word, or anything but words and None.

    Examples
    --------
    >>> template = Template(("从", None, "到", None), count=120)
    >>> template
    Template('从 … 到 …', count=120)
    >>> template.anchors, template.slots, template.is_gapped
    (('从', '到'), 2, True)
    """

    items: tuple[str | None, ...]
    count: float = 0
    fillers: int = 0
    pmi: float = 0.0
    gain: float = 0.0
    probability: float = 0.0
    examples: tuple[tuple[str, ...], ...] = ()
    across: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.items, str) or not all(x is None or (isinstance(x, str) and x) for x in self.items):
            raise ValueError(f"a template is a sequence of words and slots (None), not {self.items!r}.")
        object.__setattr__(self, "items", tuple(self.items))
        object.__setattr__(self, "examples", tuple(map(tuple, self.examples)))
        if not self.anchors:
            raise ValueError("a template needs at least one word in addition to its slots.")

    @property
    def anchors(self) -> tuple[str, ...]:
        """The words of the template."""
        return tuple(item for item in self.items if item is not None)

    @property
    def slots(self) -> int:
        """The number of slots."""
        return self.items.count(None)

    @property
    def is_gapped(self) -> bool:
        """Whether a slot lies between two of its words."""
        words = [place for place, item in enumerate(self.items) if item is not None]
        return None in self.items[words[0] : words[-1]]

    def __str__(self) -> str:
        return " ".join("…" if item is None else item for item in self.items)

    def __repr__(self) -> str:
        across = ", across=True" if self.across else ""
        return f"Template({str(self)!r}, count={self.count:g}{across})"
