"""Results as a table for people, JSON for programs, CSV, xlsx and HTML for a spreadsheet or a page.

A command builds a ``Result`` (plain data, no formatting) and calls ``show``.
"""

from claimline.render.output import show
from claimline.render.problems import MOST, problem_fields, show_problems
from claimline.render.values import Column, Result, Table
from claimline.render.words import counted

__all__ = [
    "MOST",
    "Column",
    "Result",
    "Table",
    "counted",
    "problem_fields",
    "show",
    "show_problems",
]
