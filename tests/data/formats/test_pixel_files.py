"""Pixel files read right: places, times, masks, background; and what is no pixel file is refused with a reason."""

from __future__ import annotations

import gzip
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from data.formats import errors, read
from data.formats.pixel_files import read_pixels
from data.formats.pixel_frames import without_background
from science.pixels import PixelCube
from tests.data.formats.building import light_curve_file, primary, table
from tests.data.formats.pixel_building import WCS_CARDS, frames, pixel_file
from tests.standins.pixel_fits import Movie, binned, movie_of, pixel_bytes, prf_image
from tests.standins.realdata import EXAMPLES

REAL = {
    "kplr006804648-q10-first1000_tpf.fits.gz": ("KIC 6804648", "Q10", (7, 7), 1000, 16),
    "kplr008462852_q_first100_tpf.fits.gz": ("KIC 8462852", "Q8", (10, 11), 99, 26),
    "ktwo211983544-c18_lpd-targ.fits.gz": ("EPIC 211983544", "C18", (5, 7), 2371, 2),
    "tess25155310-s01-first-cadences.fits.gz": ("TIC 25155310", "S1", (11, 11), 4, 9),
    "tess-s0001-4-2_84.291190_-80.469170_6x6_astrocut.fits.gz": ("84.2912 -80.4692", "S1", (6, 6), 50, None),
    "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits.gz": ("107.2700 -70.0000", "S1", (5, 5), 1267, None),
}
EARLY = "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits.gz"
WASP_4 = "tess2018234235059-s0002-0000000402026209-0121-s_lc.fits.gz"


def cube_of(content: bytes, tmp_path: Path, **options: object) -> PixelCube:
    path = tmp_path / "some_tp.fits"
    path.write_bytes(content)
    return read_pixels(path, **options)  # type: ignore[arg-type]


def simulated(n: int = 60, **options: object) -> bytes:
    """A TESS star of 20,000 e-/s with a light curve that dips, drawn by the stand-in."""
    time = 2100.0 + np.arange(n) / 720
    light = 20000.0 * np.where(np.arange(n) % 20 < 4, 0.98, 1.0)
    timing = {"BJDREFI": 2457000, "BJDREFF": 0.0, "TIMEDEL": 1 / 720, "NUM_FRM": 60, "FRAMETIM": 2.0}
    star = {"OBJECT": "TIC 77", "TICID": 77, "SECTOR": 30, "DATA_REL": 60}
    movie = Movie(time, light, np.zeros(n, np.int32), "TESS", 30, 101.5, 33.25, star, timing, 120.0)
    if options.pop("cut", False):
        return pixel_bytes(binned(movie, 600.0), [], "cut-out", centre=(101.51, 33.245), camera_ccd=(2, 3))
    return pixel_bytes(movie, [], "target pixels", **options)  # type: ignore[arg-type]


def centroid(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return float((image * columns).sum() / image.sum()), float((image * rows).sum() / image.sum())


@pytest.mark.parametrize("name", REAL)
def test_real_files(realdata: Path, name: str) -> None:
    target, label, shape, usable, aperture = REAL[name]
    cube = read_pixels(realdata / "pixels" / name)
    assert (cube.target, cube.label, cube.shape) == (target, label, shape)
    assert int(cube.usable.sum()) == usable
    assert (None if cube.aperture is None else int(cube.aperture.sum())) == aperture
    assert cube.kind == ("full-frame cut-out" if aperture is None else "target pixels")
    assert cube.background_subtracted
    assert np.all(np.diff(cube.time_bjd) > 0)
    assert len(cube.sha256) == 64
    assert cube.source == name


@pytest.mark.parametrize(
    ("name", "detector"),
    [
        ("kplr006804648-q10-first1000_tpf.fits.gz", (4, 2)),
        ("ktwo211983544-c18_lpd-targ.fits.gz", (14, 4)),
        ("tess25155310-s01-first-cadences.fits.gz", (4, 1)),
    ],
)
def test_real_files_name_their_detector(realdata: Path, name: str, detector: tuple[int, int]) -> None:
    cube = read_pixels(realdata / "pixels" / name)
    assert (cube.camera, cube.ccd) == detector


def test_a_single_image_is_no_movie(realdata: Path) -> None:
    with pytest.raises(errors.NotPixels, match="single images") as caught:
        read_pixels(realdata / "pixels" / "ktwo201907706-c01-first-cadence.fits.gz", "mine.fits")
    assert caught.value.file_name == "mine.fits"


@pytest.mark.parametrize("name", [name for name in REAL if name != EARLY])
def test_the_grid_is_that_of_astropy(realdata: Path, name: str) -> None:
    cube = read_pixels(realdata / "pixels" / name)
    with fits.open(realdata / "pixels" / name) as units, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(units["APERTURE"].header)
    columns, rows = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(-1, 12, 2.5), np.arange(-1, 12, 2.5)))
    places = wcs.all_pix2world(np.column_stack([columns, rows]), 0)
    x, y = cube.grid.to_pixel(places[:, 0], places[:, 1])
    np.testing.assert_allclose(np.column_stack([x, y]), np.column_stack([columns, rows]), atol=0.01)


def test_an_early_cut_out_is_put_right(realdata: Path) -> None:
    """Its header puts the star a thousand rows away; tess-point says column 928.8, row 1904.1."""
    cube = read_pixels(realdata / "pixels" / EARLY)
    x, y = cube.grid.to_pixel(107.27, -70.0)
    assert 1.0 <= x <= 3.0
    assert 1.0 <= y <= 3.0
    assert abs(cube.corner[0] + x - 928.8) < 1.5
    assert abs(cube.corner[1] + y - 1904.1) < 1.5
    assert any("off by a pixel" in note for note in cube.notes)
    assert any("-0.939 s" in note for note in cube.notes)  # 1.979 s of the release, 1.040 s of this camera and CCD


@pytest.mark.parametrize("name", ["kplr006804648-q10-first1000_tpf.fits.gz", "tess25155310-s01-first-cadences.fits.gz"])
def test_real_stars_lie_where_the_grid_says(realdata: Path, name: str) -> None:
    cube = read_pixels(realdata / "pixels" / name)
    image = np.median(cube.flux[cube.usable], axis=0)
    assert cube.aperture is not None
    assert cube.pos_corr is not None
    x, y = centroid(np.where(cube.aperture, np.nan_to_num(image), 0.0))
    drift = np.nanmedian(cube.pos_corr[cube.usable], axis=0)
    assert abs(x - cube.grid.crpix[0] - drift[0]) < 0.3
    assert abs(y - cube.grid.crpix[1] - drift[1]) < 0.3


@pytest.mark.parametrize("options", [{}, {"cut": True}, {"shape": (9, 14)}])
def test_a_drawn_star_lies_on_its_place(tmp_path: Path, options: dict[str, object]) -> None:
    """To 0.03 pixel, so no convention of half or whole pixels can slip in."""
    cube = cube_of(simulated(600, **options), tmp_path)
    x, y = (float(v) for v in cube.grid.to_pixel(101.5, 33.25))
    image = np.nanmean(cube.flux[cube.usable], axis=0)
    rows, columns = cube.shape
    trial = {
        (dx, dy): float(np.sum((image / image.sum() - prf_image((rows, columns), x + dx, y + dy, "TESS")) ** 2))
        for dx in np.arange(-0.5, 0.51, 0.05)
        for dy in np.arange(-0.5, 0.51, 0.05)
    }
    assert np.hypot(*min(trial, key=lambda at: trial[at])) < 0.08
    assert trial[min(trial, key=lambda at: np.hypot(*at))] < 0.05 * trial[max(trial, key=lambda at: trial[at])]
    flat = centroid(np.clip(image, 0, None) ** 2)  # squared: the noise at the edge does not pull
    assert abs(flat[0] - x) < 0.1
    assert abs(flat[1] - y) < 0.1


def test_columns_and_rows_are_not_exchanged(tmp_path: Path) -> None:
    flux = np.zeros((30, 5, 6)) + np.arange(30)[:, None, None] * 0.0
    flux[:, 1, 4] = 500.0
    cube = cube_of(pixel_file(flux), tmp_path)
    assert cube.shape == (5, 6)
    assert np.argwhere(cube.flux[0] > 100).tolist() == [[1, 4]]
    assert cube.corner == (301, 402)
    assert cube.grid.crpix == pytest.approx((2.2, 1.9))


def test_what_the_headers_say(tmp_path: Path) -> None:
    mask = np.ones((5, 6), int)
    mask[2, 3] |= 2
    drift = np.column_stack([np.linspace(0, 0.1, 30), np.linspace(0.2, 0, 30)])
    cube = cube_of(pixel_file(aperture=mask, pos_corr=drift), tmp_path)
    assert (cube.target, cube.label, cube.mission, cube.number) == ("TIC 12345678", "S30", "TESS", 30)
    assert (cube.camera, cube.ccd, cube.crowding, cube.flux_fraction) == (2, 3, 0.98, 0.85)
    assert cube.exposure_days * 86400 == pytest.approx(120.0)
    assert cube.aperture is not None
    assert np.argwhere(cube.aperture).tolist() == [[2, 3]]
    assert cube.pos_corr is not None
    np.testing.assert_allclose(cube.pos_corr, drift, atol=1e-6)
    assert cube.notes == ()
    np.testing.assert_allclose(cube.time_bjd, 2459100.0 + np.arange(30) / 720, rtol=0, atol=1e-9)


@pytest.mark.parametrize("mask", [None, np.ones((5, 6), int), np.full((4, 6), 3)])
def test_no_aperture(tmp_path: Path, mask: np.ndarray | None) -> None:
    cube = cube_of(pixel_file(aperture=mask), tmp_path)
    assert cube.aperture is None
    assert any("does not say in which pixels" in note for note in cube.notes)
    assert cube.pos_corr is None  # all zeros


def test_times_are_those_of_the_light_curve(tmp_path: Path) -> None:
    """Sector 2 in its first release: both readers move the late time stamps alike."""
    content = gzip.decompress((EXAMPLES / WASP_4).read_bytes())
    cube = cube_of(pixel_bytes(movie_of(content), [], "target pixels", shape=(5, 5)), tmp_path)
    curve = read(EXAMPLES / WASP_4).curves[0]
    assert any("-1.979 s" in note for note in cube.notes)
    np.testing.assert_array_equal(cube.time_bjd, curve.time_bjd)
    np.testing.assert_array_equal(cube.quality, curve.quality)
    assert np.count_nonzero(cube.usable) >= np.count_nonzero(curve.usable)
    late = cube_of(pixel_file(first={"SECTOR": 2, "DATA_REL": 2}), tmp_path)
    right = cube_of(pixel_file(first={"SECTOR": 2, "DATA_REL": 42}), tmp_path)
    assert (right.time_bjd - late.time_bjd)[0] * 86400 == pytest.approx(1.979, abs=1e-3)


def test_times_of_full_frame_target_pixels(tmp_path: Path) -> None:
    """TESS-SPOC: the images of each camera and CCD are read at another moment (data release notes 25)."""
    first = {"SECTOR": 1, "CAMERA": 4, "CCD": 3}
    steps = {"TIMEDEL": 1800 / 86400, "NUM_FRM": 900}
    time = 1325.3 + np.arange(30) / 48
    late = cube_of(pixel_file(time=time, first=first | {"DATA_REL": 1}, cards=steps), tmp_path)
    right = cube_of(pixel_file(time=time, first=first | {"DATA_REL": 42}, cards=steps), tmp_path)
    assert (right.time_bjd - late.time_bjd)[0] * 86400 == pytest.approx(0.939, abs=1e-3)
    assert (late.kind, late.exposure_days * 86400) == ("target pixels", pytest.approx(1800.0))


def test_the_quality_mask(tmp_path: Path) -> None:
    bits = np.zeros(30, int)
    bits[3], bits[4], bits[5] = 128, 64, 4096
    content = pixel_file(quality=bits)
    assert np.flatnonzero(~cube_of(content, tmp_path).usable).tolist() == [3]
    assert np.flatnonzero(~cube_of(content, tmp_path, quality="hard").usable).tolist() == [3, 4, 5]
    assert cube_of(content, tmp_path, quality="none").usable.all()


def test_frames_without_time_or_light(tmp_path: Path) -> None:
    flux, time = frames(), 2100.0 + np.arange(30) / 720
    flux[7] = np.nan
    flux[8, 2, 2] = np.inf
    time[9] = np.nan
    time[[20, 21]] = time[[21, 20]]
    cube = cube_of(pixel_file(flux, time=time), tmp_path)
    assert cube.flux.shape == (29, 5, 6)
    assert np.flatnonzero(~cube.usable).tolist() == [7]
    assert np.isnan(cube.flux[8, 2, 2])
    assert np.all(np.diff(cube.time_bjd) > 0)
    np.testing.assert_allclose(cube.flux[19], flux[21], rtol=1e-6)  # in the order of time
    assert "1 images have no time and were left out." in cube.notes


def test_fast_cadence_is_averaged_as_an_obvious_loop_does_it(tmp_path: Path) -> None:
    n = 90
    flux, time = frames(n), 2100.0 + np.arange(n) * 20 / 86400
    bits = np.where(np.arange(n) % 13 == 0, 128, 0)
    bits[12:18] = 128  # a whole group is bad
    flux[5, 1, 1] = np.nan
    time[40] = np.nan
    timing = {"TIMEDEL": 20 / 86400, "NUM_FRM": 10, "FRAMETIM": 2.0}
    content = pixel_file(flux, time=time, quality=bits, cards=timing)
    cube = cube_of(content, tmp_path)
    groups: dict[int, list[int]] = {}
    for row in range(n):
        if np.isfinite(time[row]):
            groups.setdefault(int((time[row] - time[0]) * 86400 / 120 + 1e-6), []).append(row)
    assert cube.flux.shape[0] == len(groups) == 15
    for frame, rows in enumerate(groups.values()):
        used = [row for row in rows if bits[row] == 0] or rows
        np.testing.assert_allclose(cube.flux[frame], np.nanmean(flux[used].astype(np.float32), axis=0), rtol=1e-6)
        assert cube.time_bjd[frame] == pytest.approx(2457000 + np.mean(time[used]), abs=1e-9)
        assert cube.usable[frame] == any(bits[row] == 0 for row in rows)
        assert cube.flux_err[frame, 0, 0] == pytest.approx(1 / np.sqrt(len(used)))
    assert cube.exposure_days * 86400 == pytest.approx(120.0)
    assert any("averaged" in note for note in cube.notes)
    assert cube_of(content, tmp_path, bin_seconds=None).flux.shape[0] == n - 1


def test_two_minute_frames_are_not_averaged(tmp_path: Path) -> None:
    assert cube_of(pixel_file(), tmp_path).flux.shape[0] == 30


def test_the_background_of_a_cut_out_goes(tmp_path: Path) -> None:
    cube = cube_of(simulated(6000, cut=True), tmp_path)
    assert cube.kind == "full-frame cut-out"
    assert cube.aperture is None
    assert cube.background_subtracted
    assert any("faintest pixels" in note and "electrons a second" in note for note in cube.notes)
    edge = cube.flux[:, 0, :].mean(axis=1)
    assert np.ptp(edge) < 15  # the glow of up to 220 is gone
    assert abs(np.median(edge)) < 5
    assert cube.flux.sum(axis=(1, 2)).max() == pytest.approx(20000, rel=0.05)
    assert (cube.camera, cube.ccd, cube.number) == (2, 3, 30)


@pytest.mark.parametrize("level", [500.0, 0.0, -40.0])
def test_a_background_of_either_sign(level: float) -> None:
    rng = np.random.default_rng(4)
    star = 1000 * prf_image((11, 11), 5.2, 4.9, "TESS")
    wave = level * (1 + 0.3 * np.sin(np.arange(200) / 20))
    flux = star + wave[:, None, None] + rng.standard_normal((200, 11, 11))
    flux[3] = np.nan
    flux[:, 0, 0] = np.nan
    usable = np.ones(200, bool)
    usable[3] = False
    clean, found, pixels = without_background(flux, usable)
    assert pixels == 30
    keep = usable
    assert np.nanmax(np.abs(found[keep] - wave[keep])) < 1.5
    assert np.isnan(found[3])
    assert np.nansum(clean[keep], axis=(1, 2)) == pytest.approx(np.full(199, star.sum()), abs=120)


def test_too_few_pixels_for_a_background() -> None:
    flux = np.ones((10, 1, 3))
    clean, _, pixels = without_background(flux, np.ones(10, bool))
    assert pixels == 0
    np.testing.assert_array_equal(clean, flux)


def test_target_pixels_keep_their_zero(tmp_path: Path) -> None:
    """The pipeline has subtracted the background, so nothing is taken off again; without BACKAPP it is."""
    kept = cube_of(pixel_file(), tmp_path)
    assert np.median(kept.flux) == pytest.approx(100, abs=1)
    raw = cube_of(pixel_file(cards={"BACKAPP": False}), tmp_path)
    assert np.median(raw.flux) < 2
    assert any("faintest" in note for note in raw.notes)


def test_the_sector_of_a_cut_out_may_stand_in_its_image_names(tmp_path: Path) -> None:
    names = {"SECTOR": "", "TICID": "", "OBJECT": "", "CREATOR": "114 FfiExporter"}
    cube = cube_of(pixel_file(first=names, text="tess2018206192942-s0007-4-3-0120-s_ffi"), tmp_path)
    assert (cube.number, cube.kind, cube.target) == (7, "full-frame cut-out", "84.0000 -70.0000")


def test_packed_files(tmp_path: Path) -> None:
    content = pixel_file()
    plain = cube_of(content, tmp_path)
    packed = cube_of(gzip.compress(content), tmp_path)
    np.testing.assert_array_equal(plain.flux, packed.flux)
    assert plain.sha256 != packed.sha256


def _without(*keys: str) -> bytes:
    return pixel_file(drop=keys)


BAD: dict[str, tuple[bytes, type[errors.UnreadableFile], str]] = {
    "empty": (b"", errors.EmptyFile, "0 bytes"),
    "text": (b"time,flux\n1,2\n", errors.NotPixels, "not a FITS file"),
    "light curve": (light_curve_file(), errors.NotPixels, "light curve"),
    "no table": (primary(), errors.NotPixels, "no table of images"),
    "other images": (
        pixel_file(cards={"TTYPE4": "RAW_CNTS"}), errors.NotPixels, "no column of images called FLUX"),
    "other table": (primary() + table({"A": ("D", np.arange(9.0))}), errors.NotPixels, "no table of images"),
    "no frames": (pixel_file(frames(0)), errors.EmptyFile, "no images"),
    "truncated": (pixel_file()[:9000], errors.TruncatedFile, "cut off"),
    "cut header": (pixel_file()[:4000], errors.TruncatedFile, "middle of a header"),
    "huge rows": (pixel_file(cards={"NAXIS2": 2_000_000_000}), errors.UnreadableFile, ""),
    "huge row": (pixel_file(cards={"NAXIS1": 2**39}), errors.TruncatedFile, "cut off"),
    "wrong shape": (pixel_file(cards={"TDIM4": "(7,5)"}), errors.DamagedFile, "shape"),
    "zero shape": (pixel_file(cards={"TDIM4": "(0,0)"}), errors.DamagedFile, "shape"),
    "no shape": (_without("TDIM4"), errors.DamagedFile, "not given"),
    "no sky": (_without("1CTYP4"), errors.DamagedFile, "where the sky lies"),
    "no scale": (pixel_file(cards={"1CDLT4": 0.0}), errors.DamagedFile, "where the sky lies"),
    "wide scale": (_without("1CDLT4", "2CDLT4"), errors.DamagedFile, "where the sky lies"),
    "wrong sky": (pixel_file(cards={"2CRVL4": -170.0}), errors.DamagedFile, "where the sky lies"),
    "no times": (pixel_file(time=np.full(30, np.nan)), errors.NoTimes, "has a time"),
    "no time column": (pixel_file(cards={"TTYPE1": "WHEN"}), errors.NoTimes, "has a time"),
    "wrong times": (pixel_file(time=np.arange(30.0) - 1e6), errors.WrongTimes, "cannot be dates"),
    "all bad": (pixel_file(quality=np.full(30, 128)), errors.AllMasked, "good enough"),
    "all dark": (pixel_file(np.full((30, 5, 6), np.nan)), errors.AllMasked, "good enough"),
    "wide": (pixel_file(frames(1, 1, 1200)), errors.TooLarge, "1200 by 1"),
    "broken gzip": (gzip.compress(pixel_file())[:-200], errors.TruncatedFile, "too early"),
    "half FITS": (pixel_file().replace(b"XTENSION", b"YTENSION"), errors.DamagedFile, "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_says_why(tmp_path: Path, case: str) -> None:
    content, kind, words = BAD[case]
    with pytest.raises(kind) as caught:
        cube_of(content, tmp_path)
    assert words in str(caught.value)
    assert str(caught.value).endswith((".", ")"))
    assert caught.value.file_name == "some_tp.fits"


def test_images_only_and_folders(tmp_path: Path) -> None:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((5, 5)))]).writeto(out)
    with pytest.raises(errors.NotPixels, match="single images"):
        cube_of(out.getvalue(), tmp_path)
    with pytest.raises(errors.NotPixels, match="folder"):
        read_pixels(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_pixels(tmp_path / "nowhere.fits")


def test_more_than_fits_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.formats.limits.MAX_PIXEL_VALUES", 30 * 29)
    with pytest.raises(errors.TooLarge, match="30 images of 30 pixels"):
        cube_of(pixel_file(), tmp_path)


def test_a_matrix_may_be_given_whole(tmp_path: Path) -> None:
    """CDi_j in place of PCi_j and a scale."""
    a = 21.0 / 3600
    cards = {"11CD4": -a * 0.8, "12CD4": -a * 0.6, "21CD4": -a * 0.6, "22CD4": a * 0.8}
    whole = cube_of(pixel_file(cards=cards), tmp_path)
    parts = cube_of(pixel_file(), tmp_path)
    np.testing.assert_allclose(whole.grid.cd, parts.grid.cd)
    assert parts.grid.pixel_arcsec == pytest.approx(21.0)
    assert WCS_CARDS["1CRVL4"] == parts.grid.ra_deg


def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path) -> None:
    """400 files with flipped bytes, missing ends and shuffled cards: a cube or an UnreadableFile, never anything
    else."""
    rng = np.random.default_rng(20)
    mask = np.full((5, 6), 3)
    good = bytearray(pixel_file(frames(4), aperture=mask, text="tess-s0007-"))
    read_ones, sentences = 0, list[str]()
    for _ in range(400):
        bad = bytearray(good)
        for place in rng.integers(0, 2880 * 3, rng.integers(1, 6)):
            bad[place] = int(rng.integers(32, 127))
        if rng.random() < 0.2:
            bad = bad[: rng.integers(0, len(bad))]
        if rng.random() < 0.3:
            first, second = (int(at) * 80 + 2880 for at in rng.integers(0, 70, 2))
            bad[first : first + 80], bad[second : second + 80] = bad[second : second + 80], bad[first : first + 80]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                cube = cube_of(bytes(bad), tmp_path)
            except errors.UnreadableFile as error:
                sentences.append(str(error))
            else:
                read_ones += 1
                assert cube.flux.shape == (cube.time_bjd.size, *cube.shape)
    assert 20 < read_ones < 390
    assert max(map(len, sentences)) < 400
