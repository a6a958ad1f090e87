"""Results that cannot be changed."""

from __future__ import annotations

from typing import Any

__all__ = ["Immutable"]


class Immutable:
    """Base class of objects whose attributes the constructor sets, and nothing later.

    Examples
    --------
    >>> class Point(Immutable):
    ...     def __init__(self, x):
    ...         self._set(x=x)
    >>> Point(1).x = 2
    Traceback (most recent call last):
    AttributeError: Point objects are immutable; x cannot be set.
    """

    __slots__ = ()

    def _set(self, **values: object) -> None:
        """Set attributes: in the constructor, and later only what is computed on first use."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setstate__(self, state: Any) -> None:
        """Restore a copy or a pickle; the state of an object with slots is two mappings."""
        for values in state if isinstance(state, tuple) else (state,):
            self._set(**(values or {}))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} objects are immutable; {name} cannot be set.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} objects are immutable; {name} cannot be deleted.")
