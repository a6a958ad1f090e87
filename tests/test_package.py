"""The package as it is installed: its metadata, and the older package of the same import name."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import nlp_zero

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["nlp_zero-0.1.6.dist-info", "nlp_zero-0.1.6-py3.11.egg-info"])
def test_the_older_package_is_noticed(tmp_path: Path, name: str) -> None:
    (tmp_path / "nlp_zero").symlink_to(Path(nlp_zero.__file__).parent)
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import nlp_zero"]
    quiet = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "older package" not in quiet.stderr
    (tmp_path / name).mkdir()
    warned = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert f"the older package nlp-zero ({name}) is installed" in warned.stderr
    assert "pip uninstall nlp-zero nlpzero" in warned.stderr


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.*)$", citation, re.MULTILINE)[1] == nlp_zero.__version__  # type: ignore[index]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert nlp_zero.__version__.split(".dev")[0] in changelog


def test_every_file_of_the_tree_is_in_the_source_distribution() -> None:
    """Whatever git knows is named in MANIFEST.in, but for the files of git and of the workflows."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git repository")
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    included = set(re.findall(r"^(?:recursive-include|include) (.*)$", manifest, re.MULTILINE))
    words = {word for line in included for word in line.split()}
    by_setuptools = {"pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in"}
    for name in listed.stdout.splitlines():
        top = name.split("/")[0]
        if top in (".github", ".gitignore", "nlp_zero"):
            continue
        assert top in words | by_setuptools, f"{name}: add it to MANIFEST.in"


def test_extras_are_described_in_the_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for page in ("README.md", "README.zh.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for extra in project["project"]["optional-dependencies"]:
            assert f"`{extra}`" in text, f"{page}: {extra}"


def test_links_of_the_readme_work_on_an_index_page() -> None:
    describe = runpy.run_path(str(ROOT / ".ci" / "description.py"))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    env = {"GITHUB_SERVER_URL": "https://example.org", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "c1"}
    complete = describe["complete_links"](text, env)
    targets = re.findall(r"\]\(([^)]*)\)", complete)
    assert len(targets) > 10
    assert {target for target in targets if not target.startswith(("https://", "#"))} == set()
    for path in re.findall(r"https://example\.org/a/b/(?:raw|blob)/c1/([^)#]*)", complete):
        assert (ROOT / path).exists(), path
    assert "![" in complete
    assert "raw/c1/docs/pictures/" in complete
    assert set(describe["list_addresses"](env).values()) > {"https://example.org/a/b"}
    plain = describe["complete_links"](text, {})
    assert re.findall(r"\]\((?!https:|#)", plain) == []
    assert "docs/builders.md" in plain
    assert describe["list_addresses"]({}) == {}
