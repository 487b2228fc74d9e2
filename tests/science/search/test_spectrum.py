"""Detection efficiency as TLS computes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from science.search.spectrum import detection_efficiency, running_median, signal_residue


def made_up_chi2(n: int, seed: int) -> np.ndarray:
    """A noisy spectrum that falls towards long periods, with one peak."""
    random = np.random.default_rng(seed)
    chi2 = 5000 - 20 - 10 * np.linspace(0, 1, n) ** 2 - random.gamma(4.0, 2.0, n)
    chi2[n // 3] -= 60
    return chi2


@pytest.mark.parametrize("n", [150, 181, 400, 3000])
@pytest.mark.parametrize("oversampling", [1, 3, 5])
def test_is_the_reference_packages(n, oversampling):
    from transitleastsquares.stats import spectra

    chi2 = made_up_chi2(n, 5)
    sr, _, power, _, sde = spectra(chi2, oversampling, detrend="median", periods=np.linspace(1, 10, n))
    ours = signal_residue(5000 - chi2, 5000.0)
    power_ours, sde_ours = detection_efficiency(ours, oversampling)
    assert np.allclose(ours, sr)
    assert sde_ours == pytest.approx(sde, rel=1e-9)
    assert np.allclose(power_ours, power, atol=1e-9)


def test_nothing_gained_is_nothing_detected():
    power, sde = detection_efficiency(signal_residue(np.zeros(500), 100.0), 3)
    assert sde == 0.0
    assert not power.any()


def test_a_perfect_fit_stays_finite():
    sr = signal_residue(np.array([0.0, 100.0, 50.0]), 100.0)
    assert np.all(np.isfinite(sr))
    assert sr.argmax() == 1
    assert sr.max() == 1.0


@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_unit_of_chi_square_does_not_matter(scale, seed):
    gained = 5000 - made_up_chi2(600, seed)
    one = detection_efficiency(signal_residue(gained, 5000.0), 3)
    other = detection_efficiency(signal_residue(gained * scale, 5000.0 * scale), 3)
    assert one[1] == pytest.approx(other[1], rel=1e-9)
    assert np.allclose(one[0], other[0], atol=1e-8)


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=10, max_size=60), half=st.integers(0, 4))
@settings(max_examples=50, deadline=None)
def test_running_median_is_the_median_of_each_window(values, half):
    values = np.array(values)
    got = running_median(values, 2 * half + 1)
    for i in range(half, len(values) - half):
        assert got[i] == np.median(values[i - half : i + half + 1])
    assert np.all(got[:half] == got[half])
    assert np.all(got[len(got) - half :] == got[len(got) - half - 1])
