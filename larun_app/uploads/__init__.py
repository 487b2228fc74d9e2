"""Files people give us: received in pieces, read in a process of their own, kept under our own names."""
