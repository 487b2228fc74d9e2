"""Official PRF files: names, shapes and places as the missions write them, and files that are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from data.formats.errors import UnreadableFile
from data.formats.pixel_files import read_pixels
from data.formats.prf_files import NotAPrf, find_prf, prfs_for, read_kepler_prf, read_tess_prf
from science.pixels import PixelCube, SkyGrid
from science.prf import GaussianPrf
from tests.data.formats.pixel_building import pixel_file


def gaussian(size: int, per_pixel: int, sigma: float) -> np.ndarray:
    offset = (np.arange(size) - size // 2) / per_pixel
    line = np.exp(-0.5 * (offset / sigma) ** 2)
    return (np.outer(line, line) / line.sum() ** 2 * per_pixel**2).astype(np.float32)


def write_tess(folder: Path, date: str, camera: int, ccd: int, sigma: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for row in (1, 513, 1025, 1536, 2048):
        for column in (45, 557, 1069, 1580, 2092):
            image = fits.PrimaryHDU(gaussian(117, 9, sigma + 0.1 * column / 2092))
            extra = fits.ImageHDU(np.full((117, 117), 0.01, dtype=np.float32))
            name = f"tess{date}-prf-{camera}-{ccd}-row{row:04d}-col{column:04d}.fits"
            fits.HDUList([image, extra]).writeto(folder / name)


def write_kepler(
    path: Path, sizes: tuple[int, ...] = (551, 551, 551, 551, 551), sigmas: tuple[float, ...] = (0.7,) * 5
) -> Path:
    parts = [fits.PrimaryHDU()]
    places = ((12, 20), (1111, 20), (1111, 1043), (12, 1043), (561.5, 531.5))
    for size, sigma, (column, row) in zip(sizes, sigmas, places, strict=True):
        part = fits.ImageHDU(gaussian(size, 50, sigma))
        part.header["CRVAL1P"], part.header["CRVAL2P"] = column, row
        part.header["CDELT1P"] = part.header["CDELT2P"] = 0.02
        parts.append(part)
    fits.HDUList(parts).writeto(path)
    return path


def test_tess_files_are_found_by_detector_and_sector(tmp_path: Path) -> None:
    write_tess(tmp_path / "start_s0001" / "cam1_ccd2", "2018243163600", 1, 2, 0.6)
    write_tess(tmp_path / "start_s0004" / "cam1_ccd2", "2019107181900", 1, 2, 0.9)
    early, late = find_prf(tmp_path, "TESS", 1, 2, 3), find_prf(tmp_path, "TESS", 1, 2, 4)
    assert early is not None
    assert late is not None
    assert early.samples.shape == (25, 117, 117)
    assert early.per_pixel == 9
    assert {*early.columns} == {45, 557, 1069, 1580, 2092}
    assert early.samples.max() > 1.5 * late.samples.max()
    # from left to right the PRF gets wider, from bottom to top it stays
    narrow, wide = early.at(45, 700).image(13, 13, 6, 6), early.at(2092, 700).image(13, 13, 6, 6)
    assert narrow[6, 6] > wide[6, 6]
    assert np.allclose(narrow, early.at(45, 1900).image(13, 13, 6, 6))
    assert narrow.sum() == pytest.approx(1.0, abs=1e-2)
    assert find_prf(tmp_path, "TESS", 3, 2, 4) is None


def test_every_movie_gets_the_prf_of_its_own_place(tmp_path: Path) -> None:
    write_tess(tmp_path, "2018243163600", 1, 2, 0.6)
    left = PixelCube(
        "TIC 1", "S1", "TESS", 1, np.zeros(1), np.zeros((1, 11, 11)), np.zeros((1, 11, 11)), np.zeros(1, np.int32),
        np.ones(1, np.bool_), SkyGrid(0, 0, (5, 5), ((1, 0), (0, 1))), None, None, (50, 600), 0.001, "target pixels",
        True, 1, 2,
    )  # fmt: skip
    right, elsewhere = replace(left, label="S2", corner=(2080, 600)), replace(left, label="S3", ccd=3)
    found = prfs_for(str(tmp_path), [left, right, elsewhere])
    assert sorted(found) == ["S1", "S2"]
    assert found["S1"].image(11, 11, 5, 5)[5, 5] > found["S2"].image(11, 11, 5, 5)[5, 5]
    assert prfs_for(tmp_path / "nowhere", [left]) == {}


def test_kepler_files_hold_five_places(tmp_path: Path) -> None:
    write_kepler(tmp_path / "kplr02.1_2011265_prf.fits")
    table = find_prf(tmp_path, "Kepler", 2, 1, 10)
    assert table is not None
    assert table.samples.shape == (5, 551, 551)
    assert table.per_pixel == 50
    assert table.at(300, 300).image(9, 9, 4.2, 4.1).sum() == pytest.approx(1.0, abs=1e-3)
    assert find_prf(tmp_path, "K2", 2, 4, 10) is None


@pytest.mark.parametrize("mission", ["Kepler", "K2"])
def test_a_kepler_pixel_file_names_its_module_and_output(tmp_path: Path, mission: str) -> None:
    write_kepler(tmp_path / "kplr04.2_2011265_prf.fits", sigmas=(0.6, 1.2, 1.2, 0.6, 0.9))
    write_kepler(tmp_path / "kplr04.3_2011265_prf.fits", sigmas=(2.0,) * 5)
    (tmp_path / "kplr14.2_2011265_prf.fits").write_text("another module, and no FITS file")
    first = {"TELESCOP": "Kepler", "MISSION": mission, "OBJECT": "KIC 6804648", "MODULE": 4, "OUTPUT": 2, "CHANNEL": 10}
    first |= {"QUARTER": 10} if mission == "Kepler" else {"CAMPAIGN": 10}
    cards = {"BJDREFI": 2454833, "1CDLT4": -3.98 / 3600, "2CDLT4": 3.98 / 3600}

    def movie(column: int, **changes: object) -> PixelCube:
        content = pixel_file(
            time=700.0 + np.arange(30) / 720, first=first | changes, cards=cards | {"1CRV4P": column, "2CRV4P": 40},
            drop=("CAMERA", "CCD"),
        )  # fmt: skip
        path = tmp_path / f"kplr006804648-{column}_lpd-targ.fits"
        path.write_bytes(content)
        return read_pixels(path)

    cube = movie(30)
    assert (cube.camera, cube.ccd) == (4, 2)
    near, far = (prfs_for(tmp_path, [c])[c.label].image(9, 9, 4, 4)[4, 4] for c in (cube, movie(1090)))
    assert near > 1.5 * far  # the corner of its own output that is nearest counts most
    assert far > 1.5 * GaussianPrf(2.0).image(9, 9, 4, 4)[4, 4]  # not the output beside it
    assert prfs_for(tmp_path, [movie(30, OUTPUT=4)]) == {}
    assert prfs_for(tmp_path, [movie(30, MODULE=0)]) == {}


def test_nothing_to_find_is_none(tmp_path: Path) -> None:
    assert find_prf(tmp_path / "nowhere", "TESS", 1, 1, 1) is None
    assert find_prf(tmp_path, "TESS", None, 1, 1) is None
    assert find_prf(tmp_path, "other", 1, 1, 1) is None
    (tmp_path / "tess2018243163600-prf-1-1-readme-row-col.fits").write_text("no")
    assert find_prf(tmp_path, "TESS", 1, 1, 1) is None


def test_files_that_are_no_prf_say_so(tmp_path: Path) -> None:
    text = tmp_path / "a.fits"
    text.write_text("time,flux\n1,2\n")
    with pytest.raises(UnreadableFile):
        read_tess_prf(text)
    empty = tmp_path / "b.fits"
    fits.PrimaryHDU().writeto(empty)
    with pytest.raises(NotAPrf):
        read_tess_prf(empty)
    with pytest.raises(NotAPrf):
        read_kepler_prf(empty)
    whole = tmp_path / "c.fits"
    fits.PrimaryHDU(np.ones((20, 20), dtype=np.int16)).writeto(whole)
    with pytest.raises(NotAPrf, match="decimal"):
        read_tess_prf(whole)
    holes = tmp_path / "d.fits"
    fits.PrimaryHDU(np.full((20, 20), np.nan)).writeto(holes)
    with pytest.raises(UnreadableFile, match="not numbers"):
        read_tess_prf(holes)
    with pytest.raises(UnreadableFile, match="differ"):
        read_kepler_prf(write_kepler(tmp_path / "e.fits", (551, 551, 501, 551, 551)))


def test_a_file_cut_off_says_so(tmp_path: Path) -> None:
    path = write_kepler(tmp_path / "kplr02.1_2011265_prf.fits")
    path.write_bytes(path.read_bytes()[:-400_000])
    with pytest.raises(UnreadableFile):
        find_prf(tmp_path, "Kepler", 2, 1, None)
