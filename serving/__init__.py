"""Making of the models that the product ships: read labelled light, train, store. Not needed to run the product."""
