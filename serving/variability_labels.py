"""Which real stars have a known kind of variability, and who says so.

Four sources, kept apart because they weigh differently:

* `catalogue`: the Kepler Eclipsing Binary Catalogue (Kirk et al. 2016, AJ 151, 68; morphology up to 0.7 is detached
  or semi-detached, above it in contact or ellipsoidal), the K2 part of it, VSX, and the Kepler Q9 labels of the TESS
  Data for Asteroseismology group (Audenaert et al. 2021, AJ 162, 209).
* `literature`: stars published as delta Scuti stars (Murphy et al. 2018, MNRAS 474, 4322).
* `vetted`: ultracool dwarfs with flares confirmed one by one by the people of the TESS_UCD_flares project, at least
  two in the sector or one that more than doubles the light of the star.
* `eye`: labels given here by looking at each light curve and its fold, before any classifier was trained.

Planet hosts and the stars of other figures are in no list: pi Men, TOI-1798, WASP-4, WASP-121, GJ 357, TOI-540,
Kepler-11, TOI-222, KIC 1432214, AU Mic.
"""

from __future__ import annotations

#: Kepler EB catalogue, file of the pack: morphology. Two files whose star is not identified are left out.
KEPLER_BINARIES: dict[str, float] = {
    "eb02": 0.76, "eb04": 0.82, "eb06": 0.97, "eb08": 0.59, "eb12": 0.95, "eb14": 0.81, "eb16": 0.68, "eb18": 0.64,
    "eb20": 0.81, "eb22": 0.95, "eb24": 0.94, "eb27": 0.64, "eb29": 0.96, "eb31": 0.65, "eb33": 0.90, "eb35": 0.74,
    "eb37": 0.51, "eb40": 0.94, "eb43": 0.96, "eb47": 0.52,
}  # fmt: skip
DETACHED_UP_TO = 0.7

#: Pulsators of both kinds: published as delta Scuti stars, with a Q9 label of GDOR_SPB, or with nine tenths of their
#: power below 3 per day. Not trained on; either kind counts as right. The rest of their folder is delta Scuti.
HYBRID_PULSATORS = frozenset({"kic4471379", "kic6780873", "kic8975515", "kic9790479"})

#: TESS sectors (file names without folder) with human-vetted flares and without clear rotation. Some have ramps of
#: scattered light as well: what the star does outranks what the camera does.
VETTED_FLARES: tuple[str, ...] = (
    "tic167894019_s0001", "tic167894019_s0003", "tic167894019_s0005", "tic167894019_s0007", "tic167894019_s0008",
    "tic167894019_s0009", "tic167894019_s0012", "tic167894019_s0013", "tic220429097_s0001", "tic220429097_s0006",
    "tic220429097_s0013", "tic117733581_s0005", "tic279482950_s0005", "tic416744592_s0005", "tic358108509_s0012",
    "tic388857263_s0011", "tic388857263_s0012", "tic332623751_s0005", "tic190138951_s0012", "tic396862832_s0005",
    "tic141306513_s0004",
)  # fmt: skip

#: Rotation seen by eye; where two sectors exist they repeat the same period.
EYE_ROTATION: tuple[str, ...] = (
    "tic117733072_s0005", "tic144776281_s0006", "tic156735150_s0006", "tic248223026_s0011", "tic272349442_s0009",
    "tic272349442_s0010", "tic281668854_s0002", "tic29780677_s0001", "tic29780677_s0002", "tic29780677_s0003",
    "tic29780677_s0007", "tic29780677_s0008", "tic29780677_s0010", "tic29928567_s0003", "tic340703996_s0002",
    "tic366567664_s0007", "tic369555560_s0003", "tic395130640_s0011", "tic395130640_s0012", "tic449671564_s0011",
    "tic449671564_s0012", "tic381983159_s0013",
)  # fmt: skip
EYE_ROTATION_K2_C4: tuple[str, ...] = (
    "210359769", "210432080", "210451321", "210459199", "210489127", "210497173", "210579563", "210651981",
    "210674406", "210700098", "210707811", "210741091", "210744677", "210769813", "210772796", "210865372",
    "211137806", "211169647",
)  # fmt: skip
EYE_ROTATION_K2: tuple[str, ...] = ("211117077", "211436265")

#: Nothing but noise seen by eye, and no vetted flare.
EYE_CONSTANT: tuple[str, ...] = (
    "tic121204333_s0007", "tic248350761_s0003", "tic7150628_s0002", "tic401984769_s0001", "tic401984769_s0002",
    "tic44892011_s0005", "tic70555405_s0003", "tic304392811_s0002",
)  # fmt: skip

#: Scattered light, ramps at the ends of orbits and jumps seen by eye, still there after the ordinary masks, in sectors
#: without a vetted flare. TIC 471012740 and 471012770 are left out: their files hold the same light as two others.
EYE_SYSTEMATICS: tuple[str, ...] = (
    "tic107012050_s0010", "tic11654435_s0008", "tic130414729_s0006", "tic130414729_s0008", "tic142944290_s0004",
    "tic143029977_s0004", "tic184457945_s0008", "tic204721469_s0010", "tic270511002_s0008", "tic278199738_s0004",
    "tic284678097_s0005", "tic289113766_s0007", "tic293520468_s0008", "tic308243298_s0003", "tic308243298_s0004",
    "tic322568489_s0010", "tic322568489_s0011", "tic328401671_s0004", "tic344297533_s0003", "tic345925651_s0010",
    "tic35858101_s0004", "tic363217984_s0012", "tic365369408_s0004", "tic398985964_s0010", "tic401945077_s0005",
    "tic410898932_s0007", "tic415839928_s0010", "tic440859813_s0011", "tic44984200_s0008", "tic5630425_s0010",
    "tic61476051_s0010", "tic77842052_s0005", "tic77959225_s0005", "tic77959225_s0006", "tic98874143_s0010",
)  # fmt: skip
EYE_SYSTEMATICS_K2_C4: tuple[str, ...] = ("210384590", "210517837", "210667985", "210980637")

#: Detached binaries of VSX and the contact binary of the K2 catalogue, by file pattern in the pack.
VSX_DETACHED: tuple[str, ...] = ("tess_2min_lightkurve_export/TIC_150361911*",)
K2_CONTACT: tuple[str, ...] = ("k2/ktwo211841249*",)

#: Published rotation periods (days) of stars in the pack: none of them is used in training.
#: AU Mic: Plavchan et al. 2020 (Nature 582, 497); TOI-540: Ment et al. 2021 (AJ 161, 23).
#: Used in training as "rotation", period not used: UV Cet, Barnes et al. 2017 (MNRAS 471, 811).
PUBLISHED_ROTATION_DAYS: dict[str, tuple[str, float]] = {
    "AU Mic": ("multisector/aumic*", 4.863),
    "TOI-540": ("multisector/toi540*", 0.7265),
    "UV Cet": ("tess_2min_ucd/tic29928567_s0003*", 0.2268),
}
