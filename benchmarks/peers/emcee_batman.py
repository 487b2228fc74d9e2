"""Runs in the peers' environment: emcee with batman as people run them, on the light handed over as an npz file.

Usage: emcee_batman.py FILE. FILE holds time, flux, flux_err, exposure (days), supersample, start (epoch, period,
ln k, b, ln T14), limb (u1, u2), walkers, steps. The answer: CPU seconds of the whole sampling, CPU seconds that its
likelihoods alone take, evaluations.
"""

from __future__ import annotations

import json
import math
import sys
import time

import batman
import emcee
import numpy as np


def main(path: str) -> dict[str, float]:
    """Sample as many steps as asked from a small ball around the start, one likelihood call a walker."""
    given = np.load(path)
    t, flux, err = given["time"], given["flux"], given["flux_err"]
    exposure, supersample = float(given["exposure"]), int(given["supersample"])
    q1, q2 = (float(given["limb"].sum())) ** 2, float(given["limb"][0]) / (2 * float(given["limb"].sum()))
    start = np.array([*given["start"], q1, q2])
    params = batman.TransitParams()
    params.ecc, params.w, params.limb_dark = 0.0, 90.0, "quadratic"

    def fill(theta: np.ndarray) -> bool:
        epoch, period, ln_k, b, ln_t14, q1, q2 = theta
        k, t14 = math.exp(ln_k), math.exp(ln_t14)
        if not (0 <= b < 1 + k and 0 < q1 < 1 and 0 < q2 < 1 and k < 1 and t14 < 0.3 * period):
            return False
        sine = math.sin(math.pi * t14 / period)
        axis = math.sqrt(max(1.0, ((1 + k) ** 2 - b * b * (1 - sine * sine)) / (sine * sine)))
        params.t0, params.per, params.rp, params.a = epoch, period, k, axis
        params.inc = math.degrees(math.acos(min(1.0, b / axis)))
        params.u = [2 * math.sqrt(q1) * q2, math.sqrt(q1) * (1 - 2 * q2)]
        return True

    fill(start)
    model = batman.TransitModel(params, t, supersample_factor=supersample, exp_time=exposure)

    def log_probability(theta: np.ndarray) -> float:
        if not fill(theta):
            return -math.inf
        residual = (flux - model.light_curve(params)) / err
        return -0.5 * float(residual @ residual)

    walkers, steps = int(given["walkers"]), int(given["steps"])
    random = np.random.default_rng(1)
    scale = np.array([1e-4, 1e-5, 1e-3, 1e-2, 1e-3, 1e-2, 1e-2])
    ball = start + scale * random.standard_normal((walkers, start.size))
    ball[:, 3] = np.abs(ball[:, 3])
    sampler = emcee.EnsembleSampler(walkers, start.size, log_probability)
    begin = time.process_time()
    sampler.run_mcmc(ball, steps)
    sampling = time.process_time() - begin
    draws = sampler.get_chain(flat=True)
    draws = draws[random.integers(0, len(draws), 2000)]
    begin = time.process_time()
    for theta in draws:
        log_probability(theta)
    each = (time.process_time() - begin) / len(draws)
    return {"sampling": sampling, "likelihoods": each * walkers * steps, "evaluations": float(walkers * steps)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
