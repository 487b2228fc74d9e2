"""lightkurve itself, driven at the stand-in: the protocol is what the real client expects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.archives.mast import resolve
from data.archives.pixels import fetch_pixels, list_pixels
from data.archives.portal import RESOLVER, SERVICE, redirect, redirected_resolver
from data.archives.settings import ArchiveSettings
from data.archives.targets import parse_target
from data.archives.transport import GuardedSession
from data.formats.pixel_files import read_pixels
from tests.standins.mast_server import MastStandIn

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("realdata"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def lightkurve(settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """lightkurve, whose astroquery client speaks to the stand-in for the length of a test."""
    lk = pytest.importorskip("lightkurve")
    from astroquery.mast import Observations

    portal = Observations._portal_api_connection
    saved = dict(vars(portal)), Observations._session
    redirect(Observations, settings, GuardedSession(SERVICE, settings))
    with redirected_resolver(settings, GuardedSession(RESOLVER, settings)):
        yield lk
    vars(portal).clear()
    vars(portal).update(saved[0])
    Observations._session = saved[1]


def test_search_and_download(lightkurve: object, standin: MastStandIn, tmp_path: Path) -> None:
    lk = lightkurve
    found = lk.search_lightcurve("TIC 261136679", author="SPOC", exptime=120)  # type: ignore[attr-defined]
    assert list(found.mission) == [f"TESS Sector {n:02d}" for n in (1, 4, 8, 11, 12, 13)]
    by_name = lk.search_lightcurve("pi Mensae", author="TESS-SPOC")  # type: ignore[attr-defined]
    assert len(by_name) == 1
    kepler = lk.search_lightcurve("Kepler-11", author="Kepler", exptime=1800)  # type: ignore[attr-defined]
    assert kepler.mission[0] == "Kepler Quarter 01"
    assert len(kepler) == 17
    assert standin.asked("resolver pi Mensae") == 1
    real = found[0].download(download_dir=str(tmp_path))
    assert real.meta["SECTOR"] == 1
    repacked = found[1].download(download_dir=str(tmp_path))
    assert repacked.meta["SECTOR"] == 4
    assert repacked.flux.unit == "electron / s"
    assert float(repacked.time.value.min()) == pytest.approx(1413.26, abs=0.1)
    assert standin.asked("HEAD download") == 2


def test_target_pixels_and_their_grid(lightkurve: object, settings: ArchiveSettings, tmp_path: Path) -> None:
    """The same file read by lightkurve and by us: the same images, aperture and places."""
    lk = lightkurve
    found = lk.search_targetpixelfile("TIC 402026209", author="SPOC", exptime=120)  # type: ignore[attr-defined]
    theirs = found[0].download(download_dir=str(tmp_path))
    (product,) = list_pixels(resolve(parse_target("TIC 402026209"), settings, with_planets=False), [2], settings)
    ours = read_pixels(fetch_pixels(product, settings=settings))
    assert (theirs.column, theirs.row) == ours.corner
    np.testing.assert_array_equal(theirs.pipeline_mask, ours.aperture)
    np.testing.assert_array_equal(theirs.flux.value, ours.flux[ours.usable].astype(np.float32))
    x, y = theirs.wcs.all_world2pix([[353.56, -42.06]], 0)[0]
    assert [float(v) for v in ours.grid.to_pixel(353.56, -42.06)] == pytest.approx([x, y], abs=0.01)
