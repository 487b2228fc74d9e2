"""`python -m tests.standins`: serve the stand-in archive until Ctrl-C, and say how to use it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .mast_server import VARIABLES, MastStandIn
from .realdata import MISSING_REASON, default_folder


def main() -> int:
    """Entry point. Exit code 2 where the data pack is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.standins", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--realdata", type=Path, default=default_folder(), help="folder of the data pack")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before every answer")
    parser.add_argument("--env-only", action="store_true", help="print the variables for --port and end")
    args = parser.parse_args()
    if args.env_only:
        for name in VARIABLES:
            print(f"export {name}=http://127.0.0.1:{args.port}")
        return 0
    if not args.realdata.is_dir():
        print(f"Cannot start: there is no folder {args.realdata}.", file=sys.stderr)
        return 2
    try:
        server = MastStandIn(args.realdata, args.port)
    except OSError as error:
        print(f"Cannot start on port {args.port}: {error.strerror}. Another one may be running.", file=sys.stderr)
        return 2
    with server as standin:
        stars = {obs.target_name for obs in standin.holdings.observations}
        if not (args.realdata / "lightcurves" / "INDEX.csv").is_file():
            print(f"Only the bundled examples are served: {MISSING_REASON}.")
        if args.latency:
            standin.fault("latency", times=None, value=args.latency)
        print(f"Stand-in of MAST, the NASA Exoplanet Archive and Gaia: {len(stars)} stars with real light curves.")
        print("Point the program here, in its own terminal:\n")
        for name, value in standin.env.items():
            print(f"  export {name}={value}")
        print('\nThen try "TIC 402026209", "pi Mensae", "TOI-1798", "Kepler-11". Ctrl-C ends it.', flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    raise SystemExit(main())
