"""A font that has Chinese characters, and the import of matplotlib."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

__all__ = ["choose_axes", "find_chinese_font"]

FAMILIES = (  # of Linux, macOS and Windows, best first
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Arial Unicode MS", "Noto Sans CJK JP", "Droid Sans Fallback",
)  # fmt: skip
logger = logging.getLogger(__name__)


def choose_axes(ax: Any, size: tuple[float, float]) -> Any:
    """Return the axes, or those of a new figure of this size in inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plots need matplotlib; run: pip install 'nlpzero[plot]'.") from None
    _, made = pyplot.subplots(figsize=size, layout="constrained")
    return made


def _find_new_fonts() -> list[str]:
    """Return the families of all installed fonts; matplotlib remembers those of the day when it first ran."""
    from matplotlib import font_manager

    for path in set(font_manager.findSystemFonts()) - {font.fname for font in font_manager.fontManager.ttflist}:
        try:
            font_manager.fontManager.addfont(path)
        except (RuntimeError, OSError):  # a file that is not a font
            continue
    names: list[str] = font_manager.get_font_names()
    return names


@cache
def find_chinese_font() -> str | None:
    """Return the family of an installed font with Chinese characters; without one, a warning is logged once."""
    from matplotlib import font_manager

    for find_names in (font_manager.get_font_names, _find_new_fonts):
        installed = set(find_names())
        for family in FAMILIES:
            if family in installed:
                return family
    logger.warning("no font with Chinese characters was found, so words are drawn as boxes; install Noto Sans CJK SC.")
    return None
