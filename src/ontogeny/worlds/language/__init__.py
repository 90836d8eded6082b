"""Text that is at hand without a download, and its tokens."""
