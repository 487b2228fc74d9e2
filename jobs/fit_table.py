"""The numbers of a fit as a table: for a terminal, as CSV, and as LaTeX. One formatter: `science.rounding`."""

from __future__ import annotations

import csv
import io

from data.fit_report import FitReport, FittedParameter
from jobs.fit_names import name_of, order_of
from science import rounding

#: Said of values that rest on a stellar number without an error; such units carry a bracket.
WITHOUT_STAR_ERROR = "The star's error is unknown, so none is told."


def without_star_error(p: FittedParameter) -> bool:
    """Whether the value rests on a star whose errors are unknown: the transit's error alone would claim too much."""
    return "(" in p.unit


def ordered(fit: FitReport) -> list[tuple[str, FittedParameter]]:
    """Parameters of a fit in the order of every table."""
    return sorted(fit.parameters.items(), key=lambda item: order_of(item[0]))


def text_lines(fit: FitReport) -> list[str]:
    """The fit for a terminal: how the sampling went, then one line a parameter; without numbers where it has not
    converged."""
    went = f"{fit.n_ensembles} ensembles of {fit.n_walkers} walkers, {rounding.number(fit.steps)} steps each"
    diagnosed = ", ".join(
        part
        for part in (
            went if fit.steps else "",
            f"R-hat {fit.rhat:.4f}" if fit.rhat is not None else "",
            f"at least {rounding.number(fit.ess)} independent draws" if fit.ess is not None else "",
            f"{rounding.significant(fit.seconds, 2)} s",
        )
        if part
    )
    if not fit.converged:
        lines = ["  fit       NOT CONVERGED: no numbers are told.", f"    {fit.reason}"]
        return lines + ([f"    {diagnosed}"] if fit.steps else []) + [f"    {note}" for note in fit.notes]
    lines = [f"  fit       converged: {diagnosed}"]
    rows = [("", "median and 68 %", "95 %", "R-hat", "ESS")]
    bare = False
    for name, p in ordered(fit):
        names = name_of(name)
        if names is None or ":" in name:
            continue
        unit = f" {p.unit.partition(' (')[0]}" if p.unit else ""
        if without_star_error(p):
            unit, bare = unit + " *", True
        ess = "" if p.ess is None else rounding.number(p.ess)
        rows.append((names.words, told(p) + unit, told_range(p), "" if p.rhat is None else f"{p.rhat:.4f}", ess))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines += ["    " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    if bare:
        lines.append(f"    * {WITHOUT_STAR_ERROR}")
    if fit.residuals.scatter_ppm is not None and fit.residuals.red_factor is not None:
        lines.append(
            f"    Left over: {rounding.significant(fit.residuals.scatter_ppm, 3)} ppm a point, "
            f"{rounding.number(fit.residuals.red_factor, 2)} times white noise over a transit's length."
        )
    if fit.density is not None:
        lines.append(f"    {fit.density.sentence}")
    lines += [f"    {sentence}" for sentence in (fit.timing.sentences if fit.timing else ())]
    return lines + [f"    {note}" for note in fit.notes]


def told(p: FittedParameter) -> str:
    """A parameter for a page: a one-sided limit where only that can be told; three digits where no error is known."""
    if without_star_error(p):
        return rounding.significant(p.median, 3)
    if p.upper95 is not None and p.lower95 is None:
        return rounding.limit(p.upper95, "upper")
    if p.lower95 is not None and p.upper95 is None:
        return rounding.limit(p.lower95, "lower")
    return rounding.asymmetric_words(p.median, p.median - p.lo68, p.hi68 - p.median)


def told_range(p: FittedParameter) -> str:
    """The 95 % interval for a page, with as many digits as the 68 % one has; "" where no error is known."""
    if without_star_error(p):
        return ""
    errors = [e for e in (p.median - p.lo68, p.hi68 - p.median) if e > 0]
    if not errors:
        return ""
    places = max(rounding.places_of(min(errors)), 0)
    return f"{rounding.number(p.lo95, places)} … {rounding.number(p.hi95, places)}"


_COLUMNS = (
    "parameter", "unit", "value", "minus", "plus", "limit", "median", "lo68", "hi68", "lo95", "hi95", "mode",
    "hdi68_lo", "hdi68_hi", "hdi95_lo", "hdi95_hi", "rhat", "ess_bulk", "ess_tail", "sampled",
)  # fmt: skip


def csv_bytes(fit: FitReport) -> bytes:
    """All parameters: `value`, `minus`, `plus` (or `limit`, "<0.32" at 95 %) rounded to two digits of the smaller
    error, then every number in full. Where the star's error is unknown `value` has three digits and no error.
    A fit that has not converged is a comment that says so."""
    out = io.StringIO()
    if not fit.converged:
        out.write(f"# not converged, so no numbers are told: {fit.reason}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, p in ordered(fit):
        value, minus, plus = rounding.asymmetric_csv(p.median, p.median - p.lo68, p.hi68 - p.median)
        limit = ""
        if without_star_error(p):
            value, minus, plus = f"{p.median:.3g}", "", ""
        elif p.upper95 is not None and p.lower95 is None:
            limit = f"<{rounding.limit_csv(p.upper95, 'upper')}"
        elif p.lower95 is not None and p.upper95 is None:
            limit = f">{rounding.limit_csv(p.lower95, 'lower')}"
        full = [p.median, p.lo68, p.hi68, p.lo95, p.hi95, p.mode, *(p.hdi68 or (None,) * 2), *(p.hdi95 or (None,) * 2)]
        numbers = [_full(v) for v in full]
        diagnostics = ["" if v is None else f"{v:.6g}" for v in (p.rhat, p.ess_bulk, p.ess_tail)]
        sampled = "yes" if p.sampled else "no"
        writer.writerow([name, p.unit, value, minus, plus, limit, *numbers, *diagnostics, sampled])
    return out.getvalue().encode()


def _full(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def times_csv(fit: FitReport) -> bytes:
    """Transit times: epoch, BJD_TDB and error in days, observed minus calculated in minutes."""
    out = io.StringIO()
    out.write("epoch,time_bjd_tdb,error_days,minutes_late,snr,coverage\n")
    for t in fit.transit_times:
        tail = ",".join("" if v is None else f"{v:.4g}" for v in (t.snr, t.coverage))
        out.write(f"{t.epoch},{t.time_bjd:.7f},{t.error_days:.7f},{t.minutes_late:.4f},{tail}\n")
    return out.getvalue().encode()


def latex(fit: FitReport, target: str, signal: int) -> bytes:
    """A table for a paper (plain LaTeX, no packages)."""
    target = " ".join(target.split())
    safe = _escaped(target)
    lines = [f"% {target}, signal {signal}: median and 68 % of the posterior; limits at 95 %"]
    if not fit.converged:
        lines.append(f"% not converged, so no numbers are told: {fit.reason}")
        return ("\n".join(lines) + "\n").encode()
    lines += [
        r"\begin{table}",
        rf"\caption{{Parameters of {safe}, signal {signal}: median and 68\,\% of the posterior, limits at 95\,\%.}}",
        r"\begin{tabular}{lll}",
        r"\hline",
        r"Parameter & Value & Unit \\",
        r"\hline",
    ]
    bare = False
    for name, p in ordered(fit):
        names = name_of(name)
        if names is not None:
            star = "$^{*}$" if without_star_error(p) else ""
            bare = bare or bool(star)
            lines.append(rf"${names.symbol}$ & {latex_value(p)} & {names.latex_unit}{star} \\")
    lines += [r"\hline", r"\end{tabular}"]
    lines += [rf"\par $^{{*}}$ {WITHOUT_STAR_ERROR}"] if bare else []
    lines.append(r"\end{table}")
    return ("\n".join(lines) + "\n").encode()


def latex_value(p: FittedParameter) -> str:
    """A parameter's value in LaTeX: median with its errors, a one-sided limit where only that can be told, or three
    digits where no error is known."""
    if without_star_error(p):
        return rounding.significant(p.median, 3).replace(rounding.THIN, r"\,")
    if p.upper95 is not None and p.lower95 is None:
        return rounding.limit_latex(p.upper95, "upper")
    if p.lower95 is not None and p.upper95 is None:
        return rounding.limit_latex(p.lower95, "lower")
    return rounding.asymmetric_latex(p.median, p.median - p.lo68, p.hi68 - p.median)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "&%$#_{}" else {"\\": "", "~": " ", "^": ""}.get(c, c) for c in text)
