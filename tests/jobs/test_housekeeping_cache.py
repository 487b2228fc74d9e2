"""The cache of fetched light curves stays under its size."""

from __future__ import annotations

from jobs.housekeeping import prune_archive_cache


def test_an_empty_cache_frees_nothing(larun_home):
    assert prune_archive_cache() == 0


def test_files_beyond_the_limit_go_and_the_others_stay(larun_home):
    from data.archives.settings import ArchiveSettings

    folder = ArchiveSettings.from_env().cache_dir / "files" / "host" / "ab"
    folder.mkdir(parents=True)
    import os

    for i, name in enumerate(("old.fits", "new.fits")):
        (folder / name).write_bytes(b"x" * 1000)
        (folder / f"{name}.json").write_text("{}")
        os.utime(folder / name, (1_700_000_000 + i, 1_700_000_000 + i))
    assert prune_archive_cache(keep_bytes=1500) == 1000
    assert not (folder / "old.fits").exists()
    assert (folder / "new.fits").exists()
