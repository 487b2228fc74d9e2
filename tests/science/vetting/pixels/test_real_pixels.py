"""Real pixels: a false positive of Kepler whose host is known, and files with little in them."""

from __future__ import annotations

import math

import pytest

from data.formats.pixel_files import read_pixels
from science.neighbours import FieldStar, StarField
from science.stars import Star
from science.vetting.pixels.vet import vet_pixels
from tests.science.vetting.pixels.movies import a_dip
from tests.standins.realdata import MISSING_REASON, has_realdata, realdata_dir

pytestmark = pytest.mark.skipif(not has_realdata(), reason=MISSING_REASON)

RA, DEC = 298.48257, 42.240379  # KIC 6804648
HOST = (298.4853, 42.2401)  # KIC 18255594, to which the certified table gives the dips
KOI = a_dip(period=0.700606479, epoch=2454833.0 + 131.59767, duration=2.449 / 24, depth=23.5e-6)


def test_the_false_positive_of_kepler_is_placed_on_its_neighbour() -> None:
    cube = read_pixels(realdata_dir() / "pixels" / "kplr006804648-q10-first1000_tpf.fits.gz")
    east, north = (HOST[0] - RA) * math.cos(math.radians(DEC)) * 3600, (HOST[1] - DEC) * 3600
    field = StarField(
        RA, DEC, 20.0, 2000.0,
        (
            FieldStar(RA, DEC, 2000.0, 0.0, 0.0, 12.6, "KIC", tic_id=1, kepmag=12.609, is_target=True),
            FieldStar(*HOST, 2000.0, math.hypot(east, north), 97.0, 19.6, "KIC", tic_id=2, kepmag=19.626),
        ),
        ("KIC",),
    )  # fmt: skip
    vetting = vet_pixels([cube], KOI, Star("KIC 6804648", ra_deg=RA, dec_deg=DEC, band="Kepler"), field)
    assert vetting.finding("on_target").outcome == "fail"
    assert vetting.finding("host_star").outcome == "fail"
    assert vetting.hosts[0].tic_id == 2
    assert vetting.combined is not None
    assert vetting.combined.sigma > 5
    assert math.hypot(vetting.combined.east_arcsec - east, vetting.combined.north_arcsec - north) < 2.5


def test_at_another_period_nothing_goes_missing() -> None:
    cube = read_pixels(realdata_dir() / "pixels" / "kplr006804648-q10-first1000_tpf.fits.gz")
    other = a_dip(period=0.8413, epoch=KOI.epoch_bjd, duration=KOI.duration_days, depth=23.5e-6)
    vetting = vet_pixels([cube], other, Star("KIC 6804648", ra_deg=RA, dec_deg=DEC, band="Kepler"), None)
    assert vetting.finding("on_target").outcome != "fail"


def test_a_file_with_few_frames_is_not_run() -> None:
    cube = read_pixels(realdata_dir() / "pixels" / "tess25155310-s01-first-cadences.fits.gz")
    sky = cube.grid.to_sky(2.0, 2.0)
    star = Star("?", ra_deg=float(sky[0]), dec_deg=float(sky[1]))
    vetting = vet_pixels([cube], a_dip(epoch=float(cube.time_bjd[0])), star, None)
    assert {f.outcome for f in vetting.findings} == {"not_run"}
    assert all(f.reason for f in vetting.findings)
