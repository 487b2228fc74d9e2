"""Every term of the product in plain words: one list for the popovers and for the glossary page."""

from __future__ import annotations

from larun_app.learn.chance_terms import CHANCE_TERMS
from larun_app.learn.term import Term

TERMS: tuple[Term, ...] = (
    Term(
        "transit",
        "Dip, transit",
        "transit",
        "When a planet passes in front of its star it hides a little of the light, for some hours. "
        "It does so again every time it comes round.",
    ),
    Term(
        "light-curve",
        "Light curve",
        "flux against time",
        "How bright a star was, measured again and again over days to years.",
    ),
    Term(
        "period",
        "Year on the planet",
        "period P, days",
        "The time from one dip to the next, which is the planet’s year. Earth’s is 365 days; most planets found "
        "this way need fewer than 20.",
    ),
    Term(
        "epoch",
        "Time of a dip",
        "epoch T0, BJD_TDB",
        "The middle of one dip. With the period it tells when all the others come.",
    ),
    Term(
        "depth",
        "Dip, depth",
        "transit depth, ppm",
        "How much light is missing at the bottom of the dip. One per cent is 10 000 parts per million (ppm). "
        "Jupiter would hide 1 % of the Sun, Earth 0.008 %.",
    ),
    Term(
        "duration",
        "Length of a dip",
        "duration T14, hours",
        "From the first touch of the star’s edge to the last.",
    ),
    Term(
        "radius",
        "Size",
        "planet radius Rp",
        "How wide the planet is. It follows from the depth and the size of the star, so it is only as good as both.",
    ),
    Term(
        "fold",
        "Fold",
        "phase folding",
        "The light cut into pieces one period long and laid on top of each other. If the period is right, "
        "all dips fall on one place.",
    ),
    Term(
        "periodogram",
        "Periodogram",
        "SDE against period",
        "How well a repeating dip fits, for every period tried. A real one stands out as a tall, narrow peak.",
    ),
    Term(
        "sde",
        "Strength",
        "signal detection efficiency, SDE",
        "How far the best peak stands above all the others, in units of their scatter. Under 8 is usually noise.",
    ),
    Term(
        "snr",
        "Signal to noise",
        "S/N, pink noise",
        "The depth divided by its error, counting the slow wander of the light as noise too.",
    ),
    Term(
        "fap",
        "Odds of a fluke",
        "false-alarm probability, FAP",
        "How often noise alone, with no planet, would give a peak as high as this one. We shuffle this star’s own "
        "light and search it again to find out.",
    ),
    Term(
        "odd-even",
        "Odd and even dips",
        "odd–even test",
        "Every first, third, fifth dip against every second, fourth, sixth. If they differ in depth, the dips are "
        "made by two stars that eclipse each other in turn.",
    ),
    Term(
        "secondary",
        "Second dip half-way",
        "secondary eclipse",
        "A small dip half a year later, when the companion goes behind the star. A planet hardly shines, "
        "so a clear one means a second star.",
    ),
    Term(
        "eclipsing-binary",
        "Two stars eclipsing",
        "eclipsing binary",
        "Two stars that circle and cover each other. The most common thing that looks like a planet and is not.",
    ),
    Term(
        "harmonic",
        "Alias, harmonic",
        "harmonic of the period",
        "A period twice, three times, half or a third of the true one also lines up some of the dips, "
        "so it gives a peak of its own.",
    ),
    Term(
        "sector",
        "Sector, quarter, campaign",
        "observing period",
        "TESS watches one strip of sky for about 27 days, a sector, then turns. Kepler counted quarters of about "
        "90 days, K2 campaigns of about 80.",
    ),
    Term(
        "cadence",
        "Step",
        "cadence",
        "The time between two measurements: 20 seconds, 2, 10 or 30 minutes.",
    ),
    Term(
        "detrend",
        "Clean the light",
        "detrending",
        "Slow changes, from star spots or a warming camera, are followed with a smooth curve and divided out. "
        "The curve is too stiff to follow a dip.",
    ),
    Term(
        "quality",
        "Doubtful measurements",
        "quality flags",
        "Marks that the mission sets on single measurements: pointing jitter, stray light, a cosmic ray.",
    ),
    Term(
        "ppm",
        "ppm",
        "parts per million",
        "One part per million is 0.0001 %. A good TESS light curve wavers by some hundred ppm from one point to the "
        "next.",
    ),
    Term(
        "btjd",
        "BTJD, BKJD, BJD",
        "barycentric Julian date, TDB",
        "A count of days, corrected to the centre of mass of the solar system so that light from any place arrives "
        "at the same time. BTJD is BJD − 2457000, BKJD is BJD − 2454833.",
    ),
    Term(
        "limb-darkening",
        "Limb darkening",
        "limb darkening",
        "A star looks dimmer towards its edge. That gives a dip its round bottom, and we search with that shape.",
    ),
    Term(
        "density",
        "Density of the star",
        "stellar density",
        "A dense star makes short dips, a puffed-up one long ones. Knowing it, we try only lengths that are possible.",
    ),
    Term(
        "crowding",
        "Crowding",
        "CROWDSAP",
        "The share of the light in the measured pixels that comes from this star. The rest is neighbours, "
        "which make a dip look shallower.",
    ),
    Term(
        "flare",
        "Flare",
        "flare",
        "A sudden brightening of the star that fades within hours. Flares are set aside before the search.",
    ),
    Term(
        "rotation",
        "The star itself",
        "rotation, pulsation",
        "Spots that turn with the star, or the star swelling and shrinking, change its light in a steady beat. "
        "That is not a planet, and we say so.",
    ),
    Term(
        "tic",
        "TIC, KIC, EPIC number",
        "catalogue identifier",
        "A star’s number in the catalogue of TESS (TIC), Kepler (KIC) or K2 (EPIC). The surest way to name a star.",
    ),
    Term(
        "toi",
        "TOI",
        "TESS object of interest",
        "A star in which the TESS team saw something that may be a planet, with a running number.",
    ),
    Term(
        "pipeline",
        "Measured by",
        "pipeline",
        "The team and programme that turned pixels into a light curve: SPOC, TESS-SPOC, QLP and others.",
    ),
    Term(
        "vetting",
        "Checks",
        "vetting",
        "Questions put to every dip: is it equally deep each time, does it come from this star, could two stars make "
        "it? What passes them all may be a planet; what fails one that decides is not this star’s planet.",
    ),
    Term(
        "difference-image",
        "Difference image",
        "difference image",
        "The picture taken beside the dips minus the picture taken during them. Only what lost light is left in it, so "
        "it shows where the dips come from.",
    ),
    Term(
        "aperture",
        "Light we measure",
        "photometric aperture",
        "The pixels whose light is added up. A TESS pixel is 21″ wide, so other stars often shine into them.",
    ),
    Term(
        "centroid",
        "Place of the dips",
        "difference-image centroid, offset",
        "Where on the sky the missing light is missing, with its error. If that is far from the star, another star "
        "makes the dips.",
    ),
    Term(
        "dilution",
        "Undiluted size",
        "dilution, contamination",
        "Light of neighbours in the same pixels makes a dip look shallower and a planet smaller than it is. "
        "The undiluted size has that taken out.",
    ),
    Term(
        "v-shape",
        "Flat bottom or V",
        "b + k, transit shape",
        "A small body crossing a star makes a dip with a flat bottom. Two stars that graze each other make a V.",
    ),
    Term(
        "ruwe",
        "Fit to one star",
        "renormalised unit weight error, RUWE",
        "How well the Gaia satellite’s positions fit a single star. Over 1.4 the star may be two.",
    ),
    Term(
        "host-probability",
        "Chance the dips are its own",
        "positional probability",
        "How likely each star is as the source of the dips, from the difference images of all sectors.",
    ),
    *CHANCE_TERMS,
    Term(
        "posterior",
        "What the light allows",
        "posterior distribution",
        "All values a number may have, each as likely as the light and what was known before make it. A narrow hill is "
        "a number known well.",
    ),
    Term(
        "credible-interval",
        "68 % and 95 % range",
        "credible interval",
        "The number lies in the 68 % range with two chances in three, in the 95 % range with nineteen in twenty. "
        "The two sides need not be equally long.",
    ),
    Term(
        "corner-plot",
        "Corner plot",
        "corner plot, marginal posteriors",
        "One small picture for every pair of numbers. A round cloud: the two are independent. A slanted one: more of "
        "one goes with more, or less, of the other.",
    ),
    Term(
        "r-hat",
        "Do the runs agree?",
        "R-hat, Gelman–Rubin statistic",
        "Several independent runs begin far apart. R-hat compares them: 1 means that they all tell the same, and we "
        "ask for 1.01 or less in every number.",
    ),
    Term(
        "ess",
        "Independent samples",
        "effective sample size, ESS",
        "Each step of a run resembles the one before. This is how many really independent ones they are worth; we ask "
        "for 400.",
    ),
    Term(
        "ttv",
        "Late and early dips",
        "transit timing variations, TTV; O−C",
        "A lone planet comes round like a clock. If its dips come early and late in turn, another planet pulls at it.",
    ),
)

_BY_KEY = {term.key: term for term in TERMS}


def term_of(key: str) -> Term:
    """The term with this key. Raises KeyError."""
    return _BY_KEY[key]
