"""The science of LARUN.SPACE: arrays in, frozen dataclasses out. No files, no network, no clock, no globals."""
