"""Time cuperiod's TLS (numba, one thread) on a light curve and print CPU seconds and what it found.

Runs in the peers' environment: `python cuperiod_tls.py curve.npz repeats`, with arrays time, flux, err, periods.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from cuperiod.core.config import TLSSettings
from cuperiod.methods.tls import tls_power


def main() -> None:
    curve = np.load(sys.argv[1])
    repeats = int(sys.argv[2])
    arguments = curve["time"], curve["flux"], curve["err"], curve["periods"]
    settings = TLSSettings()
    tls_power(*arguments[:3], arguments[3][:3], settings=settings, backend="numba")  # compile
    seconds = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        found = tls_power(*arguments, settings=settings, backend="numba")
        seconds = min(seconds, time.process_time() - start)
    best = int(np.argmax(found["sde"]))
    print(
        json.dumps(
            {
                "cpu_seconds": seconds,
                "period": float(arguments[3][best]),
                "epoch": float(found["t0"][best]),
                "duration": float(found["duration"][best]),
                "sde": float(found["sde"][best]),
            }
        )
    )


if __name__ == "__main__":
    main()
