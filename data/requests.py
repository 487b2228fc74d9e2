"""What a person or program asks for when a star is to be analysed: one document for browser, API and command line."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Preset = Literal["quick", "standard", "thorough"]
QualityMask = Literal["none", "default", "hard"]
Normalise = Literal["median", "mean", "running"]
GapFill = Literal["none", "interpolate", "model"]
EngineName = Literal["larun", "bls", "reference"]


class Strict(BaseModel):
    """Base of every request: unknown fields are refused, so that a typing error never changes a result silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ColumnChoice(Strict):
    """How the columns of an uploaded table are to be read, where the user corrected our guess. None = as detected."""

    time: str | None = None
    flux: str | None = None
    flux_err: str | None = None
    time_system: Literal["BTJD", "BKJD", "BJD", "JD", "MJD"] | None = None
    flux_unit: Literal["relative", "electron_per_s", "ppm", "ppt", "percent", "magnitude"] | None = None


class DataChoice(Strict):
    """Where the light comes from. `archive`: `target` at MAST; `upload`: stored uploads; `example`: a bundled star;
    `files`: paths, command line only."""

    kind: Literal["archive", "upload", "example", "files"]
    target: str = Field(default="", max_length=200)
    products: tuple[Annotated[str, Field(max_length=300)], ...] = Field(default=(), max_length=200)
    author: str = Field(default="", max_length=40)
    upload_ids: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=200)
    example: str = Field(default="", max_length=60)
    paths: tuple[str, ...] = Field(default=(), max_length=500)
    columns: ColumnChoice = ColumnChoice()


class HiddenRange(Strict):
    """Points the user hid by hand, BJD_TDB."""

    start_bjd: float
    stop_bjd: float

    @model_validator(mode="after")
    def _ordered(self) -> HiddenRange:
        if not self.start_bjd < self.stop_bjd:
            raise ValueError("A hidden range must end after it starts.")
        return self


class KnownTransit(Strict):
    """A transit already known, to be masked before the search."""

    period_days: float = Field(gt=0.05, lt=5000)
    epoch_bjd: float
    duration_hours: float = Field(gt=0.1, lt=72)


class CleanChoice(Strict):
    """How the light is cleaned. `window_days` None = chosen from the longest transit searched."""

    quality: QualityMask = "default"
    normalise: Normalise = "median"
    gap_fill: GapFill = "none"
    detrend: bool = True
    window_days: float | None = Field(default=None, gt=0.1, le=20)
    hidden: tuple[HiddenRange, ...] = Field(default=(), max_length=200)


class SearchChoice(Strict):
    """How hard to look. None = the preset's value."""

    preset: Preset = "standard"
    engine: EngineName | None = None
    period_min_days: float | None = Field(default=None, ge=0.2, le=1000)
    period_max_days: float | None = Field(default=None, ge=0.25, le=3000)
    max_signals: int | None = Field(default=None, ge=1, le=8)
    known: tuple[KnownTransit, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _ordered(self) -> SearchChoice:
        lo, hi = self.period_min_days, self.period_max_days
        if lo is not None and hi is not None and not lo < hi:
            raise ValueError("The longest period must be longer than the shortest.")
        return self


class StarChoice(Strict):
    """Stellar parameters given by the user; they win over catalogue values."""

    radius_sun: float | None = Field(default=None, gt=0.05, lt=100)
    mass_sun: float | None = Field(default=None, gt=0.05, lt=50)
    teff_k: float | None = Field(default=None, gt=1500, lt=60000)


class GivenSignal(Strict):
    """A signal whose period is known already: it is measured and tested, and nothing is searched."""

    period_days: float = Field(gt=0.05, lt=5000)
    epoch_bjd: float = Field(gt=2_400_000, lt=2_500_000)
    duration_hours: float = Field(gt=0.1, lt=72)


class VetChoice(Strict):
    """How a signal is tested. `neighbours` and `pixels` say whether the archives are asked for the stars around and for
    the pixels; without them the tests that need them are listed as not run. `chances`: whether the explanations of a
    signal are weighed against each other; `contrast` is what an image with high resolution would have shown: pairs of
    separation (arcsec, rising) and how many magnitudes fainter a second star may be there and still be seen."""

    neighbours: bool = True
    pixels: bool = True
    chances: bool = True
    contrast: tuple[tuple[float, float], ...] = Field(default=(), max_length=1000)

    @model_validator(mode="after")
    def _rising(self) -> VetChoice:
        apart = [pair[0] for pair in self.contrast]
        if any(b <= a for a, b in pairwise(apart)) or (apart and apart[0] < 0):
            raise ValueError("The separations of a contrast curve must rise from zero or more.")
        if len(self.contrast) == 1 or any(not 0 <= pair[1] <= 25 for pair in self.contrast):
            raise ValueError("A contrast curve needs two lines or more, with differences from 0 to 25 magnitudes.")
        return self


class FitChoice(Strict):
    """How a posterior is sampled. `budget_seconds` is wall time: a fit that has not converged by then says so and gives
    no numbers. `together` samples all signals of the star at once, else each is fitted with the others left out."""

    sampler: Literal["emcee", "dynesty"] = "emcee"
    data_mode: Literal["auto", "windowed", "binned"] = "auto"
    eccentric: bool = False
    use_stellar_density: bool = False
    gaussian_process: bool = False
    budget_seconds: float = Field(default=120.0, ge=5, le=1800)
    together: bool = False


class RunRequest(Strict):
    """One analysis, complete: the same request on the same data gives the same numbers. With `fit` the posteriors of
    the signals found (or given) are sampled too."""

    data: DataChoice
    clean: CleanChoice = CleanChoice()
    search: SearchChoice = SearchChoice()
    star: StarChoice = StarChoice()
    signal: GivenSignal | None = None
    vet: VetChoice = VetChoice()
    fit: FitChoice | None = None
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    title: str = Field(default="", max_length=120)
