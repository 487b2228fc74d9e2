"""Models that were trained beforehand and ship with the product, each with a card that says on what."""
