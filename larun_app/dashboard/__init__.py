"""Home: the greeting and the search box, running analyses, recent results, examples to start from."""
