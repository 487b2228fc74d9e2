"""The pages are built when what they are made from changed, and only then."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from data.home import settings
from larun_app.server import build as building
from larun_app.server.build import BuildError, build, is_current, sources_hash


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of the same layout."""
    for name, content in {
        "rxconfig.py": "config = 1\n",
        "larun_app/__init__.py": "",
        "larun_app/larun_app.py": "page = 1\n",
        "larun_app/ui/chart.jsx": "export const x = 1;\n",
        "larun_app/server/build.py": "no part of a page\n",
        "larun_app/commands/up.py": "no part of a page\n",
        "larun_app/cli.py": "no part of a page\n",
        "larun_app/ui/__pycache__/x.py": "",
        "assets/tokens.css": ":root {}\n",
        "data/words.py": "WORDS = 'a'\n",
        "data/other.py": "",
        "reflex.lock/package.json": '{"name": "reflex", "dependencies": {"a": "1"}}',
        "README.md": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


IMPORTED = ["larun_app/larun_app.py", "data/words.py"]


@pytest.mark.parametrize(
    "change",
    ["rxconfig.py", "larun_app/larun_app.py", "larun_app/ui/chart.jsx", "assets/tokens.css", "data/words.py"],
)
def test_a_changed_source_changes_the_hash(project: Path, change: str) -> None:
    before = sources_hash(project, IMPORTED)
    (project / change).write_text("changed")
    assert sources_hash(project, IMPORTED) != before


@pytest.mark.parametrize("new", ["larun_app/new/page.py", "assets/fonts/a.woff2", "larun_app/ui/more.css"])
def test_a_new_source_changes_the_hash(project: Path, new: str) -> None:
    before = sources_hash(project, IMPORTED)
    (project / new).parent.mkdir(parents=True, exist_ok=True)
    (project / new).touch()
    assert sources_hash(project, IMPORTED) != before


@pytest.mark.parametrize("change", ["assets/tokens.css", "data/words.py"])
def test_a_removed_source_changes_the_hash(project: Path, change: str) -> None:
    before = sources_hash(project, IMPORTED)
    (project / change).unlink()
    assert sources_hash(project, IMPORTED) != before


def test_moving_bytes_between_files_changes_the_hash(project: Path) -> None:
    (project / "assets/a.css").write_text("xy")
    (project / "assets/b.css").write_text("z")
    before = sources_hash(project)
    (project / "assets/a.css").write_text("x")
    (project / "assets/b.css").write_text("yz")
    assert sources_hash(project) != before


@pytest.mark.parametrize(
    "change",
    ["larun_app/server/build.py", "larun_app/commands/up.py", "larun_app/cli.py", "data/other.py", "README.md",
     "larun_app/ui/__pycache__/x.py"],
)  # fmt: skip
def test_what_is_no_part_of_a_page_does_not(project: Path, change: str) -> None:
    before = sources_hash(project, IMPORTED)
    (project / change).write_text("changed")
    assert sources_hash(project, IMPORTED) == before


def test_another_version_of_the_tools_changes_the_hash(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sources_hash(project)
    monkeypatch.setattr(building, "_version", lambda package: "99" if package == "reflex" else "1")
    assert sources_hash(project) != before


def test_the_order_of_keys_in_the_lock_does_not_matter_but_versions_do(project: Path) -> None:
    lock = project / "reflex.lock/package.json"
    before = sources_hash(project)
    lock.write_text('{\n "dependencies": {"a": "1"},\n "name": "reflex"\n}\n')
    assert sources_hash(project) == before
    lock.write_text('{"name": "reflex", "dependencies": {"a": "2"}}')
    assert sources_hash(project) != before


def _fake_bundler(project: Path, log: list[str]) -> object:
    def export(_config: object, root: Path) -> list[str]:
        log.append("built")
        assert not (root / building.STAMP).exists(), "a build that breaks off must not look current"
        (root / building.PAGES).mkdir(parents=True, exist_ok=True)
        (root / building.PAGES / "index.html").write_text("<html>")
        # as npm does: equal content in another order
        (root / "reflex.lock/package.json").write_text('{"dependencies": {"a": "1"}, "name": "reflex"}')
        return IMPORTED

    return export


def test_it_is_built_once_until_something_changes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    said: list[str] = []
    monkeypatch.setattr(building, "_export", _fake_bundler(project, log))
    lock = (project / "reflex.lock/package.json").read_bytes()
    assert not is_current(project)
    assert build(settings(), project, said.append) is True
    assert is_current(project)
    assert (project / "reflex.lock/package.json").read_bytes() == lock, "the work tree stays clean"
    assert build(settings(), project, said.append) is False
    (project / "data/words.py").write_text("WORDS = 'b'\n")
    assert build(settings(), project, said.append) is True
    assert len(log) == 2
    assert "first time" in said[0]
    assert any("have changed" in sentence for sentence in said[1:])


def test_lost_pages_or_a_damaged_stamp_are_built_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_export", _fake_bundler(project, []))
    build(settings(), project, lambda _: None)
    (project / building.PAGES / "index.html").unlink()
    assert not is_current(project)
    build(settings(), project, lambda _: None)
    for damage in ("", "[]", '{"hash": "x", "imported": 3}'):
        (project / building.STAMP).write_text(damage)
        assert not is_current(project)


def test_a_build_that_fails_says_what_the_tools_said(project: Path) -> None:
    """The real command on a broken project: no pages, no stamp, the reason in the message."""
    shutil.rmtree(project / "larun_app")  # the command itself is then found where it really is
    shutil.rmtree(project / "data")
    (project / "rxconfig.py").write_text("raise RuntimeError('the moon is in the way')\n")
    with pytest.raises(BuildError, match="the moon is in the way"):
        build(settings(), project, lambda _: None)
    assert not (project / building.STAMP).exists()


def test_the_stamp_names_only_our_modules() -> None:
    from larun_app.server.export import own_modules

    root = Path(__file__).resolve().parents[2]
    names = own_modules(root)
    assert "larun_app/server/build.py" in names
    assert all(not name.startswith((".venv", "/")) for name in names)
    json.dumps(names)
