"""Names of persons, places and organisations: a packaged model in a confined child, mended by rules."""
