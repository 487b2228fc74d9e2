"""What goes in and out of the model service as JSON. Everything that is not as described here is refused by name."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from serving.classes import CLASSES
from serving.scalars import SCALARS
from serving.view_grids import GLOBAL_BINS, LOCAL_BINS

MOST_SIGNALS: Final = 256
MOST_POINTS: Final = 400_000
#: Rows of one body of `/classify/binary`.
MOST_ROWS: Final = 8_192


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ViewsAsked(_Model):
    """Folded views with median 0 and deepest point −1; others are brought to that."""

    global_: Annotated[list[FiniteFloat], Len(GLOBAL_BINS, GLOBAL_BINS)] = Field(alias="global")
    local: Annotated[list[FiniteFloat], Len(LOCAL_BINS, LOCAL_BINS)]
    secondary: Annotated[list[FiniteFloat], Len(LOCAL_BINS, LOCAL_BINS)] | None = None


class LightCurveAsked(_Model):
    """Detrended light; times in days, brightness in any unit, null where there is none."""

    time: Annotated[list[FiniteFloat | None], Len(1, MOST_POINTS)]
    flux: Annotated[list[FiniteFloat | None], Len(1, MOST_POINTS)]


class EphemerisAsked(_Model):
    """`epoch` is the middle of one dip on the time scale of the light curve."""

    period_days: FiniteFloat
    epoch: FiniteFloat
    duration_hours: FiniteFloat = Field(description="from first to fourth contact")


class StarAsked(_Model):
    """What is known of the star."""

    radius_sun: FiniteFloat | None = None
    mass_sun: FiniteFloat | None = None
    teff_k: FiniteFloat | None = None
    tmag: FiniteFloat | None = None


class SignalAsked(_Model):
    """Either views, or a light curve with an ephemeris. `scalars` go before what is measured; null: unknown."""

    views: ViewsAsked | None = None
    light_curve: LightCurveAsked | None = None
    ephemeris: EphemerisAsked | None = None
    star: StarAsked | None = None
    scalars: dict[str, FiniteFloat | None] = Field(default_factory=dict)
    vetting: dict[str, FiniteFloat | None] | None = Field(default=None, description="numbers of tests, for /ensemble")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.views is None) == (self.light_curve is None):
            raise ValueError("give either views or a light curve")
        if self.light_curve is not None and self.ephemeris is None:
            raise ValueError("a light curve needs an ephemeris")
        strange = sorted(set(self.scalars) - set(SCALARS))
        if strange:
            raise ValueError(f"unknown scalar {strange[0][:40]!r}; known are {', '.join(SCALARS)}")
        return self


class ClassifyRequest(_Model):
    """Signals to classify. `version`: answer only with this version of the model."""

    signals: Annotated[list[SignalAsked], Len(1, MOST_SIGNALS)]
    explain: bool = False
    version: str | None = Field(default=None, max_length=100)


class Probabilities(_Model):
    """Of the six classes; they add up to 1."""

    planet: float
    eb: float
    beb: float
    variable: float
    artifact: float
    no_signal: float

    @classmethod
    def of(cls, row: Any) -> Probabilities:
        """From six numbers in the order of CLASSES."""
        return cls(**{name: round(float(p), 6) for name, p in zip(CLASSES, row, strict=True)})


class BranchChange(_Model):
    """Change of the planet probability when this input is blank: negative where it spoke for a planet."""

    branch: str
    change: float


class SignalAnswer(_Model):
    """Of one signal. `student` is what the network of the microcontroller says; null where there is none."""

    label: str
    probabilities: Probabilities
    student: Probabilities | None
    explanation: list[BranchChange] | None


class ModelUsed(_Model):
    version: str


class ClassifyAnswer(_Model):
    """In the order of the signals asked about."""

    model: ModelUsed
    results: list[SignalAnswer]


class Combined(_Model):
    """Probability of a planet from networks, trees, scalars and vetting numbers together."""

    planet: float


class EnsembleSignalAnswer(SignalAnswer):
    combined: Combined


class EnsembleAnswer(_Model):
    """In the order of the signals asked about."""

    model: ModelUsed
    results: list[EnsembleSignalAnswer]


def sentence_of(error: ValidationError) -> str:
    """One sentence for all that was wrong: the place and reason of the first error, and how many more there are."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    return sentence_of_errors([dict(e) for e in errors])


def sentence_of_errors(errors: list[dict[str, Any]]) -> str:
    """As `sentence_of`, from the list of errors as JSON."""
    first = errors[0]
    place = ".".join(str(part) for part in first.get("loc", ()))
    words = str(first.get("msg", "cannot be read")).removeprefix("Value error, ").rstrip(".")
    more = len(errors) - 1
    also = f" ({more} more {'error' if more == 1 else 'errors'})" if more else ""
    return f"{place}: {words}{also}." if place else f"{words[:1].upper()}{words[1:]}{also}."
