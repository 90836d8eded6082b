"""The study of a platform: windows that cannot leak, a table of users, and two experiments."""
