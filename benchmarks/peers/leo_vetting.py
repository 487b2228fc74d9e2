"""Runs in the peers' environment: LEO-Vetter's flux tests on light curves handed over as npz files.

Usage: leo_vetting.py FOLDER. Every FOLDER/*.npz without an answer holds time, raw, flux, flux_err, ephemeris (period,
epoch, duration in days) and star (rad, e_rad, mass, e_mass, Teff, e_Teff, rho, logg; solar units). The answer goes to
the file of the same name with the ending .json: every check of the package as 0 or 1, its metrics, and CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from leo_vetter import thresholds
from leo_vetter.main import TCELightCurve
from leo_vetter.stellar import quadratic_ldc

CHECKS = {
    "signal_strength": "weak",
    "valid_transits": "invalid_transits",
    "shape_sign": "bad_shape",
    "unique_in_phase": "non_unique",
    "unique_locally": "chases",
    "steady_depth": "dmm",
    "single_event": "single_event",
    "transit_model": "bad_fit",
    "sine": "sinusoidal",
    "physical_orbit": "unphysical_duration",
    "symmetry": "asymmetric",
    "consistent_events": "chi",
    "near_gaps": "data_gapped",
    "v_shape": "vshaped",
    "secondary": "secondary",
    "size": "large",
}


def vet(path: Path) -> dict[str, object]:
    """All checks and metrics of one file."""
    with np.load(path) as data:
        period, epoch, duration = (float(v) for v in data["ephemeris"])
        names = ("rad", "e_rad", "mass", "e_mass", "Teff", "e_Teff", "rho", "logg")
        star = dict(zip(names, (float(v) for v in data["star"]), strict=True))
        arrays = [np.array(data[k]) for k in ("time", "raw", "flux", "flux_err")]
    u1, u2 = quadratic_ldc(star["Teff"], star["logg"])
    star["u1"], star["u2"] = float(np.ravel(u1)[0]), float(np.ravel(u2)[0])
    start = time.process_time()
    curve = TCELightCurve(0, *arrays, period, epoch, duration)
    curve.compute_flux_metrics(star, verbose=False)
    seconds = time.process_time() - start
    m = curve.metrics
    limits = thresholds._default_thresholds
    checks = {}
    for name, function in CHECKS.items():
        flag, _ = getattr(thresholds, function)(m, limits)
        checks[name] = int(bool(flag))
    # The package asks for depth and time in one check; here its two halves, with the same numbers.
    checks["odd_even_depth"] = int(m["sig_dep"] > 3 and (m["trap_sig_dep"] > 3 or m["transit_sig_dep"] > 3))
    checks["odd_even_time"] = int(m["transit_sig_epo"] > 10 or m["trap_sig_epo"] > 10)
    metrics = {k: float(v) for k, v in m.items() if np.isscalar(v)}
    return {"checks": checks, "metrics": metrics, "cpu_seconds": seconds}


def main() -> None:
    """Vet all files of the folder that have no answer yet; the last line says how many."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    done = failed = 0
    files = sorted(Path(sys.argv[1]).glob("*.npz"), key=lambda path: path.stat().st_size)
    for path in files:
        answer = path.with_suffix(".json")
        if answer.exists():
            continue
        try:
            result = vet(path)
            done += 1
        except Exception as error:  # a peer's crash is a result too, and told as such
            result = {"error": f"{type(error).__name__}: {error}"}
            failed += 1
        answer.write_text(json.dumps(result))
        print(path.stem, result.get("cpu_seconds", result.get("error")), file=sys.stderr, flush=True)
    print(json.dumps({"vetted": done, "failed": failed}))


if __name__ == "__main__":
    main()
