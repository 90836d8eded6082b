"""What scores photographs: features of a network trained on photographs, and a small head on them
that learns from ratings.

Source: Aiello et al. 2017, "Beautiful and damned" (arXiv 1711.00536); Talebi and Milanfar 2018,
"NIMA" (arXiv 1709.05424).
"""
