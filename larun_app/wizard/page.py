"""The wizard, drawn: five steps on one address."""

from __future__ import annotations

import reflex as rx

from larun_app.ui.shell import shell
from larun_app.wizard.frame import title
from larun_app.wizard.shown import WizardState
from larun_app.wizard.steps_data import clean_step, data_step
from larun_app.wizard.steps_search import run_step, search_step
from larun_app.wizard.steps_star import star_step


def wizard_page() -> rx.Component:
    """The wizard."""
    return shell(
        rx.match(
            WizardState.step,
            (2, data_step()),
            (3, clean_step()),
            (4, search_step()),
            (5, run_step()),
            star_step(),
        ),
        here="analyse",
        title=title(),
        back="/",
        page_class="wizard",
    )
