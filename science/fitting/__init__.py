"""Posteriors of transits and planets: model, sampling, convergence, intervals, transit times."""
