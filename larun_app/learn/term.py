"""One entry of the glossary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """`word` is what the pages say, `exact` the name in papers and files, `plain` the explanation."""

    key: str
    word: str
    exact: str
    plain: str
