"""The bundled examples are what they say, small, and readable."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from data.examples import get_example, list_examples, make
from data.examples.catalogue import FOLDER
from data.examples.simulate import Binary, observed, relative_light
from data.formats import read


def test_five_examples_within_four_megabytes() -> None:
    examples = list_examples()
    assert [e.id for e in examples] == ["wasp-4", "toi-247", "toi-216", "flaring-dwarf", "simulated-binary"]
    assert sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file()) < make.MAX_TOTAL_BYTES
    assert {e.path for e in examples} == set(FOLDER.glob("*.gz"))
    assert all(0 < len(e.teaser) <= 110 and e.teaser.endswith(".") for e in examples)
    assert get_example("wasp-4") is examples[0]
    with pytest.raises(KeyError):
        get_example("../../etc/passwd")


@pytest.mark.parametrize("example", list_examples(), ids=lambda e: e.id)
def test_each_reads_as_told(example) -> None:  # type: ignore[no-untyped-def]
    result = read(example.path)
    curve = result.curves[0]
    assert len(result.curves) == 1
    assert curve.label in example.observed.replace("sector ", "S")
    assert result.star.tic_id == example.star.tic_id
    assert result.inspection.n_usable > 18000
    assert (curve.pipeline == "SPOC") is not example.simulated
    assert example.target == result.star.name
    assert 50 < len(example.thumbnail.x) == len(example.thumbnail.y_ppm) <= 300
    assert np.isfinite(example.thumbnail.y_ppm).all()


def test_only_the_binary_is_simulated_and_everything_about_it_says_so() -> None:
    simulated = [e for e in list_examples() if e.simulated]
    assert [e.id for e in simulated] == ["simulated-binary"]
    example = simulated[0]
    result = read(example.path)
    assert result.inspection.simulated
    assert any("simulated" in note for note in result.curves[0].notes)
    assert all(
        "simulated" in text.lower() for text in (example.title, example.path.name, example.origin, example.observed)
    )
    with fits.open(example.path) as units:
        assert units[0].header["SIMDATA"] is True
        assert "SIMULATED" in str(units[0].header["COMMENT"])
    assert not any(read(e.path).inspection.simulated for e in list_examples() if not e.simulated)


@pytest.mark.parametrize("example", list_examples(), ids=lambda e: e.id)
def test_files_are_standard_fits_with_sound_checksums(example, recwarn: pytest.WarningsRecorder) -> None:  # type: ignore[no-untyped-def]
    with fits.open(io.BytesIO(gzip.decompress(example.path.read_bytes())), checksum=True) as units:
        units.verify("exception")
        assert units[1].data is not None
    assert not [w for w in recwarn if "hecksum" in str(w.message)]


def test_dips_are_where_the_literature_has_them() -> None:
    for example in list_examples():
        for planet in example.known[:1]:
            curve = read(example.path).curves[0]
            time, flux = curve.time_bjd[curve.usable], curve.flux[curve.usable]
            away = np.abs((time - planet.epoch_bjd) / planet.period_days)
            hours = np.abs(away - np.round(away)) * planet.period_days * 24
            dip, near = np.median(flux[hours < 0.4]), np.median(flux[(hours > 2.5) & (hours < 6)])
            assert (1 - dip / near) * 1e6 == pytest.approx(planet.depth_ppm, rel=0.2)


def test_the_observed_files_are_the_archive_files_but_for_columns(realdata: Path) -> None:
    for key, source in make.SOURCES.items():
        original = next((realdata / "lightcurves" / "tess_2min").glob(f"{Path(source.member).name}.gz"))
        data = gzip.decompress(original.read_bytes())
        assert hashlib.sha256(data).hexdigest() == source.sha256
        with fits.open(io.BytesIO(data)) as theirs, fits.open(get_example(key).path) as ours:
            for name in make.KEEP:
                np.testing.assert_array_equal(ours[1].data[name], theirs[1].data[name])
            for card in ("OBJECT", "TICID", "TEFF", "DATA_REL", "PROCVER", "RA_OBJ"):
                assert ours[0].header[card] == theirs[0].header[card]
            assert ours[1].header["CROWDSAP"] == theirs[1].header["CROWDSAP"]


def test_the_simulated_light_has_the_shape_of_two_stars() -> None:
    binary = Binary()
    time = binary.epoch_btjd + np.array([0.0, 0.25, 0.5, 0.75, 1.0]) * binary.period_days
    first, quarter, second, three, again = relative_light(binary, time) / (
        1 + binary.spot_amplitude * np.sin(2 * np.pi * time / binary.spot_period_days)
    )
    assert 0.1 < 1 - first < 0.2
    assert 0.03 < 1 - second < 0.08
    assert quarter == pytest.approx(1 + binary.bulge_amplitude, abs=1e-9)
    assert (three, again) == pytest.approx((quarter, first), abs=1e-9)


def test_a_total_eclipse_hides_exactly_the_share_of_the_disc() -> None:
    """A dark star half as large, without limb darkening, takes a quarter of the light."""
    binary = Binary(
        radius_1=1, radius_2=0.5, surface_ratio=0, impact=0, limb=(0, 0), spot_amplitude=0, bulge_amplitude=0
    )
    assert relative_light(binary, np.array([binary.epoch_btjd]))[0] == pytest.approx(0.75, abs=2e-3)


def test_the_simulation_repeats_itself() -> None:
    time = 1356 + np.arange(500) / 720
    np.testing.assert_array_equal(observed(Binary(), time)[0], observed(Binary(), time)[0])
    assert np.std(observed(Binary(seed=2), time)[0] - observed(Binary(), time)[0]) > 5
