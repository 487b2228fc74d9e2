"""Tests of one signal that need nothing but the light curve."""
