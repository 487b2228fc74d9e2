"""What a search is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from science.lightcurve import FloatArray

Engine = Literal["larun", "bls", "reference"]
SignalKind = Literal["dip", "binary", "rotation", "pulsation", "systematic", "none"]

#: The signal to noise that a detection needs, on the scale of Kepler and SPOC.
NEEDED_SNR = 7.1
#: Two dips make a period of any pair of glitches, so that a pair has to be stronger.
NEEDED_SNR_OF_TWO = 10.0
#: A signal that reaches this false-alarm probability at most is convincing.
LARGEST_FALSE_ALARM = 0.01

#: Called now and then with (periods tried, periods in all); raising from it cancels the search.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """The question. Limits in days; None means "from the data" (longest: half the span, at least two dips)."""

    engine: Engine = "larun"
    period_min_days: float = 0.5
    period_max_days: float | None = None
    min_transits: int = 2
    oversampling: int = 3
    duration_step: float = 1.15  # ratio of neighbouring trial durations
    use_stellar_density: bool = True
    max_signals: int = 3
    sde_threshold: float = 8.0
    snr_threshold: float = NEEDED_SNR
    fap_trials: int = 0  # shuffled copies of this star to search; 0 = the published white-noise table only
    seed: int = 1


@dataclass(frozen=True, slots=True)
class PeriodGrid:
    """Trial periods, ascending, shape (n,), and the limits and density that made them."""

    periods_days: FloatArray
    period_min_days: float
    period_max_days: float
    oversampling: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Periodogram:
    """One search over all trial periods. Arrays have shape (n,), ascending in period.

    `sr` is the signal residue min(chi2)/chi2 in (0, 1]; `power` is SDE per period (trend removed as TLS does);
    `duration_days`, `epoch_bjd`, `depth` are those of the best template at each period.
    """

    engine: str
    periods_days: FloatArray
    sr: FloatArray
    power: FloatArray
    duration_days: FloatArray
    epoch_bjd: FloatArray
    depth: FloatArray  # relative flux, positive for a dip
    delta_chi2: FloatArray  # chi2(constant) - chi2(template), >= 0
    sde: float
    best_index: int
    notes: tuple[str, ...] = ()

    @property
    def best_period_days(self) -> float:
        """Period of the highest power."""
        return float(self.periods_days[self.best_index])


@dataclass(frozen=True, slots=True)
class DipMeasurement:
    """Unbinned least-squares refit of one signal. Depths relative (0.001 = 1000 ppm), times BJD_TDB."""

    period_days: float
    period_err_days: float
    epoch_bjd: float  # mid-transit nearest the middle of the data
    epoch_err_days: float
    duration_days: float  # first to fourth contact
    duration_err_days: float
    depth: float  # mean in-transit depth at mid-transit of the template
    depth_err: float
    radius_ratio: float
    impact_parameter: float
    snr: float  # pink-noise signal to noise (Pont et al. 2006)
    snr_white: float
    n_transits: int  # transits with data
    n_points_in_transit: int
    odd_depth: float
    odd_depth_err: float
    even_depth: float
    even_depth_err: float
    odd_even_sigma: float
    secondary_depth: float  # at phase 0.5
    secondary_depth_err: float
    transit_times_bjd: FloatArray = field(repr=False)  # predicted mid-times with data, shape (n_transits,)
    transit_depths: FloatArray = field(repr=False)
    transit_depth_errs: FloatArray = field(repr=False)


#: The method of a false-alarm chance that no shuffled copies stand behind.
WHITE_NOISE_TABLE = "white-noise table"
#: Probabilities below this are not claimed, however far a law fitted to some tens of copies would reach.
SMALLEST_PROBABILITY = 1e-5
#: What the 10,000 searches of the table can support: beyond this only "less than" may be said.
SMALLEST_TABLED_FAP = 1e-4


def needed_snr(n_transits: int, threshold: float = NEEDED_SNR) -> float:
    """The signal to noise asked of a signal of so many dips, where `threshold` is asked of three and more."""
    return max(threshold, NEEDED_SNR_OF_TWO) if n_transits <= 2 else threshold


def smallest_told(method: str) -> float:
    """The smallest false-alarm chance that a method can tell; at it, only "less than" may be said."""
    return SMALLEST_TABLED_FAP if method == WHITE_NOISE_TABLE else SMALLEST_PROBABILITY


def told_chance(probability: float, hi: float, method: str) -> tuple[float, bool]:
    """The false-alarm chance to tell, and whether it is only a bound: where the method cannot see lower, or where the
    upper end `hi` of the band is more than twice the estimate. Every sentence and figure tells this one number."""
    if hi > 0 and probability <= 0.5 * hi:
        return hi, True
    return probability, probability <= smallest_told(method)


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """Chance that noise alone gives a peak this high. `lo`/`hi` bound it (90 %); method says how it was found."""

    probability: float
    lo: float
    hi: float
    method: str  # WHITE_NOISE_TABLE or "shuffled n=100 + inverted"
    n_trials: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One repeating dip: where it is, how strong, what it may be."""

    index: int  # 1, 2, …
    measurement: DipMeasurement
    sde: float
    false_alarm: FalseAlarm
    kind: SignalKind
    convincing: bool
    reasons: tuple[str, ...]  # sentences: why it is (not) convincing
    relation: str = ""  # "half of the rotation period", "2 x signal 1", …
    aliases_days: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """All signals found by iterative masking, the strongest first, with the periodogram of each round.

    `signals` holds those above the thresholds; `best_rejected` the strongest one that is not convincing (None when
    nothing at all repeats). `periodograms[i]` belongs to round i.
    """

    signals: tuple[Signal, ...]
    best_rejected: Signal | None
    periodograms: tuple[Periodogram, ...]
    grid: PeriodGrid
    settings: SearchSettings
    notes: tuple[str, ...] = ()
