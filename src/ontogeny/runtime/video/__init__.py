"""Networks that watch video: where frames come from, who computes, and what is written."""
