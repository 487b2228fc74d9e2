"""Tests of the pixels: difference images, centroids, and which star it is."""
