import numpy as np
import numpy.typing as npt

def format_rows(words: bytes, counts: npt.NDArray[np.int64], columns: list[npt.NDArray[np.float64]]) -> bytes:
    """Lines of word, count and numbers (as ``%.6g``), separated by tabs.  Every word is closed by a line feed."""
