"""Outside files to statements: read, normalise, check, resolve, delta, load."""
