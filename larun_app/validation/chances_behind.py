"""What lies behind the probabilities, folded away: assumptions with their sources, evidence, seed and draws."""

from __future__ import annotations

import re

import reflex as rx

from larun_app.ui.icons import icon
from larun_app.ui.terms import term
from larun_app.validation.chances import ChancesView
from larun_app.validation.evidence import EvidenceRow
from larun_app.validation.priors import PRIORS, Prior

_POWER = re.compile(r"\^(−?[\d.]*\d)")


def _law(law: str) -> list[rx.Component | str]:
    """The law with its powers raised: every second piece of the split text is one."""
    return [rx.el.sup(piece) if k % 2 else piece for k, piece in enumerate(_POWER.split(law)) if piece]


def _cell(label: str, value: rx.Var[str] | str, right: bool = False) -> rx.Component:
    return rx.el.td(value, class_name="r" if right else "", custom_attrs={"data-label": label})


def _table(heads: tuple[tuple[str, bool], ...], body: rx.Component, label: str) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*(rx.el.th(w, scope="col", class_name="r" if right else "") for w, right in heads))),
            body,
            class_name="lines cards chtable",
        ),
        class_name="tabscroll",
        tab_index=0,
        role="region",
        aria_label=label,
    )


def _prior(prior: Prior) -> rx.Component:
    return rx.el.tr(
        rx.el.th(prior.of[:1].upper() + prior.of[1:], scope="row"),
        rx.el.td(rx.el.span(*_law(prior.law)), custom_attrs={"data-label": "Law"}),
        _cell("Source", prior.source or "–"),
    )


def _line(row: rx.Var[EvidenceRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row.code, rx.el.small(row.words, class_name="xs faint"), scope="row"),
        _cell("Star", row.star),
        _cell("ln Z", row.ln_z, True),
        _cell("Effective draws", row.effective, True),
        _cell("Draws", row.draws, True),
        _cell("Probability", row.share, True),
    )


def _fold(words: str, *children: rx.Component) -> rx.Component:
    return rx.el.details(
        rx.el.summary(icon("chevron-right", 18), words, class_name="more"), *children, class_name="chfold"
    )


def behind(view: rx.Var[ChancesView]) -> rx.Component:
    """The folds at the end of the section."""
    return rx.fragment(
        _fold(
            "What was known before, with sources",
            rx.el.p(
                "Each explanation is weighed by how common it is: its ",
                term("prior", "prior"),
                ". These are the laws, and who measured them.",
                class_name="sum",
            ),
            _table(
                (("Of", False), ("Law", False), ("Source", False)), rx.el.tbody(*(_prior(p) for p in PRIORS)), "Priors"
            ),
        ),
        rx.cond(
            view.evidence.length() > 0,
            _fold(
                "How each explanation fits, in numbers",
                rx.el.p(
                    "The ",
                    term("evidence", "evidence"),
                    " of every variant on every star. Names as in Giacalone et al. 2021; the effective number of draws "
                    "says how many of them really explain the dip.",
                    class_name="sum",
                ),
                _table(
                    (
                        ("Variant", False), ("Star", False), ("ln Z", True), ("Effective draws", True), ("Draws", True),
                        ("Probability", True),
                    ),
                    rx.el.tbody(rx.foreach(view.evidence, _line)),
                    "Evidence",
                ),
                rx.cond(view.evidence_said != "", rx.el.p(view.evidence_said, class_name="sum chbeyond")),
            ),
            rx.fragment(),
        ),
        rx.cond(
            view.drawn != "",
            _fold("How it was computed", rx.el.p(view.drawn, class_name="sum num")),
            rx.fragment(),
        ),
    )  # fmt: skip
