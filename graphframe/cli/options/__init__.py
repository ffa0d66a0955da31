"""Groups of options that several commands take."""
