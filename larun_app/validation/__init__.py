"""The validation report: whether a signal can be a planet of this star, test by test."""
