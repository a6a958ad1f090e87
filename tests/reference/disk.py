"""A disk that loses power: the states in which a save may be found after a power cut, by the rules of POSIX.

The rules are those of the weakest file system that POSIX allows.  What a file holds is safe only after the file was
synced; until then it may hold what it held at the last sync, nothing, the new content, half of it, or zeros.  Names
(new files, renames, removals) are safe only after their folder was synced; until then any of them may be lost while a
later one is kept.  A rename is atomic.
"""

from __future__ import annotations

import builtins
import io
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CALLS = ("open", "mkdir", "rename", "replace", "link", "symlink", "unlink", "remove", "rmdir", "fsync", "ftruncate")
MOST_PENDING = 6  # changes of names of which all subsets are tried; of more, prefixes, and all without one
DAMAGES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "old content": lambda old, new: old,
    "new content": lambda old, new: new,
    "nothing": lambda old, new: b"",
    "half": lambda old, new: new[: len(new) // 2],
    "zeros": lambda old, new: bytes(len(new)),
}
Tree = dict[str, bytes | None]
"""Path -> content of a file; None for a folder."""
State = tuple[tuple[str, bytes | None], ...]
"""The items of a tree, sorted."""


@dataclass(eq=False)
class Node:
    """A file or a folder."""

    is_folder: bool
    content: bytes = b""
    synced: bytes = b""
    entries: dict[str, Node] = field(default_factory=dict)  # of a folder, on the disk for certain


@dataclass(frozen=True)
class Change:
    """A change of names that may be lost: for each folder and name, the new node or None."""

    what: str
    entries: tuple[tuple[Node, str, Node | None], ...]


class Disk:
    """Records what happens in a folder, and yields what a power cut may leave of it.

    Parameters
    ----------
    root : pathlib.Path
        The folder; what it holds now is safe.

    Attributes
    ----------
    states : dict
        The different trees that a power cut may leave, each with the moments at which.
    calls : list of str
        The recorded calls.
    before : dict
        What the folder held at first.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[str] = []
        self.states: dict[State, list[str]] = {}
        self._pending: list[Change] = []
        self._changed = True  # since the last look for states
        self._nodes: dict[str, Node] = {".": Node(True)}  # by the path that a running program sees
        self._identities: dict[str, tuple[int, int]] = {}
        self._observe()
        self._pending.clear()
        for path, node in self._nodes.items():
            node.synced = node.content
            if path != ".":
                self._parent(path).entries[Path(path).name] = node
        self.before: Tree = {}
        list_tree(self._nodes["."], "", DAMAGES["old content"], self.before)

    @contextmanager
    def record(self) -> Iterator[None]:
        """Record the calls of the block, and look for the states after each of them."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shutil, "_use_fd_functions", False, raising=False)  # so that names are whole paths
            for module, name in [(os, name) for name in CALLS] + [(builtins, "open"), (io, "open")]:
                patch.setattr(module, name, self._wrap(getattr(module, name), name))
            yield
        self._observe()
        self._collect("the end")

    def _wrap(self, function: Any, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._observe()
            self._collect(f"before {name} {arguments[0] if arguments else ''}")
            result = function(*arguments, **options)
            self.calls.append(name)
            self._observe()
            if name == "fsync":
                self._sync(arguments[0])
            return result

        return call

    def _observe(self) -> None:
        """Find out what changed: a name whose file had another name before was renamed."""
        found: dict[str, tuple[int, int]] = {}
        for folder, folders, files in os.walk(self.root):
            for name in [*folders, *files]:
                path = os.path.join(folder, name)
                state = os.lstat(path)
                found[os.path.relpath(path, self.root)] = (state.st_dev, state.st_ino)
        new = [path for path in found if self._identities.get(path) != found[path]]
        gone = [path for path in self._identities if found.get(path) != self._identities[path]]
        nodes = dict(self._nodes)
        for path in gone:
            del nodes[path]
        moved = {self._identities[path]: path for path in gone}
        entries, before = [], dict(self._nodes)
        for path in new:
            old = moved.get(found[path])
            nodes[path] = Node((self.root / path).is_dir()) if old is None else before[old]
        self._nodes = nodes
        for path in gone:
            parent = before[os.path.dirname(path) or "."]
            entries.append((parent, Path(path).name, None))
        for path in new:
            entries.append((self._parent(path), Path(path).name, nodes[path]))
        entries = [entry for entry in entries if not self._moved_along(entry)]
        if entries:
            self._pending.append(Change(" ".join([*gone, "->", *new]), tuple(entries)))
        self._identities, self._changed = found, self._changed or bool(entries)
        for path, node in nodes.items():
            if not node.is_folder:
                with io.FileIO(self.root / path) as file:
                    content = file.readall()
                self._changed |= content != node.content
                node.content = content

    def _moved_along(self, entry: tuple[Node, str, Node | None]) -> bool:
        """Return whether an entry is in a folder that moved as a whole: nothing changed in it."""
        folder, name, node = entry
        if folder not in self._nodes.values():
            return False
        path = next(path for path, other in self._nodes.items() if other is folder)
        now = self._nodes.get(os.path.normpath(os.path.join(path, name)))
        known = folder.entries.get(name)
        for change in self._pending:
            for parent, changed, value in change.entries:
                if parent is folder and changed == name:
                    known = value
        return now is known if node is None else node is known

    def _parent(self, path: str) -> Node:
        return self._nodes[os.path.dirname(path) or "."]

    def _sync(self, handle: int) -> None:
        state, self._changed = os.fstat(handle), True
        for path, node in self._nodes.items():
            if os.path.samestat(os.stat(self.root / path), state):
                node.synced = node.content
                kept = []
                for change in self._pending:
                    if node.is_folder and any(folder is node for folder, _, _ in change.entries):
                        apply(change)
                    else:
                        kept.append(change)
                self._pending = kept

    def _collect(self, moment: str) -> None:
        if not self._changed:
            return
        self._changed = False
        for chosen in choose(len(self._pending)):
            undo = []
            for number in chosen:
                for folder, name, _ in self._pending[number].entries:
                    undo.append((folder, name, folder.entries.get(name)))
                apply(self._pending[number])
            for name, damage in DAMAGES.items():
                tree: Tree = {}
                list_tree(self._nodes["."], "", damage, tree)
                lost = [self._pending[k].what for k in range(len(self._pending)) if k not in chosen]
                self.states.setdefault(tuple(sorted(tree.items())), []).append(f"{moment}; {name}; lost: {lost}")
            for folder, name, node in reversed(undo):
                set_entry(folder, name, node)


def choose(number: int) -> list[tuple[int, ...]]:
    """Return the subsets of changes that are kept."""
    everything = tuple(range(number))
    if number <= MOST_PENDING:
        return [chosen for size in range(number + 1) for chosen in itertools.combinations(everything, size)]
    without_one = [everything[:k] + everything[k + 1 :] for k in everything]
    return [*(everything[:k] for k in range(number + 1)), *without_one, *((k,) for k in everything)]


def apply(change: Change) -> None:
    """Keep a change."""
    for folder, name, node in change.entries:
        set_entry(folder, name, node)


def set_entry(folder: Node, name: str, node: Node | None) -> None:
    """Set or remove a name in a folder."""
    if node is None:
        folder.entries.pop(name, None)
    else:
        folder.entries[name] = node


def list_tree(folder: Node, prefix: str, damage: Callable[[bytes, bytes], bytes], tree: Tree) -> None:
    """List what is on the disk, if all contents that are not safe are damaged in one way."""
    for name, node in folder.entries.items():
        if node.is_folder:
            tree[prefix + name] = None
            list_tree(node, f"{prefix}{name}/", damage, tree)
        else:
            same = node.synced == node.content
            tree[prefix + name] = node.content if same else damage(node.synced, node.content)


def distinct(states: dict[State, list[str]]) -> dict[State, list[str]]:
    """Leave out states that differ only in the content of unfinished files (with NLP_ZERO_FUZZ, keep all)."""
    if "NLP_ZERO_FUZZ" in os.environ:
        return states
    found = {
        tuple((name, b"" if content and ".part" in name else content) for name, content in state): state
        for state in states
    }
    return {state: states[state] for state in found.values()}


def write_tree(root: Path, state: State) -> None:
    """Make a folder hold one state and nothing else."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name, content in state:
        if content is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(content)
