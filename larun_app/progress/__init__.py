"""A run on its way: six stages live, time left, stop, an early look, and what to do when it failed."""
