"""Learn and help, drawn. Static text; the only event is the switch for the keys."""

from __future__ import annotations

import reflex as rx

from larun_app.learn.glossary import TERMS, Term
from larun_app.learn.state import KeysState
from larun_app.ui.icons import icon
from larun_app.ui.links import link
from larun_app.ui.shell import shell
from larun_app.ui.terms import term

_KEYS = (
    ("/", "Jump to the search box"),
    ("g then h", "Home"),
    ("g then r", "Results"),
    ("g then a", "Analyse a star"),
    ("g then l", "Learn"),
    ("?", "This page"),
)
_CHART_KEYS = (
    ("← →", "Move along; with Shift by a whole screen"),
    ("+ − 0", "Zoom in, out, show all"),
    ("V M X", "Move, mark, hide"),
    ("[ ]", "Halve, double the period"),
    (", .", "Nudge the period"),
    ("O R", "Odd and even dips, what is left over"),
    ("N P", "Next, previous dip"),
    ("T F", "Table, full screen"),
    ("1 … 9", "Choose a signal"),
    ("Ctrl Z", "Undo; with Shift redo"),
)


def _section(title: str, *paragraphs: rx.Component) -> rx.Component:
    return rx.fragment(rx.el.h2(title), *paragraphs)


def _dip_picture() -> rx.Component:
    """A planet crossing, and the light that is missing meanwhile."""
    return rx.el.svg(
        rx.el.circle(cx="170", cy="56", r="46", fill="var(--star)", opacity=".85"),
        *(
            rx.el.circle(cx=x, cy="66", r="7", fill="var(--ink)", opacity=opacity)
            for x, opacity in (("66", ".28"), ("134", ".75"), ("170", "1"), ("206", ".75"), ("274", ".28"))
        ),
        rx.el.path(
            d="M20 150H112c10 0 12 3 15 12l5 20c3 9 7 12 16 12h44c9 0 13-3 16-12l5-20c3-9 5-12 15-12H320",
            fill="none",
            stroke="var(--d-bin)",
            stroke_width="2.4",
            stroke_linecap="round",
        ),
        rx.el.text("time", x="320", y="218", text_anchor="end", style={"fontSize": "12px", "fill": "var(--ink2)"}),
        rx.el.text("light", x="20", y="138", style={"fontSize": "12px", "fill": "var(--ink2)"}),
        view_box="0 0 340 226",
        role="img",
        custom_attrs={"aria-label": "A planet crosses its star; meanwhile the light dips and comes back."},
        style={"width": "100%", "maxWidth": "340px", "height": "auto"},
    )


def learn_page() -> rx.Component:
    """How a planet is found."""
    return shell(
        rx.el.h1("How a planet is found"),
        rx.el.div(
            rx.el.div(
                rx.el.p(
                    "Nobody sees these planets. What we see is a star that gets a little dimmer, for a few hours, "
                    "again and again at an even beat: a ",
                    term("transit", "transit"),
                    ".",
                    class_name="mt12",
                ),
                _section(
                    "What is measured?",
                    rx.el.p(
                        "NASA’s TESS and Kepler took pictures of the same stars every few minutes, for weeks to years. "
                        "Adding up one star’s light in each picture gives its ",
                        term("light-curve", "light curve"),
                        ". A planet the size of Jupiter takes one per cent of the Sun’s light away; one like Earth a "
                        "hundredth of that.",
                    ),
                ),
                _section(
                    "Why clean it?",
                    rx.el.p(
                        "Stars have spots that turn in and out of view, and cameras warm up and cool down. Those "
                        "changes take days, a dip takes hours. So the slow part is followed and ",
                        term("detrend", "divided out"),
                        ", and the dips stay.",
                    ),
                ),
                _section(
                    "How are dips found?",
                    rx.el.p(
                        "Every possible ",
                        term("period", "year"),
                        " is tried, a hundred thousand of them. For each one the light is ",
                        term("fold", "folded"),
                        " on itself and compared with the shape a real planet would make. The result is a ",
                        term("periodogram", "periodogram"),
                        ": a tall peak means that dips repeat.",
                    ),
                ),
                _section(
                    "Could it be chance?",
                    rx.el.p(
                        "With so many tries, noise wins now and then. So we shuffle this star’s own light, which keeps "
                        "its noise and destroys any beat, and search that too. How often it does as well as the real "
                        "thing are the ",
                        term("fap", "odds of a fluke"),
                        ".",
                    ),
                ),
                _section(
                    "Could it be something else?",
                    rx.el.p(
                        "Often. ",
                        term("eclipsing-binary", "Two stars eclipsing"),
                        " each other make dips too; they give themselves away when ",
                        term("odd-even", "odd and even dips"),
                        " differ, or by a ",
                        term("secondary", "second dip half-way"),
                        ". ",
                        term("rotation", "A turning or beating star"),
                        " repeats as well. Each of these is tested, and what is not tested is named.",
                    ),
                ),
                _section(
                    "What kind of signal is it?",
                    rx.el.p(
                        "A network that has seen tens of thousands of labelled signals says what the shape of a dip is "
                        "like: a planet’s, two stars’, a varying star’s, the camera’s. It is one opinion beside the "
                        "checks, with its reasons. ",
                        link("A small copy of it runs on a chip", href="/chip", class_name="u"),
                        ".",
                    ),
                ),
                _section(
                    "What does a result mean?",
                    rx.el.p(
                        "“A dip comes back every 8 days” is what the light says. That it is a planet is a further "
                        "step: neighbours in the same pixels have to be ruled out, and its mass has to be measured "
                        "with other telescopes. “Nothing convincing found” is a good result too, and comes with what "
                        "would have shown.",
                    ),
                ),
                rx.el.div(
                    link("Try it on an example", href="/examples", class_name="btn p"),
                    link("Look a word up", href="/help#glossary", class_name="btn"),
                    class_name="row wrap mt24",
                ),
                class_name="prose",
            ),
            rx.el.aside(
                rx.el.section(_dip_picture(), class_name="card", style={"textAlign": "center"}),
                class_name="only-d",
                custom_attrs={"aria-label": "Picture"},
                style={"paddingTop": "12px"},
            ),
            class_name="wiz",
        ),
        here="learn",
        title="Learn",
        back="/",
    )


def _entry(entry: Term) -> rx.Component:
    return rx.fragment(
        rx.el.dt(entry.word, rx.el.small(entry.exact), id=f"term-{entry.key}"),
        rx.el.dd(entry.plain),
    )


def _key_rows(rows: tuple[tuple[str, str], ...]) -> rx.Component:
    return rx.el.table(
        rx.el.tbody(
            *(
                rx.el.tr(
                    rx.el.th(
                        *(rx.el.kbd(k, style={"marginRight": "4px"}) for k in keys.split(" ") if k != "then"),
                        scope="row",
                        style={"width": "150px"},
                    ),
                    rx.el.td(words),
                )
                for keys, words in rows
            )
        )
    )


def help_page() -> rx.Component:
    """Help: questions, keys, glossary."""
    return shell(
        rx.el.h1("Help and glossary"),
        rx.el.div(
            _section(
                "Where do I start?",
                rx.el.p(
                    "With an ",
                    link("example", href="/examples", class_name="u"),
                    ", to see what a result looks like. Or ",
                    link("name a star", href="/analyse", class_name="u"),
                    ": the wizard fills everything in, and you can press Next five times.",
                ),
            ),
            _section(
                "Which files can I give?",
                rx.el.p(
                    "Light curves as FITS files of TESS, Kepler and K2, as CSV or text with a time and a brightness "
                    "column, as npz or Parquet; also gzipped, up to 200 MB each. Several files are taken as sectors of "
                    "one star. They stay on this computer."
                ),
            ),
            _section(
                "Can I close the page?",
                rx.el.p(
                    "Yes. A search goes on without you, and its result waits under Results. "
                    "A wizard you leave half-way is kept as well."
                ),
            ),
            _section(
                "Is a dip a planet?",
                rx.el.p(
                    "Not yet. The page says what was found, how surely, and what has not been tested. "
                    "No mass has been measured here."
                ),
            ),
            class_name="prose",
        ),
        rx.el.h2("Keys", id="keys", class_name="mt32"),
        rx.el.p(
            "They act while no field has the focus; those of the charts while a chart has it.", class_name="sm mut mt4"
        ),
        rx.el.div(
            rx.el.section(_key_rows(_KEYS), class_name="card f", aria_label="Keys everywhere"),
            rx.el.section(_key_rows(_CHART_KEYS), class_name="card f", aria_label="Keys in charts"),
            class_name="grid2 mt12",
            style={"alignItems": "start"},
        ),
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=KeysState.keys != "off",
                on_change=KeysState.set_keys,
                style={"width": "18px", "height": "18px", "accentColor": "var(--accbtn)"},
            ),
            rx.el.span("Single keys act"),
            class_name="row mt12",
            style={"minHeight": "44px", "width": "fit-content"},
        ),
        rx.el.h2("Glossary", id="glossary", class_name="mt32"),
        rx.el.p("Plain words first, the exact name below.", class_name="sm mut mt4"),
        rx.el.section(
            rx.el.dl(*(_entry(entry) for entry in sorted(TERMS, key=lambda t: t.word.lower())), class_name="gl"),
            class_name="card mt12",
            aria_label="Glossary",
            style={"paddingBlock": "4px"},
        ),
        rx.el.p(
            icon("info", 15),
            " Press / anywhere to jump to the search box.",
            class_name="sm mut mt16 only-d",
        ),
        here="help",
        title="Help and glossary",
        back="/",
    )
