"""Events of the page about the network for a microcontroller."""

from __future__ import annotations

import asyncio
import dataclasses

import reflex as rx

from jobs.model_chip import ChipModel, NoChip, describe
from larun_app.results.wording import Fact, Figure
from larun_app.security.guard import LarunState, guarded
from larun_app.security.sessions import Viewer
from science.rounding import THIN, number, significant


@dataclasses.dataclass
class ChipView:
    """The page. `missing` says why there is nothing to show."""

    figures: list[Figure] = dataclasses.field(default_factory=list)
    facts: list[Fact] = dataclasses.field(default_factory=list)
    how: str = ""
    missing: str = ""


def chip_view(model: ChipModel) -> ChipView:
    """Figures in words."""
    chip = model.microcontroller
    megahertz = f"{chip.clock_hz / 1e6:g}{THIN}MHz"
    milliseconds = significant(chip.modelled_milliseconds, 2)
    cycles = number(chip.modelled_cycles)
    facts = [
        Fact("Network", f"{number(chip.network_bytes)} bytes", "8-bit whole numbers, TensorFlow Lite"),
        Fact("Modelled cycles", cycles, "zero wait states"),
        Fact("Version", model.version),
        Fact("SHA-256 of the network", chip.sha256),
        Fact("Compiler", chip.compiler),
    ]
    auc = model.metrics.get("student_auc_toi_matched")
    if isinstance(auc, float):
        facts.insert(2, Fact("Planets told from the rest, AUC", f"{auc:.4f}", "signals of stars it was not trained on"))
    return ChipView(
        figures=[
            _figure("Time for one signal, modelled", milliseconds, f"ms at {megahertz}"),
            _figure("Flash", significant(chip.flash_bytes / 1024, 3), "KB"),
            _figure("Memory", significant(chip.ram_bytes / 1024, 3), "KB"),
        ],
        facts=[f for f in facts if f.value],
        how=chip.how_modelled,
    )


def _figure(name: str, value: str, unit: str) -> Figure:
    return Figure(name, value, unit=unit, spoken=f"{value} {unit}")


class ChipState(LarunState):
    """What the model service has for a microcontroller."""

    ready: bool = False
    view: ChipView = ChipView()

    @rx.event
    @guarded
    async def enter(self, viewer: Viewer) -> None:
        """The page is opened."""
        try:
            self.view = chip_view(await asyncio.to_thread(describe))
        except NoChip as reason:
            self.view = ChipView(missing=str(reason))
        self.ready = True
