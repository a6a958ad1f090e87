from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt

UNITS: tuple[str, ...]
ALNUM_MODES: tuple[str, ...]
UNSEEN: int

class Alphabet:
    """Symbols of a text with dense ids from 1, in the order of first appearance; 0 is a boundary."""

    unit: Literal["char", "byte"]
    alnum: Literal["token", "join", "split"]
    def __init__(self, *, unit: str = "char", alnum: str = "token", symbols: Iterable[str | bytes] = ()) -> None: ...
    def __len__(self) -> int: ...
    @property
    def symbols(self) -> list[str] | list[bytes]: ...
    def encode(self, data: str | bytes, *, grow: bool = False) -> npt.NDArray[np.uint32]:
        """Ids of a text: boundaries 0 (stretches once, always one at the end), unknown symbols ``UNSEEN``.

        Raises `UnicodeDecodeError` with the position in `data` when bytes are not UTF-8.
        """
