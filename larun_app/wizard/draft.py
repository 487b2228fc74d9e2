"""A half-filled wizard: what has been answered so far, and the rules that turn it into a request.

Plain data and pure functions; `wizard.store` keeps drafts in the database, `wizard.state` is the page's side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.requests import (
    CleanChoice,
    ColumnChoice,
    DataChoice,
    KnownTransit,
    RunRequest,
    SearchChoice,
    StarChoice,
)

Way = Literal["name", "coordinates", "file"]
STEPS = ("Star", "Data", "Clean", "Search", "Run")
LAST_STEP = len(STEPS)

#: Ends of the period slider, days. The fields beside it take anything the request allows.
SLIDER_LOW_DAYS, SLIDER_HIGH_DAYS = 0.3, 50.0
SLIDER_STEPS = 200


class Draft(BaseModel):
    """All answers. Unknown fields of an older version are dropped, missing ones get their defaults."""

    model_config = ConfigDict(extra="ignore")

    way: Way = "name"
    text: str = Field(default="", max_length=200)
    ra: str = Field(default="", max_length=40)
    dec: str = Field(default="", max_length=40)
    lookup_job: str = Field(default="", max_length=64)
    upload_ids: tuple[Annotated[str, Field(max_length=64)], ...] = Field(default=(), max_length=200)
    #: Why the files do not belong together; empty when they do.
    files_error: str = Field(default="", max_length=1000)
    #: Archive products switched on; None = as suggested.
    products: tuple[Annotated[str, Field(max_length=300)], ...] | None = Field(default=None, max_length=200)
    author: str = Field(default="", max_length=40)
    columns: ColumnChoice = ColumnChoice()
    clean: CleanChoice = CleanChoice()
    search: SearchChoice = SearchChoice()
    star: StarChoice = StarChoice()
    #: Names of the known planets to hide before the search.
    hide_planets: tuple[Annotated[str, Field(max_length=80)], ...] = Field(default=(), max_length=10)
    parent_run_id: str = Field(default="", max_length=16)
    furthest: int = Field(default=1, ge=1, le=LAST_STEP)

    @property
    def target_text(self) -> str:
        """What the archives are asked: the name, or the two coordinates."""
        if self.way == "coordinates":
            return f"{self.ra.strip()} {self.dec.strip()}".strip()
        return self.text.strip()

    @property
    def has_star(self) -> bool:
        """Whether the first question is answered."""
        return bool(self.upload_ids) if self.way == "file" else bool(self.lookup_job)


class NotReady(ValueError):
    """The draft makes no request yet; the message says what is missing and `step` where."""

    def __init__(self, sentence: str, step: int) -> None:
        super().__init__(sentence)
        self.step = step


def to_request(
    draft: Draft, target: str, limits: tuple[float, float], known: Iterable[KnownTransit] = (), title: str = ""
) -> RunRequest:
    """The request of a complete draft. `target` is the star's resolved name, `limits` the periods that the page
    showed, `known` the planets to be hidden, `title` how the person calls the star.

    Raises NotReady where an answer is missing, pydantic's ValidationError where answers contradict each other.
    """
    if draft.way == "file":
        if not draft.upload_ids:
            raise NotReady("Choose at least one file first.", 1)
        data = DataChoice(kind="upload", target=target, upload_ids=draft.upload_ids, columns=draft.columns)
    else:
        if not draft.lookup_job or not target:
            raise NotReady("Name a star first.", 1)
        if draft.products is not None and not draft.products:
            raise NotReady("Choose at least one sector.", 2)
        data = DataChoice(kind="archive", target=target, products=draft.products or (), author=draft.author)
    search = SearchChoice.model_validate(
        {
            **draft.search.model_dump(),
            "period_min_days": limits[0],
            "period_max_days": limits[1],
            "known": [k.model_dump() for k in known],
        }
    )
    return RunRequest(data=data, clean=draft.clean, search=search, star=draft.star, title=title[:120])


def from_request(request: RunRequest) -> Draft:
    """A draft with the answers of an earlier run, to change one of them. The star has to be looked up again."""
    data = request.data
    return Draft(
        way="file" if data.kind == "upload" else "name",
        text="" if data.kind == "upload" else data.target,
        upload_ids=data.upload_ids,
        products=data.products or None,
        author=data.author,
        columns=data.columns,
        clean=request.clean,
        search=request.search,
        star=request.star,
    )


# ---- the archive's products -----------------------------------------------------------------------------------


class ProductLike(BaseModel):
    """The parts of an archive product that choosing needs."""

    id: str
    sector: int | None = None
    label: str
    author: str
    chosen: bool


def chosen_ids(draft: Draft, products: Sequence[ProductLike]) -> tuple[str, ...]:
    """Ids switched on: the draft's own, or the suggestion. Ids that are no longer listed are dropped."""
    if draft.products is None:
        return tuple(p.id for p in products if p.chosen)
    listed = {p.id for p in products}
    return tuple(i for i in draft.products if i in listed)


def toggle_product(draft: Draft, products: Sequence[ProductLike], product_id: str) -> Draft:
    """Switch one product on or off. Two files of one sector hold the same light, so the new one replaces the other."""
    by_id = {p.id: p for p in products}
    if product_id not in by_id:
        return draft
    now_on = chosen_ids(draft, products)
    if product_id in now_on:
        after = tuple(i for i in now_on if i != product_id)
    else:
        label = by_id[product_id].label
        after = (*(i for i in now_on if by_id[i].label != label), product_id)
    return draft.model_copy(update={"products": after})


def use_author(draft: Draft, products: Sequence[ProductLike], author: str) -> Draft:
    """Switch on one file of every sector that `author` measured; "" goes back to the suggestion."""
    if not author:
        return draft.model_copy(update={"products": None, "author": ""})
    taken: dict[str, str] = {}
    for product in products:
        if product.author == author:
            taken.setdefault(product.label, product.id)
    return draft.model_copy(update={"products": tuple(taken.values()), "author": author})


# ---- periods --------------------------------------------------------------------------------------------------


def period_of_slider(position: float) -> float:
    """Days at a slider position 0 … SLIDER_STEPS; logarithmic, two significant digits."""
    share = min(max(position / SLIDER_STEPS, 0.0), 1.0)
    days = SLIDER_LOW_DAYS * (SLIDER_HIGH_DAYS / SLIDER_LOW_DAYS) ** share
    return float(f"{days:.2g}")


def slider_of_period(days: float) -> int:
    """Slider position of a period; beyond the ends, the end."""
    share = math.log(days / SLIDER_LOW_DAYS) / math.log(SLIDER_HIGH_DAYS / SLIDER_LOW_DAYS)
    return round(SLIDER_STEPS * min(max(share, 0.0), 1.0))


class Watched(BaseModel):
    """How long a star was watched: from first to last measurement, the sum of the stretches, their number, points."""

    model_config = ConfigDict(frozen=True)

    span_days: float
    watched_days: float
    stretches: int
    points: int


def suggested_periods(watched: Watched | None) -> tuple[float, float]:
    """Shortest and longest period to try. Longest: two dips must fit into one stretch, three into several."""
    if watched is None or watched.watched_days < 2.5:
        return 0.5, 13.0
    share = 2 if watched.stretches < 2 else 3
    return 0.5, float(f"{min(watched.watched_days / share, SLIDER_HIGH_DAYS):.2g}")


def periods(draft: Draft, watched: Watched | None) -> tuple[float, float]:
    """The limits in force: the person's own, else the suggestion."""
    low, high = suggested_periods(watched)
    return draft.search.period_min_days or low, draft.search.period_max_days or high


def with_periods(draft: Draft, low_days: float | None, high_days: float | None) -> Draft:
    """The draft with new limits; None = as suggested. Raises ValidationError for limits that make no sense."""
    values = {**draft.search.model_dump(), "period_min_days": low_days, "period_max_days": high_days}
    return draft.model_copy(update={"search": SearchChoice.model_validate(values)})


def long_period_words(high_days: float, watched: Watched | None) -> str:
    """What the longest period costs: how many dips could still be seen."""
    if watched is None:
        return "A period needs at least two dips in the data to show."
    dips = watched.watched_days / high_days
    data = "in this stretch" if watched.stretches == 1 else f"in these {watched.stretches} stretches"
    if dips < 1.5:
        return f"Above {watched.watched_days / 2:.2g} days at most one dip would fall {data}, and one proves nothing."
    if dips < 2.5:
        return f"At {high_days:.2g} days you would see two dips {data}, the least that counts as a repeat."
    return f"At {high_days:.2g} days about {round(dips)} dips would fall {data}."
