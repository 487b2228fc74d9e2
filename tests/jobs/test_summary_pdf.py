"""The one-page summary: what it says, that it says it inside the page, and that it is the same every time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

from data.report import Report, SignalReport
from data.requests import CleanChoice
from data.vetting_report import ContaminationReport, FieldReport
from jobs import cleaning, summary_words
from jobs.context import MemoryContext
from jobs.summary_page import RC, draw_page
from jobs.summary_pdf import NoSuchSignal, chosen_signal, write_summary
from jobs.summary_text import Style, fit, printable, width_of, wrap
from jobs.why_not_asked import NO_CATALOGUES_ASKED, NO_PIXELS_ASKED
from tests.app.made_light import INNER, Planet, made_light
from tests.app.stored_runs import NOTHING, made_report, signal_report
from tests.app.vetted_runs import bare_report, binary_report, blend_report, check, field_of, planet_report, verdict


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def light_of(curve: Any) -> dict[str, np.ndarray]:
    made = MemoryContext("run")
    cleaning.store(curve, CleanChoice(), made)
    return made.columns["lightcurve"][0]


def texts_of(figure: Any) -> list[str]:
    import matplotlib.text

    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_visible() and t.get_text().strip()]


def page(report: Report, signal: SignalReport, light: Any = None, sky: Any = None) -> tuple[Any, str]:
    figure = draw_page(report, signal, light, sky)
    return figure, "\n".join(texts_of(figure))


def left_the_page(figure: Any) -> list[str]:
    """What is not fully on the page, a fifth of an inch from its sides: words, and pictures with their axis names."""
    renderer = figure.canvas.get_renderer()
    width, height = figure.bbox.width, figure.bbox.height
    edge = 0.2 * figure.dpi
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts if text.get_text().strip()]
    boxes += [
        (axes.get_title(loc="left") or "axes", axes.get_tightbbox(renderer))
        for axes in figure.axes
        if axes.get_visible()
    ]
    return [
        name
        for name, box in boxes
        if box.x0 < edge or box.x1 > width - edge or box.y0 < 0.25 * edge or box.y1 > height - edge
    ]


def in_agg(figure: Any) -> Any:
    """Fine enough that no letter is widened to whole dots, as none is in the file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(300)
    FigureCanvasAgg(figure)
    return figure


def test_a_blend_tells_which_star_it_is() -> None:
    report, sky = blend_report()
    figure, said = page(report, report.signals[0], light_of(made_light((INNER,), seed=9)), sky[1])
    assert "A neighbour’s dips" in said
    assert "The dips come from TIC 100102, 34″ away, not from this star." in said
    assert "1 failed, 2 to look at, 8 passed" in said
    assert {"A", "B", "N", "E"} <= set(said.splitlines())
    assert "2 of 40 stars within 190″ could make the dips." in said
    assert "13 % of the light comes from others." in said
    assert summary_words.NO_PROBABILITY in said
    assert left_the_page(in_agg(figure)) == []
    # the failure stands above what passed
    lines = texts_of(figure)
    assert lines.index("Dips come from this star") < lines.index("Odd and even dips match")


def test_without_pixels_and_light_the_page_says_so() -> None:
    report, _ = bare_report()
    _, said = page(report, report.signals[0])
    assert "Pixels were not asked for in" in said
    assert "The cleaned light is not stored." in said
    assert "Not run" in said
    assert "Needs three dips; two were seen." in said
    assert "The archive did not answer" in said
    assert "Light lost in the dips, S" not in said


def test_what_was_not_asked_and_when_tess_looked_stand_on_the_page() -> None:
    report, _ = bare_report()
    seen = (1, 2, 28, 60, 61, 62)
    field = FieldReport(why_no_field=NO_CATALOGUES_ASKED, why_no_pixels=NO_PIXELS_ASKED, sectors_observed=seen)
    report = report.model_copy(update={"field": field})
    signal = report.signals[0]
    assert summary_words.field_sentence(report, signal) == NO_CATALOGUES_ASKED
    assert summary_words.why_no_pixels(report, signal) == NO_PIXELS_ASKED
    figure, said = page(report, signal)
    assert "TESS looked here in 6 sectors: 1, 2, 28, 60–62." in said.replace("\n", " ")
    assert left_the_page(in_agg(figure)) == []
    none = report.model_copy(update={"field": field.model_copy(update={"sectors_observed": ()})})
    assert "TESS looked" not in " ".join(summary_words.provenance_lines(none))


def test_long_words_stay_on_the_page() -> None:
    long = "A very long sentence with $many$ words 恒星, which goes on since there was so much to tell. " * 3
    report, _ = blend_report()
    outcomes = ("fail", "warn", "not_run", "pass")
    tests = {
        f"t{i}": check(f"Title number {i} of a check that is rather long", outcomes[i % 4], value=1234567.8,
                       threshold=3.0, unit="an extraordinarily long unit" if i % 2 else "σ", reason=f"{long}{i}")
        for i in range(80)
    }  # fmt: skip
    around = tuple(
        n.model_copy(update={"can_do_it": not n.is_target, "name": "Gaia DR3 1234567890123456789", "needed_depth": 0.5})
        for n in field_of(5000, {})
    )
    signal = report.signals[0].model_copy(
        update={
            "vetting": tests,
            "vetting_verdict": verdict(tests, "failed", long, long, long),
            "neighbours": around,
            "contamination": ContaminationReport(sentence=long),
        }
    )
    inputs = tuple(report.provenance.inputs[0].model_copy(update={"name": f"{'x' * 60}{i}"}) for i in range(40))
    report = report.model_copy(
        update={
            "signals": (signal,),
            "title": "An enormously long name of a star " * 6,
            "target": "T" * 90,
            "simulated": True,
            "provenance": report.provenance.model_copy(update={"inputs": inputs}),
            "verdict": report.verdict.model_copy(update={"not_done": (long, long + "x")}),
        }
    )
    figure, said = page(report, signal)
    assert left_the_page(in_agg(figure)) == []
    assert "Simulated light, not observed" in said
    assert re.search(r"… and \d+ more lines", said), "what does not fit is not left out silently"
    assert "and 4995 more on the report’s page" in said
    figure.text(0.9, 0.5, "this one runs over the edge of the page", size=20)
    assert left_the_page(in_agg(figure)) == ["this one runs over the edge of the page"]


@pytest.mark.parametrize(
    ("planet", "sectors"),
    [
        (Planet(900.0, 1327.0, 8.0, 900.0), (("S1", 1325.3),)),  # one dip, a year longer than the data
        (Planet(0.31, 1327.0, 1.2, 40.0), (("S1", 1325.3),)),
    ],
)
def test_odd_orbits_are_drawn(planet: Planet, sectors: tuple[tuple[str, float], ...]) -> None:
    curve = made_light((planet,), sectors)
    signal = signal_report(curve, planet, 1, depth_ppm_err=None, model_phase_hours=(), model_ppm=(), sde=None)
    columns = light_of(curve)
    columns["flux"] = np.where(np.arange(len(columns["flux"])) % 7 == 0, np.nan, columns["flux"])
    report = made_report(curve, "r", signals=(signal.model_copy(update={"sde": 9.0}),), verdict=NOTHING)
    figure, said = page(report, signal, columns)
    assert left_the_page(in_agg(figure)) == []
    assert summary_words.UNCHECKED[:40] in said


def test_one_page_with_title_and_language(tmp_path: Path) -> None:
    report, _ = binary_report("")  # nothing is stored under no name: the page has its numbers only
    raw = write_summary(report, 1, tmp_path / "a.pdf").read_bytes()
    assert raw.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", raw)) == 1
    assert b"/MediaBox [ 0 0 841.68 595.44 ]" in raw
    assert b"/Title (Vetted pair, signal 1)" in raw
    assert b"/CreationDate (D:20261122090000Z)" in raw
    # the catalogue that counts is the one the table of places points at
    start = int(raw.rsplit(b"startxref", 1)[1].split()[0])
    first = raw[start:].splitlines()[3]  # "xref", "0 n", object 0, object 1 = the catalogue
    catalogue = raw[int(first.split()[0]) :][:200]
    assert b"/Lang (en-GB)" in catalogue
    assert not list(tmp_path.glob(".summary-*")), "no half-written file is left"


def test_which_signal() -> None:
    report, _ = planet_report()
    assert chosen_signal(report, 2).index == 2
    for number in (0, 3, -1):
        with pytest.raises(NoSuchSignal, match=f"no signal {number}"):
            chosen_signal(report, number)
    weak = report.signals[0]
    nothing = report.model_copy(update={"signals": (), "best_rejected": weak})
    assert chosen_signal(nothing, 0) is chosen_signal(nothing, 1) is weak
    with pytest.raises(NoSuchSignal):
        chosen_signal(nothing.model_copy(update={"best_rejected": None}), 0)
    assert "The strongest repeat, not convincing" in summary_words.subtitle(nothing, weak)


def test_checks_in_the_order_that_matters() -> None:
    report, _ = blend_report()
    tests = {
        "a": check("Passes", value=2.0, threshold=3.0, unit="σ"),
        "b": check("Missing", "not_run", reason="Pixels were switched off."),
        "c": check("Fails", "fail", value=0.2, threshold=0.05, unit="share", decisive=False, reason="Too much."),
        "d": check("Missing too", "not_run", reason="Pixels were switched off."),
        "e": check("Look", "warn", value=1234.5, threshold=1007.11, limit="at_least", unit="parts of the whole"),
    }
    signal = report.signals[0].model_copy(update={"vetting": tests})
    fail, look, missing, passed = summary_words.check_lines(signal)
    assert (fail.title, fail.value, fail.limit) == ("Fails", "20\u202f%", "under 5\u202f%")
    assert fail.reason.endswith("This check alone does not decide.")
    assert (look.what, look.value, look.limit) == ("parts of the whole", "1230", "over 1010")
    assert (missing.title, missing.reason) == ("Missing; Missing too", "Pixels were switched off.")
    assert (passed.title, passed.value, passed.limit, passed.reason) == ("Passes", "2\u202fσ", "under 3\u202fσ", "")
    assert summary_words.counts(signal) == "1 failed, 1 to look at, 1 passed, 2 not run"


def test_text_keeps_to_its_width() -> None:
    style = Style(6.0)
    text = "Several words and Onethatisfartoolongforanycolumnofthispage and 1\u202f234\u202f567 more"
    lines = wrap(text, 0.8, style)
    assert max(width_of(line, style) for line in lines) <= 0.8
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(wrap(text, 0.8, style, 2)) == 2
    assert wrap(text, 0.8, style, 2)[-1].endswith("…")
    assert fit("short", 0.8, style) == "short"
    assert width_of(fit(text, 0.8, style), style) <= 0.8
    assert wrap("", 0.8, style) == []
    assert printable("π\tMen\n恒") == "π Men ?"
