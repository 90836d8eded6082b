"""What a study of a platform found, as figures and a page."""
