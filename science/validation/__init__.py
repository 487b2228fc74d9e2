"""How likely is a false positive? Eight explanations of one signal, weighed in one posterior."""
