"""Bundled light curves to start from: four stars that TESS observed, and one binary that is simulated and says so."""

from __future__ import annotations

from data.examples.catalogue import Example, KnownPlanet, Thumbnail, get_example, list_examples

__all__ = ["Example", "KnownPlanet", "Thumbnail", "get_example", "list_examples"]
