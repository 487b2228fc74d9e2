"""The command line: `larun up`, `larun analyze TARGET…`, `larun bls|tls|vet|classify|validate|fit`, `export`, `bench`,
`doctor`.

Exit codes: 0 done, 2 the input cannot be used, or what `larun validate` was asked about cannot be weighed (one line
says why), 3 an outside service is down, 4 the fit that `larun fit` was asked for has not converged (the reason is
printed, no numbers are), 130 stopped by the user.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from larun_app.commands.outputs import STANDARD_OUTPUT

EXIT_BAD_INPUT = 2
EXIT_SERVICE_DOWN = 3
EXIT_NOT_CONVERGED = 4
EXIT_STOPPED = 130


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="larun", description="Find, check and publish exoplanets in Kepler and TESS data."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything and print one address")
    up.add_argument("--host", default=None, help="address to listen on (default 127.0.0.1)")
    up.add_argument("--port", type=int, default=None, help="port to listen on (default 8400, or the next free one)")
    up.add_argument("--no-model", action="store_true", help="do not start the model service: signals stay unclassified")

    for name, words in (
        ("analyze", "search one star, from light curve to verdict"),
        ("bls", "box search only"),
        ("tls", "transit-shape search only"),
    ):
        _add_search(commands.add_parser(name, help=words), full=name == "analyze", engines=name == "tls")

    _add_vet(commands.add_parser("vet", help="test a signal whose period is known: can it be a planet of this star?"))

    kind = commands.add_parser(
        "classify",
        help="what kind of signal dips of a known period, or those of a finished run, are, by the model service",
        epilog="Without --period, --epoch and --duration TARGET is the id of a finished run, whose signals are asked "
        "about again. Starts a model service for the time of the command where LARUN_MODEL_URL names none.",
    )
    _add_light(kind)
    _add_given(kind, required=False)
    _add_extras(kind, chances=False)
    kind.set_defaults(no_chances=True)

    chances = commands.add_parser(
        "validate",
        help="how likely a false positive is: of a signal whose period is known, or as a finished run has it",
        epilog="Without --period, --epoch and --duration TARGET is the id of a finished run, whose stored "
        f"probabilities are printed. Exit code {EXIT_BAD_INPUT}: nothing could be weighed, and the reason is printed.",
    )
    _add_light(chances)
    _add_given(chances, required=False)
    _add_extras(chances, chances=False)

    _add_fit(
        commands.add_parser(
            "fit",
            help="full posteriors of a signal whose period is known",
            epilog=f"Exit code 0: converged; {EXIT_NOT_CONVERGED}: not converged, and the reason is printed instead.",
        )
    )

    export = commands.add_parser("export", help="write the files of a finished run")
    export.add_argument("run", metavar="RUN", help="the run's id, as in its address")
    export.add_argument("--format", choices=("zip", "fits", "csv", "json", "pdf"), default="zip")
    export.add_argument("--signal", type=int, metavar="N", help="with --format pdf: which signal (default: the first)")
    export.add_argument("--output", metavar="FILE", help="where to write it (default: a name made from the star)")

    bench = commands.add_parser("bench", help="measure a published figure again")
    bench.add_argument("name", metavar="NAME", nargs="?", help="which one; without a name they are listed")
    _add_json(bench, "also write the figures as JSON; without FILE, print only those")
    bench.add_argument("--only", metavar="PART", help="only this part of the benchmark")
    bench.add_argument("--views", metavar="DIR", type=Path, help="labelled views of your own (classifier)")

    doctor = commands.add_parser("doctor", help="what is installed, reachable and configured")
    _add_json(doctor, "also write the findings as JSON; without FILE, print only those")
    return parser


def _add_json(parser: argparse.ArgumentParser, words: str) -> None:
    parser.add_argument("--json", metavar="FILE", nargs="?", const=STANDARD_OUTPUT, help=words)


def _add_search(parser: argparse.ArgumentParser, *, full: bool, engines: bool) -> None:
    _add_light(parser)
    parser.add_argument("--period-min", type=float, metavar="D", help="shortest period, days")
    parser.add_argument("--period-max", type=float, metavar="D", help="longest period, days")
    if full:
        parser.add_argument("--preset", choices=("quick", "standard", "thorough"), default="standard")
        parser.add_argument("--max-signals", type=int, metavar="N", help="stop after N signals (up to 8)")
    if full or engines:
        parser.add_argument(
            "--engine", choices=("larun", "bls", "reference"), help="search engine (reference: transitleastsquares)"
        )
    if full:
        _add_extras(parser)
        parser.add_argument("--fit", action="store_true", help="sample the posteriors of the signals found")
        parser.add_argument("--together", action="store_true", help="fit all signals jointly")
        _add_sampling(parser)


def _add_given(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--period", type=float, metavar="D", required=required, help="period of the dips, days")
    parser.add_argument("--epoch", type=float, metavar="BJD", required=required, help="middle of one dip, BJD_TDB")
    parser.add_argument("--duration", type=float, metavar="H", required=required, help="length of a dip, hours")


def _add_fit(parser: argparse.ArgumentParser) -> None:
    _add_light(parser)
    _add_given(parser)
    parser.add_argument("--chains", metavar="FILE", help="write the thinned draws of the posterior (Parquet)")
    _add_sampling(parser)
    _add_extras(parser, chances=False)
    parser.set_defaults(no_chances=True)


def _add_sampling(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sampling")
    group.add_argument("--sampler", choices=("emcee", "dynesty"), default="emcee", help="dynesty: several solutions")
    group.add_argument("--eccentric", action="store_true", help="leave the orbit's eccentricity free")
    group.add_argument("--gp", action="store_true", help="model correlated noise by a Gaussian process")
    group.add_argument("--stellar-density", action="store_true", help="use the star's density as a prior")
    group.add_argument(
        "--data-mode", choices=("auto", "windowed", "binned"), default="auto", help="single points or averages"
    )
    group.add_argument(
        "--budget", type=float, default=120.0, metavar="SECONDS", help="stop unconverged after so long (default 120)"
    )


def _add_vet(parser: argparse.ArgumentParser) -> None:
    _add_light(parser)
    _add_given(parser)
    parser.add_argument("--pdf", metavar="FILE", help="write the one-page summary")
    _add_extras(parser)


def _add_extras(parser: argparse.ArgumentParser, *, chances: bool = True) -> None:
    parser.add_argument("--plots", metavar="DIR", help="write pictures (PNG) into this folder")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random")
    parser.add_argument("--no-neighbours", action="store_true", help="do not ask Gaia and the TIC for the stars around")
    parser.add_argument("--no-pixels", action="store_true", help="do not fetch pixels")
    if chances:
        parser.add_argument("--no-chances", action="store_true", help="do not weigh the explanations of a signal")
        parser.add_argument(
            "--contrast", metavar="FILE", help="contrast curve of an image: separation (arcsec), magnitudes fainter"
        )


def _add_light(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="TARGET",
        nargs="+",
        help='TIC/KIC/EPIC number ("TIC 261136679"), a name, or files (several files = sectors of one star)',
    )
    _add_json(parser, "write the report; without FILE, print only that")
    parser.add_argument("--quality", choices=("none", "default", "hard"), default="default", help="quality mask")
    parser.add_argument("--window", type=float, metavar="D", help="detrending window, days")
    parser.add_argument("--no-detrend", action="store_true", help="leave slow drifts in")
    parser.add_argument("--radius", type=float, metavar="R", help="radius of the star, Suns")
    parser.add_argument("--mass", type=float, metavar="M", help="mass of the star, Suns")
    parser.add_argument("--teff", type=float, metavar="K", help="temperature of the star, kelvin")
    parser.add_argument("--quiet", action="store_true", help="no progress on the error output")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Every foreseen failure ends with one line, never a traceback."""
    arguments = build_parser().parse_args(argv)
    from data.home import prepare_numerics

    prepare_numerics()  # before numpy comes in anywhere
    run = _command(arguments.command)
    from larun_app.commands.failures import explain

    try:
        return run(arguments)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return EXIT_STOPPED
    except BrokenPipeError:
        return 0
    except Exception as error:
        known = explain(error)
        if known is None:
            raise
        code, sentence = known
        print(f"larun: {sentence}", file=sys.stderr)
        return code


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    if name == "up":
        from larun_app.commands.up import up

        return up
    if name in ("analyze", "bls", "tls"):
        from larun_app.commands.analyze import analyze

        return analyze
    if name == "vet":
        from larun_app.commands.vet import vet

        return vet
    if name == "classify":
        from larun_app.commands.classify import classify

        return classify
    if name == "validate":
        from larun_app.commands.validate import validate

        return validate
    if name == "fit":
        from larun_app.commands.fit import fit

        return fit
    if name == "export":
        from larun_app.commands.export import export

        return export
    if name == "bench":
        from larun_app.commands.bench import bench

        return bench
    from larun_app.commands.doctor import doctor

    return doctor


if __name__ == "__main__":
    sys.exit(main())
