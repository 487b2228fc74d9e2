"""The fit page: how well planet and transit are known."""
