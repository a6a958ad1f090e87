"""Print the lowest version that pyproject.toml allows of each dependency, as pinned requirements.

The output covers the build requirements, the dependencies of the package and the tools that run the tests.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

TEST_TOOLS = ("pytest", "hypothesis", "regex")


def floors(project: dict[str, object]) -> list[str]:
    """Return one ``name==version`` for each requirement, in the order of the file.

    Raises
    ------
    ValueError
        If a requirement has no lower bound.
    """
    groups = project["dependency-groups"]["test"]  # type: ignore[index]
    requirements = [
        *project["build-system"]["requires"],  # type: ignore[index]
        *project["project"]["dependencies"],  # type: ignore[index]
        *(one for one in groups if isinstance(one, str) and one.startswith(TEST_TOOLS)),
    ]
    pinned = []
    for requirement in requirements:
        found = re.match(r"([\w.-]+)>=([\w.]+)", requirement)
        if found is None:
            raise ValueError(f"pyproject.toml: {requirement!r} needs a lower bound such as 'name>=1.0'.")
        pinned.append(f"{found[1]}=={found[2]}")
    return pinned


if __name__ == "__main__":
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    print("\n".join(floors(tomllib.loads(text))))
