"""The evidence of each variant on each star, as a table."""

from __future__ import annotations

import dataclasses

from data.validation_report import ValidationReport
from jobs.chance_words import SCENARIO_WORDS, told_probability
from larun_app.ui.numbers import count, took
from science.rounding import number, significant, with_error

MOST = 40


@dataclasses.dataclass
class EvidenceRow:
    """One variant on one star, in words."""

    code: str = ""
    words: str = ""
    star: str = ""
    ln_z: str = ""
    effective: str = ""
    draws: str = ""
    share: str = ""


def evidence_rows(found: ValidationReport) -> list[EvidenceRow]:
    """The most likely first, those that no draw explains last; at most MOST of them."""
    listed = sorted(found.evidence, key=lambda e: (-e.probability, e.ln_z is None))
    rows = []
    for line in listed[:MOST]:
        ln_z = "no draw makes such a dip"
        if line.ln_z is not None:
            value, error = with_error(line.ln_z, line.ln_z_err)
            ln_z = f"{value} ± {error}" if error else value
        rows.append(
            EvidenceRow(
                line.code,
                SCENARIO_WORDS[line.scenario],
                line.star,
                ln_z,
                significant(line.effective_size, 3) if line.effective_size < 1000 else number(line.effective_size),
                number(line.draws),
                told_probability(line.probability, None)[0],
            )
        )
    return rows


def evidence_said(found: ValidationReport) -> str:
    """What lies behind the table, and what it leaves out."""
    rest = len(found.evidence) - MOST
    if rest <= 0:
        return ""
    return f"{count(rest, 'line')} more, all less likely, {'is' if rest == 1 else 'are'} in the report’s JSON."


def how_it_was_drawn(found: ValidationReport) -> str:
    """Draws, seed and time of the calculation: what it takes to get the same numbers again."""
    parts = [] if found.draws is None else [f"{number(found.draws)} draws"]
    parts += [] if found.seed is None else [f"seed {found.seed}"]
    parts += [] if found.cpu_seconds is None else [f"{took(found.cpu_seconds)} of processor time"]
    if not parts:
        return ""
    said = ", ".join(parts)
    return f"{said[:1].upper()}{said[1:]}. The same seed on the same light gives the same numbers."
