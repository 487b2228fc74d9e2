"""Whose light is in the aperture: the share of every star, the undiluted dip, and which neighbours could fake it."""
