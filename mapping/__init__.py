"""Coded visits to claims: units, modifiers, edits, service lines. Pure.

``intake.read`` gives visits, ``practice.read`` the practice, ``claims.draft`` claims and holds,
``claims.finish`` a claim with its numbers, ``units.assign`` minutes to units.
"""
