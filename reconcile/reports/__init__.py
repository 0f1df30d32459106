"""Figures for reports, added up claim by claim: aging, rates, days to pay, drift.

Pure: values in, values out; nothing is kept of a claim but what its group adds up.
"""
