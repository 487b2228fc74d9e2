"""A file of pixels taken as a light curve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.formats import read
from data.formats.errors import NotALightCurve
from data.formats.pixel_files import read_pixels
from data.formats.pixel_light import SUM_COLUMN
from science.aperture_light import aperture_light
from science.vetting.contamination.dilution import is_dilution_corrected
from tests.data.formats.test_pixel_files import EARLY, simulated


def written(content: bytes, folder: Path) -> Path:
    path = folder / "star_tp.fits"
    path.write_bytes(content)
    return path


def test_the_light_is_the_sum_over_the_aperture(tmp_path: Path) -> None:
    path = written(simulated(), tmp_path)
    cube = read_pixels(path)
    [curve] = read(path).curves
    assert cube.aperture is not None
    slow = np.array([sum(frame[y, x] for y, x in np.argwhere(cube.aperture)) for frame in cube.flux])
    np.testing.assert_allclose(curve.flux, slow, rtol=1e-6)
    np.testing.assert_allclose(curve.time_bjd, cube.time_bjd)
    assert curve.label == "S30"
    assert curve.exposure_days == cube.exposure_days


def test_the_dips_drawn_into_the_pixels_are_in_the_light(tmp_path: Path) -> None:
    [curve] = read(written(simulated(), tmp_path)).curves
    inside = np.arange(curve.flux.size) % 20 < 4
    depth = 1 - np.median(curve.flux[inside]) / np.median(curve.flux[~inside])
    assert depth == pytest.approx(0.02, abs=0.003)


def test_it_says_what_it_is_and_that_neighbours_are_still_in(tmp_path: Path) -> None:
    [curve] = read(written(simulated(), tmp_path)).curves
    assert "made from pixels" in curve.notes[0]
    assert curve.flux_column == SUM_COLUMN
    assert is_dilution_corrected(curve.pipeline, curve.flux_column) is False


def test_without_an_aperture_the_bright_patch_in_the_middle_is_taken(tmp_path: Path) -> None:
    path = written(simulated(cut=True), tmp_path)
    cube = read_pixels(path)
    _, _, aperture = aperture_light(cube)
    rows, columns = cube.shape
    assert aperture[rows // 2, columns // 2]
    assert 1 < aperture.sum() < 0.5 * aperture.size


def test_pixels_without_a_star_are_refused_with_a_reason(realdata: Path) -> None:
    with pytest.raises(NotALightCurve, match="No pixel is brighter"):
        read(realdata / "pixels" / EARLY)


def test_real_target_pixels_of_kepler(realdata: Path) -> None:
    result = read(realdata / "pixels" / "kplr006804648-q10-first1000_tpf.fits.gz")
    [curve] = result.curves
    assert (curve.target, curve.label, curve.time_bjd.size) == ("KIC 6804648", "Q10", 1000)
    assert result.star.ra_deg == pytest.approx(298.48257)
    scatter = np.nanstd(np.diff(curve.flux)) / np.nanmedian(curve.flux)
    assert scatter < 1e-3
