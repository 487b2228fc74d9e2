"""The whole way from a name to a light curve over the bundled examples alone: runs on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.archives import mast
from data.archives.errors import ArchiveUnavailable, TargetNotFound
from data.archives.targets import parse_target
from data.formats.reading import read
from tests.standins.mast_server import MastStandIn
from tests.standins.realdata import EXAMPLES


@pytest.fixture
def bundled() -> Iterator[MastStandIn]:
    with MastStandIn(EXAMPLES) as server:
        yield server


@pytest.mark.parametrize(("text", "tic_id", "sector"), [("WASP-4 b", 402026209, 2), ("TIC 358108509", 358108509, 1)])
def test_from_a_name_to_a_light_curve(
    bundled: MastStandIn, tmp_path: Path, text: str, tic_id: int, sector: int
) -> None:
    settings = bundled.settings(tmp_path)
    star = mast.resolve(parse_target(text), settings)
    assert star.tic_id == tic_id
    assert star.known_planets == ()
    (product,) = mast.choose_default(mast.list_products(star, settings=settings))
    bundled.fault("truncate", "download", value=0.6)
    result = read(mast.download(product, settings=settings))
    assert [(c.number, c.pipeline) for c in result.curves] == [(sector, "SPOC")]
    assert result.curves[0].flux.size > 18_000


def test_the_simulated_example_is_not_served(bundled: MastStandIn) -> None:
    assert len(bundled.holdings.observations) == 4
    assert not any("simulated" in uri for uri in bundled.holdings.by_uri)


def test_unknown_and_unreachable(bundled: MastStandIn, tmp_path: Path) -> None:
    settings = bundled.settings(tmp_path)
    with pytest.raises(TargetNotFound):
        mast.resolve(parse_target("TIC 261136679"), settings)
    bundled.fault("status", times=None, value=503)
    with pytest.raises(ArchiveUnavailable, match="HTTP 503"):
        mast.resolve(parse_target("TIC 402026209"), settings)


def test_what_was_not_found_is_soon_asked_again(
    bundled: MastStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = bundled.settings(tmp_path)
    for _ in range(2):
        with pytest.raises(TargetNotFound):
            mast.resolve(parse_target("TIC 999"), settings)
    assert bundled.asked("invoke Mast.Catalogs.Filtered") == 1
    monkeypatch.setattr(mast, "NOT_FOUND_FRESH_SECONDS", 0.0)
    with pytest.raises(TargetNotFound):
        mast.resolve(parse_target("TIC 999"), settings)
    assert bundled.asked("invoke Mast.Catalogs.Filtered") == 2
    bundled.fault("status", times=None, value=503)
    with pytest.raises(ArchiveUnavailable):
        mast.resolve(parse_target("TIC 999"), settings)
