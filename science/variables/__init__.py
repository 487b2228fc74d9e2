"""What kind of variable a star is: numbers that describe its light, its rotation, its flares, and its class."""
