"""The wizard: star, data, clean, search, run. One question a step, everything pre-filled, nothing lost going back."""
