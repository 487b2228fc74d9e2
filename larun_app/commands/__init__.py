"""What `larun …` does, one file a command."""
