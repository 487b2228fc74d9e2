"""The classifier's classes in words, and its answer in one sentence."""

from __future__ import annotations

from data.report import SignalReport
from science.rounding import model_share

CLASS_WORDS = {
    "planet": "Planet",
    "eb": "Two stars eclipsing each other",
    "beb": "Eclipsing pair in the background",
    "variable": "Star that varies by itself",
    "artifact": "Something in the camera",
    "no_signal": "No signal",
}
IN_A_SENTENCE = {
    "planet": "a planet",
    "eb": "two stars eclipsing each other",
    "beb": "an eclipsing pair in the background",
    "variable": "a star that varies by itself",
    "artifact": "something in the camera",
    "no_signal": "chance",
}
#: Below this no class is called the answer.
DECIDED_FROM = 0.5


def class_sentence(signal: SignalReport) -> str:
    """What the shape looks like to the classifier, or why it was not asked; "" for runs older than it."""
    found = signal.classification
    if found is None:
        return ""
    if found.probabilities is None:
        return f"Not classified. {found.reason or ''}".strip()
    name, share = max(found.probabilities.model_dump().items(), key=lambda item: item[1])
    words = IN_A_SENTENCE[name]
    if share < DECIDED_FROM:
        return f"The classifier cannot decide: {words} with {model_share(share)} at best."
    return f"By its shape the classifier takes it for {words} ({model_share(share)}); that confirms nothing."
