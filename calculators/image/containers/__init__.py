"""Image files, reduced to what decides their pixels, so that damage and size of all else does not matter."""
