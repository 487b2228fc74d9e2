"""Gaia DR3 through the real astroquery client: complete, patient, and plain about what fails."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.archives import gaia
from data.archives.errors import ArchiveUnavailable, ServiceUnreachable
from data.archives.gaia import COLUMNS, GaiaArchive, adql_cone, gaia_cone
from data.archives.settings import ArchiveSettings
from tests.standins.gaia_server import MADE_FLAG, MADE_NUMBER, Answer, real_rows
from tests.standins.mast_server import MastStandIn
from tests.standins.realdata import REPOSITORY

TOI_3505 = (297.04347, 18.69890)
WASP_4 = (353.56293, -42.06193)  # in the bundled examples too


def made_field(count: int, ra_deg: float, dec_deg: float, first: int = 1) -> list[dict[str, object]]:
    """Sources on a spiral of 100″ around a place, the faintest last."""
    return [
        {"source_id": first + i, "ra": ra_deg, "dec": dec_deg + (i + 1) * 100 / count / 3600, "ref_epoch": 2016.0,
         "phot_g_mean_mag": 10.0 + 10.0 * i / count, "phot_variable_flag": MADE_FLAG}
        for i in range(count)
    ]  # fmt: skip


@pytest.fixture
def far(standin: MastStandIn) -> tuple[float, float]:
    """A place without other stars, with 60 made sources."""
    standin.gaia.add(made_field(60, 10.0, 60.0))
    return 10.0, 60.0


def test_the_real_field_comes_back_value_by_value(
    standin: MastStandIn, settings: ArchiveSettings, realdata: Path
) -> None:
    """2,359 stars: neither astroquery's 50 rows nor its 2,000 of the synchronous door cut them."""
    cone = gaia_cone(*TOI_3505, 150.0, settings)
    assert len(cone) == 2359
    assert (cone.complete, cone.age_seconds, cone.note, cone.label) == (True, None, "", "Gaia DR3")
    assert tuple(cone.columns) == COLUMNS
    assert cone.columns["source_id"][0] in {row["source_id"] for row in real_rows(realdata / "cones")}
    given = {row["source_id"]: row for row in real_rows(realdata / "cones")}
    for place in range(0, len(cone), 97):
        row = given[cone.columns["source_id"][place]]
        for name in ("ra", "dec", "pmra", "parallax", "phot_g_mean_mag", "ruwe", "non_single_star"):
            value = cone.columns[name][place]
            assert (value is None) == (row.get(name) is None)
            assert value is None or value == pytest.approx(row[name], rel=1e-6)
    assert cone.columns["phot_g_mean_mag"] == sorted(cone.columns["phot_g_mean_mag"], key=lambda g: (g is None, g))
    assert standin.asked("gaia sync") == 1
    assert standin.asked("gaia async/") >= 3  # phases and the result


def test_what_astroquery_does_by_itself(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float]
) -> None:
    """The trap that our own question avoids: an object query of the same client stops at 50 rows."""
    from astropy import units
    from astropy.coordinates import SkyCoord

    client = GaiaArchive(settings)._client
    client.ROW_LIMIT = type(client).ROW_LIMIT
    job = client.cone_search(SkyCoord(*far, unit="deg"), radius=200 * units.arcsec)
    assert len(job.get_results()) == 50
    assert len(gaia_cone(*far, 200.0, settings)) == 60


def test_small_fields_need_one_question(standin: MastStandIn, settings: ArchiveSettings) -> None:
    cone = gaia_cone(*WASP_4, 30.0, settings)
    assert cone.columns["source_id"] == [MADE_NUMBER + 402026209]
    assert cone.columns["phot_variable_flag"] == [MADE_FLAG]
    assert cone.columns["duplicated_source"] == [False]
    assert [line.split()[1:3] for line in standin.requests] == [["gaia", "sync"]]


def test_an_empty_field(standin: MastStandIn, settings: ArchiveSettings) -> None:
    cone = gaia_cone(10.0, 60.0, 30.0, settings)
    assert len(cone) == 0
    assert cone.complete


def test_wide_fields_go_to_the_asynchronous_door(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float]
) -> None:
    assert len(gaia_cone(*far, 700.0, settings)) == 60
    assert standin.asked("gaia sync") == 0
    assert standin.asked("gaia async SELECT TOP 20001") == 1


def test_too_many_stars_are_cut_and_told(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaia, "SYNC_ROWS", 40)
    monkeypatch.setattr(gaia, "ROWS_MAX", 50)
    cone = gaia_cone(*far, 200.0, settings)
    assert len(cone) == 50
    assert not cone.complete
    assert max(cone.columns["phot_g_mean_mag"]) < 18.4  # the faintest are missing


def test_a_server_that_cuts_short_is_noticed(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float]
) -> None:
    standin.fault("overflow", "gaia sync")
    cone = gaia_cone(*far, 200.0, settings)  # asked again as a job, which is not cut
    assert (len(cone), cone.complete) == (60, True)
    standin.fault("overflow", "gaia", times=None)
    cone = gaia_cone(*far, 201.0, settings)
    assert (len(cone), cone.complete) == (30, False)


@pytest.mark.parametrize("fault", [("status", 503), ("status", 429), ("drop", 0), ("truncate", 0.5)])
def test_passing_faults_are_survived(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float], fault: tuple[str, float]
) -> None:
    standin.fault(fault[0], "gaia", times=2, value=fault[1])
    assert len(gaia_cone(*far, 200.0, settings)) == 60
    standin.fault(fault[0], "gaia async/", times=2, value=fault[1])  # phase or result of a job
    assert len(gaia_cone(*far, 700.0, settings)) == 60


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (("status", 500), "has a fault on its side just now (HTTP 500)"),
        (("status", 404), "refuses the question (HTTP 404)"),
        (("drop", 0), "cannot be reached"),
        (("truncate", 0.5), "breaks off again and again"),
        (("html", 0), "a web page in place of data"),
        (("garbage", 0), "makes no sense"),
        (("error", 0), "reports a fault on its side"),
        (("no-length", 0), None),
    ],
)
def test_lasting_faults_end_in_a_sentence(
    standin: MastStandIn, settings: ArchiveSettings, fault: tuple[str, float], words: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    standin.fault(fault[0], "gaia", times=None, value=fault[1])
    if words is None:
        assert len(gaia_cone(*WASP_4, 30.0, settings)) == 1
    else:
        for radius in (30.0, 700.0) if fault[0] != "error" else (30.0,):  # both doors
            with pytest.raises(ArchiveUnavailable) as caught:
                gaia_cone(*WASP_4, radius, settings)
            assert words in caught.value.sentence
            assert caught.value.sentence.startswith(("The star catalogue Gaia", "The connection to"))
    assert capsys.readouterr() == ("", "")  # astroquery prints refusals


def test_a_job_that_fails(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("error", "phase", times=None)
    with pytest.raises(ArchiveUnavailable, match=r"gave up on the question \(error\)"):
        gaia_cone(*WASP_4, 700.0, settings)


def test_a_job_that_never_ends(standin: MastStandIn, tmp_path: Path) -> None:
    standin.fault("executing", "phase", times=None)
    with pytest.raises(ServiceUnreachable, match="still busy with the question"):
        gaia_cone(*WASP_4, 700.0, standin.settings(tmp_path, query_seconds=0.5))


def test_a_server_that_hangs(standin: MastStandIn, tmp_path: Path) -> None:
    standin.fault("latency", "gaia", times=None, value=1.0)
    with pytest.raises(ServiceUnreachable, match="does not answer in time"):
        gaia_cone(*WASP_4, 30.0, standin.settings(tmp_path, read_seconds=0.2, attempts=2))


def test_redirects_to_other_hosts_are_refused(standin: MastStandIn, settings: ArchiveSettings) -> None:
    standin.fault("redirect", "gaia async/", times=None)
    with pytest.raises(ArchiveUnavailable):
        gaia_cone(*WASP_4, 700.0, settings)


def test_too_large_an_answer_is_refused(standin: MastStandIn, tmp_path: Path) -> None:
    """Also where it is small on the line: the table is packed 1:4 and more."""
    standin.gaia.add(made_field(600, 10.0, 60.0))
    with pytest.raises(ArchiveUnavailable, match="far too large"):
        gaia_cone(10.0, 60.0, 700.0, standin.settings(tmp_path, answer_bytes_max=30_000))


def test_other_questions_are_refused(standin: MastStandIn, settings: ArchiveSettings) -> None:
    """The stand-in is no soft touch: what our client does not ask is an error, as at the archive."""
    archive = GaiaArchive(settings)
    good = adql_cone(*WASP_4, 30.0, 10)
    assert len(archive._run(good, wait=False)[0]["source_id"]) == 1
    for bad in (good.replace("ruwe", "rouwe"), good.replace("gaiadr3", "gaiadr9"), "DROP TABLE gaiadr3.gaia_source"):
        with pytest.raises(ArchiveUnavailable, match="refuses the question"):
            archive._run(bad, wait=False)


def test_a_table_of_the_archive_itself(
    standin: MastStandIn, settings: ArchiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer recorded at the archive (astroquery ships it) has all our columns, with the types we take them for."""
    import astroquery.gaia.tests as recorded

    body = (Path(next(iter(recorded.__path__))) / "data" / "1710099405832VAL-result.vot").read_bytes()
    monkeypatch.setattr(standin.gaia, "answer", lambda *_: Answer(200, body))
    cone = gaia_cone(*WASP_4, 30.0, settings)
    assert cone.columns["source_id"] == [4583627001381815936, 5348723816842275584]
    assert cone.columns["ref_epoch"] == [2016.0, 2016.0]
    for name in COLUMNS:
        kind = {"source_id": int, "non_single_star": int, "astrometric_params_solved": int, "duplicated_source": bool,
                "phot_variable_flag": str}.get(name, float)  # fmt: skip
        assert {type(value) for value in cone.columns[name]} <= {kind, type(None)}, name
    assert None not in cone.columns["ra"] + cone.columns["phot_g_mean_mag"] + cone.columns["duplicated_source"]


def test_the_cache_ages(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    gaia_cone(*far, 200.0, settings)
    asked = len(standin.requests)
    again = gaia_cone(*far, 200.0, settings)
    assert len(standin.requests) == asked
    assert (again.label, again.note) == ("Gaia DR3, from the cache, less than a minute old", "")
    later = time.time() + 100 * 86400
    monkeypatch.setattr("data.archives.answers.AnswerStore.__init__.__defaults__", (lambda: later,))
    assert gaia_cone(*far, 200.0, settings).age_seconds is None  # too old: asked anew
    later += 100 * 86400
    standin.fault("status", times=None, value=503)
    old = gaia_cone(*far, 200.0, settings)
    assert old.label == "Gaia DR3, from the cache, 100 days old"
    assert "HTTP 503" in old.note
    with pytest.raises(ArchiveUnavailable):
        gaia_cone(*far, 190.0, settings)


def test_a_damaged_entry_of_the_cache_is_asked_anew(
    standin: MastStandIn, settings: ArchiveSettings, far: tuple[float, float]
) -> None:
    gaia_cone(*far, 200.0, settings)
    for file in settings.cache_dir.rglob("gaia-cone/*.json"):
        file.write_text("{")
    assert gaia_cone(*far, 200.0, settings).age_seconds is None


def test_importing_the_client_is_silent(tmp_path: Path) -> None:
    """Without care astroquery's module asks the archive for messages when it is imported, and prints them."""
    script = (
        "import socket\n"
        "def refuse(*_, **__): raise SystemExit('the network was used')\n"
        "socket.getaddrinfo = refuse\n"
        "from data.archives.gaia import GaiaArchive\n"
        "from data.archives.settings import ArchiveSettings\n"
        "from astroquery.utils.tap.conn.tapconn import TapConn\n"
        "before = TapConn.execute_tapget\n"
        "GaiaArchive(ArchiveSettings())\n"
        "assert TapConn.execute_tapget is before\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env=os.environ | {"HOME": str(tmp_path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_gaia_by_the_configured_address_only(settings: ArchiveSettings) -> None:
    closed = dataclasses.replace(settings, gaia_url="http://127.0.0.1:9", attempts=1)
    with pytest.raises(ServiceUnreachable, match="cannot be reached"):
        gaia_cone(*WASP_4, 30.0, closed)
