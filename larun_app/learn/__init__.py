"""Learn and help: how a planet is found, every term in plain words, keys, what the numbers mean."""
