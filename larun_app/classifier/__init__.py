"""What the classifier says of a signal, and its network for a microcontroller."""
