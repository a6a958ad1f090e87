import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

def count_cuts(
    tokens: Codes, offsets: Ints, ends: Ints, starts: Ints, stick: Ints, shortest: int, longest: int
) -> tuple[Ints, Ints]: ...

class BoundaryTable:
    def __init__(
        self,
        ends: Ints,
        starts: Ints,
        left: Ints,
        right: Ints,
        first: Ints,
        follower: Codes,
        stick: Ints,
        pairs: float,
        alpha: float,
    ) -> None: ...
    def score(self, u: int, v: int) -> int: ...
    def trees(self, codes: Codes, offsets: Ints, prominence: int, pause: int) -> tuple[Codes, Ints]: ...
