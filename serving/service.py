"""The model service: BentoML on LiteRT. Run by `python -m serving`, or `bentoml serve serving.service:LarunClassifier`.

Settings: LARUN_MODEL_KEY (who does not send it as X-Api-Key is refused), LARUN_MODEL_FOLDER (artefacts other than the
committed ones).
"""

from __future__ import annotations

import os

os.environ["BENTOML_DO_NOT_TRACK"] = "True"  # read when BentoML first asks whether it may report its use: it may not

import logging
from pathlib import Path

import anyio.to_thread
import bentoml
import numpy as np
import numpy.typing as npt

from serving.api import (
    BranchChange,
    ClassifyAnswer,
    ClassifyRequest,
    Combined,
    EnsembleAnswer,
    EnsembleSignalAnswer,
    ModelUsed,
    Probabilities,
    SignalAnswer,
)
from serving.artefacts import COMMITTED
from serving.asked_signals import Refused, Table, physical_scalars, table_of
from serving.batching import Batches
from serving.classes import CLASSES, PLANET
from serving.classifier import BRANCHES, NUMBERS, Classifier, Floats, as_rows, as_table, blanked, changes
from serving.gate import Gate
from serving.routes import plain_routes, told

_routes = plain_routes()
#: So few signals given as views are made ready in the event loop.
_FEW = 8


class _OnlyOurFaults(logging.Filter):
    """BentoML logs a traceback for every request it refuses: what clients get wrong is no news of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, ValueError | bentoml.exceptions.BentoMLException)


logging.getLogger("bentoml._internal.server.http_app").addFilter(_OnlyOurFaults())


@bentoml.service(
    name="larun_classifier",
    workers=1,
    threads=2,
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": [".*"]},  # nobody collects traces here, and making them takes 0.7 ms a request
)
@bentoml.asgi_app(_routes, path="/")
class LarunClassifier:
    """Classifies transit signals."""

    def __init__(self) -> None:
        self.classifier = Classifier.load(Path(os.environ.get("LARUN_MODEL_FOLDER") or COMMITTED))
        self.classifier.warm()
        self.batches = Batches(self._together)
        _routes.state.service = self

    @bentoml.api(route="/classify")
    async def classify(self, asked: ClassifyRequest, /) -> ClassifyAnswer:
        """Class and calibrated probabilities of each signal; with `explain` what moved the planet probability."""
        try:
            self.check_version(asked.version)
            return ClassifyAnswer(model=self._model(), results=await self._answers(asked, await _table(asked)))
        except Refused as refused:
            return told(refused)  # type: ignore[return-value]  # BentoML passes responses on

    @bentoml.api(route="/ensemble")
    async def ensemble(self, asked: ClassifyRequest, /) -> EnsembleAnswer:
        """As /classify, and the planet probability from networks, trees and vetting numbers together."""
        try:
            self.check_version(asked.version)
            combination = self.classifier.combination
            if combination is None:
                raise Refused(501, "These artefacts come without the combination with vetting numbers.")
            table = await _table(asked)
            answers = await self._answers(asked, table)
            known = [
                {**numbers, **(signal.vetting or {})}
                for numbers, signal in zip(physical_scalars(table), asked.signals, strict=True)
            ]
            combined = combination.planet(combination.table([a.probabilities.planet for a in answers], known))
            results = [
                EnsembleSignalAnswer(**dict(answer), combined=Combined(planet=round(float(planet), 6)))
                for answer, planet in zip(answers, combined, strict=True)
            ]
            return EnsembleAnswer(model=self._model(), results=results)
        except Refused as refused:
            return told(refused)  # type: ignore[return-value]

    def check_version(self, wanted: str | None) -> None:
        """Raises Refused (404) when another version of the model is asked for than is here."""
        here = self.classifier.manifest.version
        if wanted is not None and wanted != here:
            raise Refused(404, f"This service has version {here} of the model, not the one asked for.")

    async def probabilities(self, table: Table) -> Floats:
        """(n, 6) of the ensemble for a table (n, NUMBERS)."""
        unusual = self.classifier.unusual(as_rows(table))
        return (await self.batches(_with_wish(table, student=False, unusual=unusual)))[:, : len(CLASSES)]

    async def _answers(self, asked: ClassifyRequest, table: Table) -> list[SignalAnswer]:
        count, kinds = table.shape[0], len(CLASSES)
        unusual = self.classifier.unusual(as_rows(table))
        wished = _with_wish(table, student=self.classifier.has_student, unusual=unusual)
        if asked.explain:
            blank = as_table(blanked(as_rows(table)))
            # the same models have to answer with and without a branch
            same = np.tile(unusual, len(BRANCHES))
            wished = np.concatenate([wished, _with_wish(blank, student=False, unusual=same)])
        found = await self.batches(wished)
        moved = changes(found[:count, PLANET], found[count:, PLANET]) if asked.explain else None
        return [
            SignalAnswer(
                label=CLASSES[int(found[k, :kinds].argmax())],
                probabilities=Probabilities.of(found[k, :kinds]),
                student=Probabilities.of(found[k, kinds:]) if self.classifier.has_student else None,
                explanation=None if moved is None else _explanation(moved[k]),
            )
            for k in range(count)
        ]

    def _together(self, wished: Table) -> Floats:
        """(n, 12): ensemble, then student (NaN where not wished), of tables as of `_with_wish`."""
        rows, wishes = as_rows(wished[:, :NUMBERS]), wished[:, NUMBERS] > 0
        students = np.full((wishes.size, len(CLASSES)), np.nan)
        if wishes.any():
            students[wishes] = self.classifier.student({name: values[wishes] for name, values in rows.items()})
        answers = self.classifier.classify(rows, wished[:, NUMBERS + 1] > 0)
        return np.concatenate([answers, students], axis=1)

    def _model(self) -> ModelUsed:
        return ModelUsed(version=self.classifier.manifest.version)


LarunClassifier.add_asgi_middleware(Gate, key=os.environ.get("LARUN_MODEL_KEY"))


async def _table(asked: ClassifyRequest) -> Table:
    if len(asked.signals) <= _FEW and all(signal.views is not None for signal in asked.signals):
        return table_of(asked.signals)  # quicker than changing threads
    return await anyio.to_thread.run_sync(table_of, asked.signals)


def _with_wish(table: Table, *, student: bool, unusual: npt.NDArray[np.bool_]) -> Table:
    """A table with two columns more: whether the student is to answer too, and whether the second training is."""
    wish = np.full(table.shape[0], student, dtype=np.float32)
    return np.concatenate([table, np.stack([wish, unusual.astype(np.float32)], axis=1)], axis=1)


def _explanation(moved: Floats) -> list[BranchChange]:
    return [BranchChange(branch=name, change=round(float(m), 6)) for name, m in zip(BRANCHES, moved, strict=True)]
