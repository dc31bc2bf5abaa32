"""One module for each format, with an EXPORTER."""
