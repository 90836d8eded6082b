"""What is said where a command was typed, or a cell was run: panels, tables, progress."""
