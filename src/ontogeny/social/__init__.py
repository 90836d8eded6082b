"""What quality does to people in a social network: causes from tables of what was seen."""
