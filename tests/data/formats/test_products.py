"""Every pipeline's file: the right columns, star, sector, mask and clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from data.formats import read, read_many
from data.formats.assemble import OWN_FLAG
from data.formats.errors import AllMasked, OnlyNaN, TwoStars
from data.requests import ColumnChoice

from . import building


def put(tmp_path: Path, data: bytes, name: str = "curve.fits") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


#: file, format in words, flux column, pipeline, label, star, rows kept by the default mask
REAL = [
    ("tess_2min/tess2018206045859-s0001-0000000261136679-0120-s_lc", "TESS SPOC", "PDCSAP_FLUX", "SPOC", "S1",
     "TIC 261136679", 18264),
    ("tess_2min/hlsp_tess-data-alerts_tess_phot_00055652896-s01_tess_v1_lc", "TESS SPOC", "PDCSAP_FLUX", "SPOC", "S1",
     "TIC 55652896", 18103),
    ("tess_2min/tess2018235142541-s0002-s0002-0000000144440290-00109_dvt", "data validation", "PDCSAP_FLUX", "SPOC",
     "S2", "TIC 144440290", 18313),
    ("tess_ffi/hlsp_tess-spoc_tess_phot_0000000261136679-s0001_tess_v1_lc", "TESS-SPOC", "PDCSAP_FLUX", "TESS-SPOC",
     "S1", "TIC 261136679", 1182),
    ("tess_ffi/hlsp_qlp_tess_ffi_s0013-0000000254113311_tess_v01_llc", "QLP", "KSPSAP_FLUX", "QLP", "S13",
     "TIC 254113311", 1308),
    ("tess_ffi/hlsp_tasoc_tess_ffi_tic00261136679-s0001-cam4-ccd2-c1800_tess_v05_ens-lc", "TASOC", "FLUX_CORR",
     "TASOC", "S1", "TIC 261136679", 1267),
    ("tess_ffi/hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000261136679_tess_v1.0_lc", "eleanor", "CORR_FLUX", "eleanor",
     "S1", "TIC 261136679", 1062),
    ("tess_ffi/hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0034-cam2-ccd3_tess_v2_llc", "TGLC", "cal_aper_flux",
     "TGLC", "S34", "TIC 218795833", 3326),
    ("tess_2min_lightkurve_export/TIC_283722336_TESS_Sector_24", "lightkurve", "FLUX", "", "S24", "TIC 283722336",
     17153),
    ("kepler/kplr006541920-2009259160929_llc", "Kepler", "PDCSAP_FLUX", "Kepler", "Q2", "KIC 6541920", 4070),
    ("k2/ktwo206103150-c03_llc", "K2 light curve", "PDCSAP_FLUX", "K2", "C3", "EPIC 206103150", 3080),
    ("k2/hlsp_k2sff_k2_lightcurve_201367065-c01_kepler_v1_llc", "K2SFF", "FCOR", "K2SFF", "C1", "EPIC 201367065",
     3337),
]  # fmt: skip


@pytest.mark.parametrize(("name", "words", "flux", "pipeline", "label", "star", "kept"), REAL)
def test_archive_products(
    realdata: Path, name: str, words: str, flux: str, pipeline: str, label: str, star: str, kept: int
) -> None:
    result = read(realdata / "lightcurves" / f"{name}.fits.gz")
    curve, found = result.curves[0], result.inspection
    assert words in found.format
    assert found.columns.flux == flux
    assert (curve.pipeline, curve.label) == (pipeline, label)
    assert found.star_name == star
    assert found.n_usable == kept == np.count_nonzero(curve.usable)
    assert found.time_system_sure
    assert found.flux_unit_sure
    assert np.all(np.diff(curve.time_bjd) > 0)
    assert np.isfinite(curve.flux[curve.usable]).all()
    assert np.median(curve.flux[curve.usable]) > 0
    assert 2454900 < curve.time_bjd[0] < 2460000


def test_four_pipelines_agree_on_one_star(realdata: Path) -> None:
    """pi Mensae in sector 1: same clock (to a second) and same light (to a per mille) in four products."""
    folder = realdata / "lightcurves"
    spoc = read(next(folder.glob("tess_2min/*0000000261136679*"))).curves[0]
    for path in sorted(folder.glob("tess_ffi/*261136679*")):
        other = read(path).curves[0]
        times = other.time_bjd[other.usable]
        # Each 30-min exposure holds fifteen 2-min ones; their mean time is its mid-time.
        edges = times[100] + np.array([-0.5, 0.5]) * other.cadence_days
        inside = (spoc.time_bjd > edges[0]) & (spoc.time_bjd < edges[1])
        assert abs(spoc.time_bjd[inside].mean() - times[100]) * 86400 < 61
        scaled = other.flux / np.median(other.flux[other.usable])
        mine = np.interp(times, spoc.time_bjd[spoc.usable], spoc.flux[spoc.usable] / np.median(spoc.flux[spoc.usable]))
        assert np.median(np.abs(scaled[other.usable] - mine)) < 1e-3


def test_early_releases_are_moved_by_two_seconds(realdata: Path, tmp_path: Path) -> None:
    path = next((realdata / "lightcurves" / "tess_2min").glob("*55652896*"))
    result = read(path)
    with fits.open(path) as units:
        raw = units[1].data["TIME"]
    shift = (result.curves[0].time_bjd - 2457000 - raw[np.isfinite(raw)]) * 86400
    np.testing.assert_allclose(shift, -1.979, atol=1e-3)
    assert any("-1.979 s" in n for n in result.inspection.notes)
    late = read(put(tmp_path, building.light_curve_file(primary_cards={"DATA_REL": 40})))
    assert not any("time stamps" in n for n in late.inspection.notes)


def test_star_from_the_header(realdata: Path) -> None:
    star = read(next((realdata / "lightcurves" / "tess_2min").glob("*261136679*"))).star
    assert star.tic_id == 261136679
    assert star.teff_k is not None
    assert star.teff_k.value == pytest.approx(5992.1, abs=0.01)
    assert star.teff_k.source == "FITS header"
    assert star.mass_sun is not None
    assert star.mass_sun.value == pytest.approx(10 ** (4.35890007 - 4.43807) * 1.14889002**2, rel=1e-6)
    assert star.is_known
    kepler = read(next((realdata / "lightcurves" / "kepler").glob("kplr006541920-2009259*"))).star
    assert (kepler.name, kepler.tic_id, kepler.band) == ("KIC 6541920", None, "Kepler")
    assert star.ra_deg == pytest.approx(84.291188, abs=1e-5)


@pytest.mark.parametrize("value", [0.0, -9999.0, 999999.0])
def test_placeholders_in_the_header_are_not_a_star(tmp_path: Path, value: float) -> None:
    cards = {"TEFF": value, "RADIUS": value, "LOGG": value if value else 99.0, "TESSMAG": value}
    star = read(put(tmp_path, building.light_curve_file(primary_cards=cards))).star
    assert (star.teff_k, star.radius_sun, star.logg_cgs, star.tmag, star.mass_sun) == (None,) * 5


def test_quality_bits_are_told_in_words_and_masks_differ(realdata: Path) -> None:
    path = next((realdata / "lightcurves" / "tess_2min").glob("*388857263*"))
    default, none, hard = (read(path, quality=m) for m in ("default", "none", "hard"))
    assert none.inspection.n_usable > default.inspection.n_usable > hard.inspection.n_usable
    seen = {b.name: b for b in hard.inspection.quality_bits}
    assert seen["momentum dump"].rows == 50
    assert seen["momentum dump"].masked
    assert not {b.name: b for b in default.inspection.quality_bits}["stray light (seen by people)"].masked
    assert "momentum dump (50)" in default.inspection.mask_sentence


def test_sap_is_used_and_named_where_pdcsap_is_empty(tmp_path: Path) -> None:
    columns = building.spoc()
    columns["PDCSAP_FLUX"] = np.full(500, np.nan)
    result = read(put(tmp_path, building.light_curve_file(columns)))
    assert (result.inspection.columns.flux, result.inspection.columns.flux_err) == ("SAP_FLUX", "SAP_FLUX_ERR")
    assert result.inspection.warnings == (
        "PDCSAP_FLUX is empty in this file, so we used SAP_FLUX, which is less corrected.",
    )
    columns["SAP_FLUX"] = np.full(500, np.nan)
    with pytest.raises(OnlyNaN):
        read(put(tmp_path, building.light_curve_file(columns)))


def test_the_user_may_choose_another_column(tmp_path: Path) -> None:
    path = put(tmp_path, building.light_curve_file())
    result = read(path, columns=ColumnChoice(flux="SAP_FLUX"))
    assert result.inspection.columns.flux_err == "SAP_FLUX_ERR"
    np.testing.assert_allclose(result.curves[0].flux, building.spoc()["SAP_FLUX"].astype(np.float32))


def test_fast_cadence(tmp_path: Path) -> None:
    data = building.light_curve_file(building.spoc(days=20 / 86400), table_cards={"TIMEDEL": 20 / 86400, "NUM_FRM": 10})
    result = read(put(tmp_path, data))
    assert result.inspection.format == "TESS SPOC light curve (20 s)"
    assert result.inspection.cadence_seconds == pytest.approx(20, abs=0.01)
    assert result.curves[0].exposure_days * 86400 == pytest.approx(20)


def test_late_qlp_files_use_the_detrended_column(tmp_path: Path) -> None:
    base = building.spoc(days=200 / 86400, start=2830.0)
    columns = {"TIME": base["TIME"], "SAP_FLUX": base["SAP_FLUX"] / 900, "DET_FLUX": base["PDCSAP_FLUX"] / 1000,
               "DET_FLUX_ERR": base["SAP_FLUX_ERR"] / 900, "QUALITY": base["QUALITY"] | (1 << 30)}  # fmt: skip
    cards: dict[str, object] = {"ORIGIN": "MIT/QLP", "SECTOR": 56}
    result = read(put(tmp_path, building.light_curve_file(columns, cards)))
    assert (result.inspection.columns.flux, result.curves[0].label) == ("DET_FLUX", "S56")
    assert result.inspection.quality_bits[0].name == "low precision (QLP)"
    with pytest.raises(AllMasked, match="mask “none”"):
        read(put(tmp_path, building.light_curve_file(columns, cards)), quality="hard")


def test_everest(tmp_path: Path) -> None:
    base = building.spoc(days=0.0204340, start=2000.0)
    columns = {"CADN": base["QUALITY"], "FCOR": base["PDCSAP_FLUX"], "FLUX": base["SAP_FLUX"],
               "FRAW": base["SAP_FLUX"], "FRAW_ERR": base["SAP_FLUX_ERR"], "QUALITY": base["QUALITY"],
               "TIME": base["TIME"]}  # fmt: skip
    cards: dict[str, object] = {"TELESCOP": "Kepler", "MISSION": "K2", "CAMPAIGN": 1, "KEPLERID": 201367065,
                                "OBJECT": "EPIC 201367065", "TICID": None}  # fmt: skip
    result = read(put(tmp_path, building.light_curve_file(columns, cards, {"BJDREFI": 2454833})))
    assert (result.inspection.format, result.inspection.columns.flux) == ("EVEREST light curve", "FCOR")
    assert result.curves[0].label == "C1"
    assert result.curves[0].time_bjd[0] == pytest.approx(2456833.0)


def test_dv_series_without_pdcsap(tmp_path: Path) -> None:
    base = building.spoc()
    columns = {"TIME": base["TIME"], "LC_INIT": base["PDCSAP_FLUX"] / 1000 - 1, "LC_INIT_ERR": base["SAP_FLUX"] / 1e6}
    curve = read(put(tmp_path, building.light_curve_file(columns))).curves[0]
    assert np.median(curve.flux) == pytest.approx(1, abs=1e-3)


def test_an_unknown_fits_table_is_read_by_its_column_names(tmp_path: Path) -> None:
    base = building.spoc()
    columns = {"BJD_TDB": base["TIME"] + 2457000, "MAG": 12 + base["SAP_FLUX"] / 1e5, "MAG_ERR": base["SAP_FLUX_ERR"]}
    data = building.primary(OBJECT="KELT-9") + building.table({n: ("D", v) for n, v in columns.items()})
    result = read(put(tmp_path, data))
    assert (result.inspection.flux_unit, result.star.name) == ("magnitudes", "KELT-9")
    assert result.curves[0].label == "S11"


def test_simulated_data_say_so(tmp_path: Path) -> None:
    result = read(put(tmp_path, building.light_curve_file(primary_cards={"SIMDATA": True, "DATA_REL": 1})))
    assert result.inspection.simulated
    assert any("simulated" in n for n in result.curves[0].notes)


def test_tglc_own_flags_are_left_out_and_kept_apart(realdata: Path) -> None:
    path = next((realdata / "lightcurves" / "tess_ffi").glob("*tglc*s0007*"))
    curve = read(path).curves[0]
    with fits.open(path) as units:
        own = units[1].data["TGLC_flags"] != 0
        spacecraft = units[1].data["TESS_flags"]
    np.testing.assert_array_equal((curve.quality & OWN_FLAG) != 0, own)
    np.testing.assert_array_equal(curve.quality & ~OWN_FLAG, spacecraft)
    assert not curve.usable[own].any()
    assert np.isfinite(curve.flux_err).all()


def test_several_quarters_of_one_star(realdata: Path) -> None:
    files = sorted((realdata / "lightcurves" / "kepler").glob("kplr006541920*"))
    result = read_many(reversed(files))
    assert [c.label for c in result.curves] == [f"Q{i}" for i in range(1, 18)]
    assert result.inspection.n_rows == sum(p.n_rows for p in result.inspection.parts)
    assert result.inspection.n_usable == sum(int(c.usable.sum()) for c in result.curves)
    assert len(result.inspection.model_dump_json()) > 1000


def test_two_stars_are_refused_by_name(realdata: Path) -> None:
    folder = realdata / "lightcurves"
    wasp, pimen = next(folder.glob("tess_2min/*402026209*")), next(folder.glob("tess_2min/*261136679*"))
    with pytest.raises(TwoStars, match=r"TIC 402026209 .* TIC 261136679"):
        read_many([wasp, pimen])


def test_one_star_in_two_catalogues_is_told_by_position(tmp_path: Path) -> None:
    place: dict[str, object] = {"RA_OBJ": 290.0, "DEC_OBJ": 44.0}
    tess = put(tmp_path, building.light_curve_file(primary_cards=place), "a.fits")
    kepler_cards: dict[str, object] = {"TELESCOP": "Kepler", "KEPLERID": 6541920, "OBJECT": "KIC 6541920",
                                       "TICID": None, "SECTOR": None, "QUARTER": 3}  # fmt: skip
    columns = building.spoc(days=0.0204340, start=300.0)
    head: dict[str, object] = {"BJDREFI": 2454833, "TIMEDEL": 0.020434}
    near = building.light_curve_file(columns, {**kepler_cards, "RA_OBJ": 290.001, "DEC_OBJ": 44.0}, head)
    far = building.light_curve_file(columns, {**kepler_cards, "RA_OBJ": 291.0, "DEC_OBJ": 44.0}, head)
    assert [c.label for c in read_many([tess, put(tmp_path, near, "b.fits")]).curves] == ["Q3", "S11"]
    with pytest.raises(TwoStars):
        read_many([tess, put(tmp_path, far, "c.fits")])


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    one, two = (put(tmp_path, building.light_curve_file(), n) for n in ("a.fits", "b.fits"))
    result = read_many([(one, "first"), (two, "second")])
    assert len(result.curves) == 1
    assert result.inspection.files == ("first", "second")
    assert [p.files for p in result.inspection.parts] == [("first",), ("second",)]
    assert result.inspection.n_rows == 500
    assert result.inspection.notes[0] == "second is the same file as first; we used it once."


def test_a_bad_file_among_several_is_named(tmp_path: Path) -> None:
    good, bad = put(tmp_path, building.light_curve_file(), "a.fits"), put(tmp_path, b"", "b.fits")
    with pytest.raises(Exception, match="0 bytes") as caught:
        read_many([good, (bad, "mine.fits")])
    assert getattr(caught.value, "file_name", "") == "mine.fits"
