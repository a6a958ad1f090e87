"""The description of the package for an index page, where a link of the README into the repository would lead nowhere.

In a workflow of GitHub, which tells the address of the repository and the commit, such links become complete.  Anywhere
else their text stays, without the link, and pictures are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LINK = re.compile(r"(!?)\[([^][]*)\]\((?!https?:|#)([^()]+)\)")


def find_repository(env: Mapping[str, str]) -> str | None:
    """Return the address of the repository, from the environment of a workflow of GitHub."""
    if "GITHUB_REPOSITORY" not in env:
        return None
    return f"{env['GITHUB_SERVER_URL']}/{env['GITHUB_REPOSITORY']}"


def complete_links(text: str, env: Mapping[str, str]) -> str:
    """Return a page of the repository whose links work elsewhere."""
    repository = find_repository(env)

    def complete(link: re.Match[str]) -> str:
        picture, label, path = link.groups()
        if repository:
            return f"{picture}[{label}]({repository}/{'raw' if picture else 'blob'}/{env['GITHUB_SHA']}/{path})"
        return "" if picture else label

    return LINK.sub(complete, text)


def list_addresses(env: Mapping[str, str]) -> dict[str, str]:
    """Return what an index page links to besides the description."""
    repository = find_repository(env)
    if not repository:
        return {}
    return {
        "Source": repository,
        "Documentation": f"{repository}/tree/{env['GITHUB_SHA']}/docs",
        "Changelog": f"{repository}/blob/{env['GITHUB_SHA']}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }
