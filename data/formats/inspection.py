"""What was found in a file and what was made of it: shown to the user for confirmation, kept with the run."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from data.requests import QualityMask


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnsChosen(Frozen):
    """Names as in the file; None where the file has no such column."""

    time: str
    flux: str
    flux_err: str | None = None
    quality: str | None = None


class QualityBitSeen(Frozen):
    """One quality bit that occurs in the file, and whether the chosen mask leaves its rows out."""

    name: str
    value: int
    rows: int
    masked: bool


class Inspection(Frozen):
    """One file, or several files of one star (`files`, with one inspection for each in `parts`)."""

    format: str  # in words: "TESS SPOC light curve"
    files: tuple[str, ...]
    columns_found: tuple[str, ...]
    columns: ColumnsChosen
    time_system: str  # in words: "BTJD (BJD − 2457000)"
    time_system_sure: bool
    flux_unit: str  # in words: "electrons per second"
    flux_unit_sure: bool
    n_rows: int
    n_usable: int
    start_bjd: float
    stop_bjd: float
    cadence_seconds: float
    labels: tuple[str, ...]  # "S1", "S4" … in order
    mask: QualityMask
    mask_sentence: str
    quality_bits: tuple[QualityBitSeen, ...] = ()
    star_name: str = ""
    star_ids: tuple[str, ...] = ()
    simulated: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    parts: tuple[Inspection, ...] = ()

    @property
    def needs_confirmation(self) -> bool:
        """True where time system or unit were guessed from the numbers alone, so that the user should look."""
        return not (self.time_system_sure and self.flux_unit_sure)
