"""Local servers that speak the protocols of the outside archives over real data. They are stand-ins, not archives."""
