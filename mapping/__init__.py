"""Coded visits to claims: units, modifiers, edits, service lines. Pure."""
