"""What a person typed, understood as a star: a catalogue number, a name, or a place on the sky. Pure, no network."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

TargetKind = Literal["tic", "kic", "epic", "toi", "name", "position"]

#: Highest numbers in use: the Kepler Input Catalog ends at 13161029, the K2 EPIC at 252,0xx,xxx.
KIC_MAX = 13_161_029
EPIC_MIN, EPIC_MAX = 200_000_001, 252_090_718
TIC_DIGITS_MAX = 10
TEXT_MAX = 120

EXAMPLE = "for example TIC 261136679, pi Mensae or TOI-1798"

_GREEK = {
    chr(code): unicodedata.name(chr(code)).rsplit(" ", 1)[-1].lower().replace("lamda", "lambda")
    for code in range(0x3B1, 0x3CA)
    if code != 0x3C2
}
_NUMBER_WORD = re.compile(
    r"^(?P<cat>tic|tess|kic|kplr|epic|ktwo)(?![a-hj-z])[\s:_#-]*(?:id|no\.?|number)?[\s:_#=-]*(?P<rest>.*)$", re.I
)
_TOI = re.compile(r"^toi[\s:_#-]*(?P<number>\d+)(?:\.(?P<candidate>\d{1,2})|\s*(?P<planet>[b-i]))?$", re.I)
_DECIMAL_PAIR = re.compile(r"^(?P<ra>[+-]?\d+(?:\.\d*)?|\.\d+)d?\s*[,;\s]\s*(?P<dec>[+-]?\d+(?:\.\d*)?|[+-]?\.\d+)d?$")
_SEXAGESIMAL = re.compile(
    r"^(?P<rh>\d{1,3})(?P<rmark>[:hd\s])\s*(?P<rm>\d{1,2})[:m'\s]\s*(?P<rs>\d{1,2}(?:\.\d*)?)\s*[s\"]?"
    r"\s*[,;\s]?\s*"
    r"(?P<sign>[+-]?)(?P<dd>\d{1,2})[:d\s]\s*(?P<dm>\d{1,2})[:m'\s]\s*(?P<ds>\d{1,2}(?:\.\d*)?)\s*[s\"]?$",
    re.I,
)


class NotATarget(ValueError):
    """The text cannot be a star. `sentence` says why, for the user."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Target:
    """A star as it was asked for. `number` for catalogue kinds, `ra_deg`/`dec_deg` (ICRS) for positions.

    `text` is the tidy spelling ("TIC 261136679", "TOI-1798", "pi Mensae", "84.291190 -80.469120").
    """

    kind: TargetKind
    text: str
    number: int | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None

    @property
    def preferred_mission(self) -> Literal["TESS", "Kepler", "K2"] | None:
        """The mission whose data a person means by this spelling; None where it does not say."""
        if self.kind in ("tic", "toi"):
            return "TESS"
        if self.kind == "kic" or re.match(r"^(kepler|koi)[\s-]*\d", self.text, re.I):
            return "Kepler"
        if self.kind == "epic" or re.match(r"^k2[\s-]*\d", self.text, re.I):
            return "K2"
        return None


def parse_target(text: str) -> Target:
    """Understand `text` as a target.

    Accepted: TIC, KIC and EPIC numbers in any usual spelling ("TIC 261136679", "tic-261136679", "KIC06541920",
    "kplr006541920"), a bare number (read as a TIC number), TOI numbers ("TOI-1798", "toi 1798.01"), coordinates in
    degrees ("84.29 -80.47") or sexagesimal ("05:37:09.9 -80:28:09", right ascension in hours), and names.
    Raises NotATarget with one sentence.
    """
    clean = _tidy(text)
    if not clean:
        raise NotATarget(f"Type a star's name or number, {EXAMPLE}.")
    if len(clean) > TEXT_MAX:
        raise NotATarget(f"This is too long for a star's name. Type a name or a number, {EXAMPLE}.")
    if match := _NUMBER_WORD.match(clean):
        numbered = _catalogue_number(match["cat"].lower(), match["rest"].strip())
        if numbered is not None:
            return numbered
    if re.fullmatch(r"\d[\d,' ]*", clean) and not _DECIMAL_PAIR.match(clean) and not _SEXAGESIMAL.match(clean):
        numbered = _catalogue_number("tic", clean)
        if numbered is not None:
            return numbered
    if re.match(r"^toi[\s:_#-]*\d", clean, re.I):
        return _toi(clean)
    position = _position(clean)
    if position is not None:
        return position
    if re.fullmatch(r"[\d\s.,:;+'\"-]+", clean):
        raise NotATarget(
            "These numbers are neither a star's number nor coordinates. "
            "Coordinates are two numbers in degrees, such as 84.2912 -80.4691."
        )
    if not re.search(r"[A-Za-z]", clean):
        raise NotATarget(f"This is not a star's name. Type a name or a number, {EXAMPLE}.")
    if re.search(r"[<>{}\[\]\\|^~`$%*?!=;@]", clean) or "/" in clean:
        raise NotATarget(f"A star's name has no such signs. Type a name or a number, {EXAMPLE}.")
    return Target("name", clean)


def without_planet_letter(name: str) -> str | None:
    """The host of a planet's name ("WASP-4 b" → "WASP-4", "Kepler-11b" → "Kepler-11"), or None where there is none."""
    match = re.match(r"^(.*\d)\s?[b-i]$", name) or re.match(r"^(.{3,}[A-Za-z.])\s[b-i]$", name)
    return match[1].strip() if match else None


def _tidy(text: str) -> str:
    """One line, ordinary spaces, plain minus signs and primes, Greek letters spelled out, no stray quotes."""
    out = []
    for char in text:
        if char in _GREEK:
            out.append(f"{_GREEK[char]} ")
        elif char in "\u2212\u2010\u2011\u2012\u2013\u2014":
            out.append("-")
        elif char in "\u00b0\u00ba":
            out.append("d")
        elif char in "\u2032\u2019\u02b9":
            out.append("'")
        elif char in "\u2033\u201d\u02ba":
            out.append('"')
        elif unicodedata.category(char)[0] in "CZ":
            out.append(" ")
        else:
            out.append(char)
    joined = unicodedata.normalize("NFKC", "".join(out))
    return re.sub(r"\s+", " ", joined).strip().strip("\"'“”‘’").strip()


def _catalogue_number(word: str, rest: str) -> Target | None:
    """A TIC, KIC or EPIC target, or None where `rest` is not a number at all (then it may be a name)."""
    digits = re.sub(r"[\s,'_]", "", rest)
    catalogue = {"tess": "tic", "kplr": "kic", "ktwo": "epic"}.get(word, word)
    label = catalogue.upper()
    if not digits:
        raise NotATarget(f"The number after {label} is missing, {EXAMPLE}.")
    if digits.startswith("-") or re.fullmatch(r"\d+\.\d+", digits):
        raise NotATarget(f"{label} numbers are whole and positive, {EXAMPLE}.")
    if not (digits.isascii() and digits.isdigit()):
        if word in ("tess", "kplr", "ktwo") or not re.search(r"\d", digits):
            return None
        raise NotATarget(f"“{label} {rest}” is not a {label} number: it must consist of digits only.")
    number = int(digits)
    if catalogue == "tic":
        if len(digits.lstrip("0")) > TIC_DIGITS_MAX:
            raise NotATarget("No star has this number. TIC numbers have at most ten digits.")
        if number == 0:
            raise NotATarget("No star has this number. TIC numbers begin at 1.")
        return Target("tic", f"TIC {number}", number)
    if catalogue == "kic":
        if not 0 < number <= KIC_MAX:
            raise NotATarget(f"No star has this number. KIC numbers lie between 1 and {KIC_MAX}.")
        return Target("kic", f"KIC {number}", number)
    if not EPIC_MIN <= number <= EPIC_MAX:
        raise NotATarget(f"No star has this number. EPIC numbers lie between {EPIC_MIN} and {EPIC_MAX}.")
    return Target("epic", f"EPIC {number}", number)


def _toi(clean: str) -> Target:
    match = _TOI.match(clean)
    if match is None or int(match["number"]) == 0 or len(match["number"]) > 6:
        raise NotATarget("This is not a TOI number. TOI numbers look like TOI-1798 or TOI-1798.01.")
    number = int(match["number"])
    return Target("toi", f"TOI-{number}", number)


def _position(clean: str) -> Target | None:
    """A position, None where the text does not look like one; NotATarget where the numbers are impossible."""
    if match := _DECIMAL_PAIR.match(clean):
        ra_deg, dec_deg = float(match["ra"]), float(match["dec"])
    elif match := _SEXAGESIMAL.match(clean):
        minutes = [float(match[key]) for key in ("rm", "rs", "dm", "ds")]
        if any(value >= 60 for value in minutes):
            raise NotATarget("Minutes and seconds of coordinates must be below 60.")
        ra_deg = float(match["rh"]) + minutes[0] / 60 + minutes[1] / 3600
        if match["rmark"].lower() != "d":
            if ra_deg >= 24:
                raise NotATarget("Right ascension in hours must be below 24.")
            ra_deg *= 15
        dec_deg = float(match["dd"]) + minutes[2] / 60 + minutes[3] / 3600
        if match["sign"] == "-":
            dec_deg = -dec_deg
    else:
        return None
    if not 0 <= ra_deg <= 360:
        raise NotATarget("Right ascension must lie between 0 and 360 degrees.")
    if not -90 <= dec_deg <= 90:
        raise NotATarget("Declination must lie between −90 and +90 degrees.")
    ra_deg %= 360.0
    return Target("position", f"{ra_deg:.6f} {dec_deg:+.6f}", None, ra_deg, dec_deg)
