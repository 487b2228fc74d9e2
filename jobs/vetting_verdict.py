"""From the tests of one signal to what they say together."""

from __future__ import annotations

from collections.abc import Mapping

from data.vetting_report import Fault, VettingTest, VettingVerdict

#: Which reason is told where several tests fail: where the dips come from first, then what makes them.
_ORDER: tuple[Fault, ...] = (
    "neighbour",
    "eclipsing_binary",
    "too_large",
    "variability",
    "systematic",
    "noise",
)

HEADLINES: dict[Fault, str] = {
    "neighbour": "A neighbour’s dips, not this star’s",
    "eclipsing_binary": "Two stars, not a planet",
    "too_large": "Too large for a planet",
    "variability": "The star itself, not a planet",
    "systematic": "A glitch of the camera",
    "noise": "No better than noise",
}


def judge(tests: Mapping[str, VettingTest]) -> VettingVerdict:
    """The verdict over all tests of a signal.

    A decisive test that fails decides; other failures and doubts ask for a look; where no test of the light could be
    made nothing is judged. Tests that were not run are counted and never count as passed.
    """
    counts = {kind: sum(t.outcome == kind for t in tests.values()) for kind in ("pass", "warn", "fail", "not_run")}
    numbers = {f"n_{kind}": counts[kind] for kind in counts}
    failed = {name: t for name, t in tests.items() if t.outcome == "fail"}
    decisive = {name: t for name, t in failed.items() if t.decisive}
    if decisive:
        return _failed(decisive, failed, numbers)
    doubts = {**failed, **{name: t for name, t in tests.items() if t.outcome == "warn"}}
    if not any(t.group == "light" and t.outcome != "not_run" for t in tests.values()):
        return VettingVerdict(
            outcome="not_judged",
            headline="Could not be checked",
            sentences=("No test of the light could be made.", *_missing(tests)),
            **numbers,
        )
    if doubts:
        worst = min(doubts, key=_margin_key(doubts))
        n = len(doubts)
        many = "One thing needs" if n == 1 else f"{n} things need"
        return VettingVerdict(
            outcome="look",
            headline=f"{many} a second look",
            sentences=(
                *(t.reason for t in list(doubts.values())[:3]),
                *(() if failed else ("No check failed.",)),
                *_missing(tests),
            ),
            worst_test=worst,
            **numbers,
        )
    place = tests.get("on_target")
    if place is not None and place.outcome == "not_run":
        return VettingVerdict(
            outcome="look",
            headline="Nothing speaks against it, as far as could be checked",
            sentences=(
                f"All {counts['pass']} checks that could be made are passed. Whether the dips come from this star at "
                f"all could not be checked: {place.reason[0].lower()}{place.reason[1:]}",
                *_missing(tests),
            ),
            worst_test="on_target",
            **numbers,
        )
    return VettingVerdict(
        outcome="passed",
        headline="Nothing speaks against a planet",
        sentences=(
            f"All {counts['pass']} checks that could be made are passed. That does not prove a planet: how likely it "
            "is has not been worked out.",
            *_missing(tests),
        ),
        **numbers,
    )


def _failed(
    decisive: Mapping[str, VettingTest], failed: Mapping[str, VettingTest], numbers: Mapping[str, int]
) -> VettingVerdict:
    faults = {t.fault for t in decisive.values() if t.fault is not None}
    fault = next((f for f in _ORDER if f in faults), "noise")
    of_it = {name: t for name, t in decisive.items() if t.fault == fault} or dict(decisive)
    worst = min(of_it, key=_margin_key(of_it))
    told = [of_it[worst].reason, *(t.reason for name, t in of_it.items() if name != worst)]
    others = [t.reason for name, t in failed.items() if name not in of_it]
    return VettingVerdict(
        outcome="failed",
        fault=fault,
        headline=HEADLINES[fault],
        sentences=tuple(dict.fromkeys([*told, *others]))[:3],
        worst_test=worst,
        **numbers,
    )


def _margin_key(tests: Mapping[str, VettingTest]):  # type: ignore[no-untyped-def]
    """Orders tests by how far their value is beyond the threshold, the worst first; failures before doubts."""

    def key(name: str) -> tuple[int, float]:
        test = tests[name]
        margin = 0.0
        if test.value is not None and test.threshold not in (None, 0):
            ratio = test.value / test.threshold
            margin = ratio if test.limit == "at_most" else -ratio
        return (0 if test.outcome == "fail" else 1, -margin)

    return key


def _missing(tests: Mapping[str, VettingTest]) -> tuple[str, ...]:
    left_out = [t for t in tests.values() if t.outcome == "not_run"]
    if not left_out:
        return ()
    if len(left_out) == 1:
        return (f"One check could not be made: {left_out[0].title.lower()}.",)
    return (f"{len(left_out)} checks could not be made.",)
