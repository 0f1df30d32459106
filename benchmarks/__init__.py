"""Measures, side by side with what they are compared to. Run by ``make bench``."""
