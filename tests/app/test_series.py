"""The binary series: exact round trip, owner check, caching."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from data.home import settings
from larun_app.api import lrn1
from larun_app.api.routes import routes
from tests.app.made_light import made_light


def test_round_trip_is_exact() -> None:
    rng = np.random.default_rng(4)
    columns = {
        "t": rng.normal(size=1001) * 1e3,
        "flux": rng.normal(size=1001).astype(np.float32),
        "flags": rng.integers(0, 255, 1001).astype(np.uint8),
        "n": rng.integers(-5, 5, 1001).astype(np.int32),
    }
    columns["flux"][3] = np.nan
    back, meta = lrn1.decode(lrn1.encode(columns, {"ö": [1, 2]}))
    assert meta == {"ö": [1, 2]}
    assert list(back) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(back[name], values)
        assert back[name].dtype == values.dtype


def test_columns_start_on_multiples_of_eight() -> None:
    raw = lrn1.encode({"a": np.arange(3, dtype=np.uint8), "b": np.arange(3.0)}, {})
    length = int.from_bytes(raw[4:8], "little")
    assert (8 + length) % 8 == 0
    back, _ = lrn1.decode(raw)
    assert back["b"].ctypes.data % 8 == back["a"].ctypes.data % 8


@pytest.mark.parametrize("cut", [0, 3, 7, 40, -1])
def test_a_cut_series_is_refused(cut: int) -> None:
    raw = lrn1.encode({"a": np.arange(5.0)}, {})
    with pytest.raises(ValueError, match=r"LARUN|ends"):
        lrn1.decode(raw[:cut])


def test_unequal_columns_and_wide_integers_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        lrn1.encode({"a": np.arange(2.0), "b": np.arange(3.0)}, {})
    with pytest.raises(ValueError, match="int64"):
        lrn1.encode({"a": np.arange(2)}, {})


def test_light_curve_comes_as_it_was_made(client: TestClient, runs: dict[str, str]) -> None:
    answer = client.get(f"/api/v1/runs/{runs['planets']}/series/lightcurve")
    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    columns, meta = lrn1.decode(answer.content)
    light = made_light()
    np.testing.assert_array_equal(columns["t"], light.curve.time_bjd - 2457000.0)
    np.testing.assert_allclose(columns["flux"], (light.flux - 1) * 1e6, rtol=1e-6, atol=1e-3)
    assert [s["label"] for s in meta["sectors"]] == ["S1", "S2", "S28"]
    assert int(np.sum((columns["flags"] & 1) == 0)) == 40


def test_periodogram_and_its_threshold(client: TestClient, runs: dict[str, str]) -> None:
    columns, meta = lrn1.decode(client.get(f"/api/v1/runs/{runs['planets']}/series/periodogram-1").content)
    assert abs(columns["period"][np.argmax(columns["power"])] / 4.2 - 1) < 1e-3
    assert meta["threshold"] == 8.0


def test_a_second_request_costs_nothing(client: TestClient, runs: dict[str, str]) -> None:
    url = f"/api/v1/runs/{runs['planets']}/series/lightcurve"
    first = client.get(url)
    assert "immutable" in first.headers["cache-control"]
    assert "Cookie" in first.headers["vary"]
    again = client.get(url, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_without_gzip(client: TestClient, runs: dict[str, str]) -> None:
    url = f"/api/v1/runs/{runs['planets']}/series/lightcurve"
    plain = client.get(url, headers={"accept-encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == client.get(url).content


def test_kept_encoding_equals_a_fresh_one(client: TestClient, runs: dict[str, str]) -> None:
    url = f"/api/v1/runs/{runs['planets']}/series/lightcurve"
    folder = settings().cache / "series"
    for old in folder.glob("*"):
        old.unlink()
    first = client.get(url).content
    kept = list(folder.glob("*.lrn1.gz"))
    assert len(kept) == 1
    assert gzip.decompress(kept[0].read_bytes()) == first
    kept[0].unlink()
    assert client.get(url).content == first


@pytest.mark.parametrize(
    "name", ["report", "detrended", "periodogram-9", "periodogram-0", "../larun.db", "lightcurve2"]
)
def test_only_series_are_given(client: TestClient, runs: dict[str, str], name: str) -> None:
    assert client.get(f"/api/v1/runs/{runs['planets']}/series/{name}").status_code == 404


def test_another_persons_light_is_not_there(client: TestClient, runs: dict[str, str]) -> None:
    assert client.get(f"/api/v1/runs/{runs['other']}/series/lightcurve").status_code == 404
    assert client.get("/api/v1/runs/nosuchrun222/series/lightcurve").status_code == 404


def test_without_a_session(runs: dict[str, str]) -> None:
    stranger = TestClient(Starlette(routes=routes))
    assert stranger.get(f"/api/v1/runs/{runs['planets']}/series/lightcurve").status_code == 401
