"""Any number of photographs, read and scored into one file."""
