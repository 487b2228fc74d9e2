"""Building the pages and running all parts as one: what `larun up` does."""
