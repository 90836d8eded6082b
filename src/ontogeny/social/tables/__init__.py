"""Tables of a platform: read, admitted by named rules, and worked on in SQL by an engine."""
