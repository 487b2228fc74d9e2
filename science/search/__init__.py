"""Search for repeating dips: period grids, template search, box search, significance."""
