"""`larun analyze`, `larun bls` and `larun tls`: the pipeline without a browser."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from data.fit_report import FitReport
from data.report import Report, SignalReport
from data.requests import CleanChoice, DataChoice, FitChoice, RunRequest, SearchChoice, StarChoice, VetChoice
from jobs.chance_words import still_untested
from larun_app.commands.chance_lines import short_chance_lines
from larun_app.commands.contrast import read_contrast
from larun_app.commands.failures import WrongUse
from larun_app.commands.outputs import STANDARD_OUTPUT, check_file, check_folder, write_text
from science import rounding
from science.search.results import told_chance

_FILE_ENDINGS = (".fits", ".fit", ".csv", ".txt", ".dat", ".npz", ".parquet", ".gz", ".tsv")


def analyze(arguments: argparse.Namespace) -> int:
    """Search one star and print what was found; with --json also the whole report."""
    check_file(arguments.json)
    check_folder(getattr(arguments, "plots", None))
    report = run_and_write(arguments, build_request(arguments))
    if arguments.json != STANDARD_OUTPUT:
        print(summary(report))
    return 0


def run_and_write(arguments: argparse.Namespace, request: RunRequest) -> Report:
    """Run the request here with progress on the error output, and write what --json and --plots ask for."""
    from jobs.local import run_here

    quiet = arguments.quiet or not sys.stderr.isatty()
    report = run_here(request, None if quiet else _show_progress)
    if not quiet:
        print(file=sys.stderr)
    if arguments.json:
        write_text(arguments.json, json.dumps(report.model_dump(mode="json"), indent=1))
    if getattr(arguments, "plots", None):
        from jobs.plots import write_plots

        for path in (*write_plots(report, Path(arguments.plots)), *_fit_plots(report, Path(arguments.plots))):
            print(f"wrote {path}", file=sys.stderr)
    return report


def _fit_plots(report: Report, folder: Path) -> list[Path]:
    fitted = [s.index for s in report.signals if s.fit is not None]
    if not fitted:
        return []
    from jobs.fit_plots import write_fit_plots

    return [path for index in fitted for path in write_fit_plots(report.run_id, index, folder)]


def build_request(arguments: argparse.Namespace) -> RunRequest:
    """The request that the options describe. Raises WrongUse or pydantic's ValidationError."""
    return RunRequest(
        data=data_choice(arguments.target),
        clean=CleanChoice(quality=arguments.quality, detrend=not arguments.no_detrend, window_days=arguments.window),
        search=SearchChoice(
            preset=getattr(arguments, "preset", "standard"),
            engine=_engine(arguments),
            period_min_days=arguments.period_min,
            period_max_days=arguments.period_max,
            max_signals=getattr(arguments, "max_signals", 1),
        ),
        star=star_choice(arguments),
        vet=vet_choice(arguments),
        fit=fit_choice(arguments) if getattr(arguments, "fit", False) else None,
        seed=getattr(arguments, "seed", 1),
    )


def fit_choice(arguments: argparse.Namespace) -> FitChoice:
    """How posteriors are sampled."""
    return FitChoice(
        sampler=arguments.sampler,
        data_mode=arguments.data_mode,
        eccentric=arguments.eccentric,
        use_stellar_density=arguments.stellar_density,
        gaussian_process=arguments.gp,
        budget_seconds=arguments.budget,
        together=getattr(arguments, "together", False),
    )


def star_choice(arguments: argparse.Namespace) -> StarChoice:
    """The star's numbers given on the command line."""
    return StarChoice(radius_sun=arguments.radius, mass_sun=arguments.mass, teff_k=arguments.teff)


def vet_choice(arguments: argparse.Namespace) -> VetChoice:
    """Which archives the tests may ask, and whether explanations are weighed; all of it unless switched off. Searches
    alone ask none."""
    if not hasattr(arguments, "no_pixels"):
        return VetChoice(neighbours=False, pixels=False, chances=False)
    return VetChoice(
        neighbours=not arguments.no_neighbours,
        pixels=not arguments.no_pixels,
        chances=not getattr(arguments, "no_chances", False),
        contrast=read_contrast(getattr(arguments, "contrast", None)),
    )


def _engine(arguments: argparse.Namespace) -> str | None:
    if arguments.command == "bls":
        return "bls"
    chosen: str | None = getattr(arguments, "engine", None)
    return chosen or ("larun" if arguments.command == "tls" else None)


def data_choice(words: list[str]) -> DataChoice:
    """Files where they look like files, else one star of the archive. Raises WrongUse."""
    paths = [Path(w) for w in words]
    looks_like_files = [p.exists() or "/" in str(p) or p.name.lower().endswith(_FILE_ENDINGS) for p in paths]
    if all(looks_like_files):
        for path in paths:
            if not path.exists():
                raise WrongUse(f"There is no file {path}.")
        return DataChoice(kind="files", paths=tuple(str(p.resolve()) for p in paths))
    if any(looks_like_files):
        raise WrongUse("Give either files or one star, not both at once.")
    return DataChoice(kind="archive", target=" ".join(words))


def _show_progress(stage: str, fraction: float, fact: str) -> None:
    line = f"{stage:9s} {100 * fraction:3.0f} %  {fact}"
    print(f"\r{line[:100]:100s}", end="", file=sys.stderr, flush=True)


def summary(report: Report) -> str:
    """The report as a person would tell it."""
    lines = [report.title if report.title == report.target else f"{report.title} ({report.target})"]
    if report.simulated:
        lines.append("SIMULATED DATA: this star does not exist.")
    if report.stellar.words:
        lines.append(report.stellar.words)
    points = sum(s.points_used for s in report.sectors)
    lines.append(
        f"{len(report.sectors)} light curve{'s' if len(report.sectors) != 1 else ''}, {rounding.number(points)} points "
        f"over {rounding.significant(report.span_days, 3)} days"
    )
    lines += ["", report.verdict.headline]
    lines += [f"  {s}" for s in report.verdict.sentences]
    if report.verdict.sensitivity:
        lines.append(f"  {report.verdict.sensitivity}")
    for signal in report.signals:
        lines += ["", *signal_lines(signal)]
        lines += vetting_lines(signal)
        lines += classification_lines(signal)
        lines += short_chance_lines(signal)
        if signal.fit is not None:
            lines += fit_lines(signal.fit)
    if not report.signals and report.best_rejected is not None and report.best_rejected.vetting:
        lines += ["", f"Checks of the strongest repeat, every {report.best_rejected.period_days:.4f} days:"]
        lines += vetting_lines(report.best_rejected)
        lines += classification_lines(report.best_rejected)
        lines += short_chance_lines(report.best_rejected)
    not_done = still_untested(report.verdict.not_done, report.signals)
    if not_done:
        lines += ["", "Not tested here:"]
        lines += [f"  {s}" for s in not_done]
    if report.warnings:
        lines += ["", "Notes:"]
        lines += [f"  {w}" for w in report.warnings]
    if report.run_id:
        lines += ["", f"Run {report.run_id}; `larun export {report.run_id}` writes its files."]
    return "\n".join(lines)


def signal_lines(signal: SignalReport) -> list[str]:
    """The numbers of one signal."""

    def measured(value: float, error: float | None, unit: str) -> str:
        shown, plus = rounding.with_error(value, error)
        return f"{shown} ± {plus} {unit}" if plus else f"{shown} {unit}"

    chance, bounded = told_chance(signal.fap, signal.fap_hi, signal.fap_method)
    lines = [
        f"Signal {signal.index} ({signal.kind})",
        f"  period    {measured(signal.period_days, signal.period_days_err, 'd')}",
        f"  epoch     {measured(signal.epoch_bjd, signal.epoch_bjd_err, 'BJD_TDB')}",
        f"  duration  {measured(signal.duration_hours, signal.duration_hours_err, 'h')}",
        f"  depth     {measured(signal.depth_ppm, signal.depth_ppm_err, 'ppm')}",
        f"  strength  {'' if signal.sde is None else f'SDE {signal.sde:.1f}, '}S/N {signal.snr:.1f} "
        f"(white {signal.snr_white:.1f}), "
        f"{signal.n_transits} transits",
        f"  fluke     {rounding.chance(chance)}{' or less' if bounded else ''} ({signal.fap_method})",
    ]
    if signal.radius_earth is not None:
        lines.append(f"  size      {measured(signal.radius_earth, signal.radius_earth_err, 'Earths, if a planet')}")
    if signal.relation:
        lines.append(f"  relation  {signal.relation}")
    return lines


def fit_lines(fit: FitReport) -> list[str]:
    """The posterior of one signal, or why none is told."""
    from jobs.fit_table import text_lines

    return text_lines(fit)


def classification_lines(signal: SignalReport) -> list[str]:
    """The classes, the most likely first, and what moved the score; or the reason why there are none."""
    from jobs.class_words import CLASS_WORDS
    from larun_app.classifier.wording import classifier_view

    found = signal.classification
    if found is None:
        return []
    told = classifier_view(signal)
    if found.probabilities is None:
        return [f"  class     {told.missing}"]
    listed = sorted(found.probabilities.model_dump().items(), key=lambda item: -item[1])
    lines = [f"  class     {told.headline}"]
    lines += [f"            {rounding.model_share(chance):>13}  {CLASS_WORDS[name]}" for name, chance in listed]
    lines += [f"            {sentence}" for sentence in (*told.moved, *told.others)]
    return [*lines, f"            {told.caveat} (model {found.model_version})"]


_WORDS = {"pass": "pass", "warn": "LOOK", "fail": "FAIL", "not_run": "not run"}


def vetting_lines(signal: SignalReport) -> list[str]:
    """The checks of one signal: what they say together, then one line each, failures first."""
    verdict = signal.vetting_verdict
    if verdict is None:
        return []
    order = ("fail", "warn", "not_run", "pass")
    tests = sorted(signal.vetting.values(), key=lambda t: order.index(t.outcome))
    lines = [f"  checks    {verdict.headline}"]
    lines += [f"    {_WORDS[t.outcome]:8s}{t.title}: {t.reason}" for t in tests]
    return lines
