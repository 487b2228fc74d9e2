"""Is it a planet? Tests of one signal in the light curve, in the pixels, and against the neighbours."""
