"""A practice's own rules: each operator, scope and refusal, and the trace of what fired."""

import datetime as dt
from typing import Any

import pytest
from attrs import evolve
from visits_made import DAY, ROOT, at, codes, done, drafted, example, held, outcome, visit

from edi.problem import Problem
from mapping import claims, practice
from mapping.draft import ClaimDraft, Held
from mapping.practice import Practice
from mapping.user_rule_fields import CLAIM, LINE, Field
from mapping.user_rules_file import rule_files
from mapping.user_rules_read import OPERATORS

TEXT = example("practice.md", "toml")
BODY = """
[[rules]]
name = "own"
effect = "hold"
message = "look first"
"""
ALWAYS = BODY + "always = true\n"


def ruled(body: str, **files: str) -> Practice:
    """The practice of docs/practice.md with rules."""
    return practice.read("practice.toml", TEXT + body, files)


def faults(body: str, text: str = TEXT, **files: str) -> list[Problem]:
    """The errors the rules are refused for."""
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read("practice.toml", text + body, files)
    return [problem for problem in caught.value.problems if problem.level == "error"]


def fires(conditions: str, *visits: Any, **changes: Any) -> bool:
    """Whether a rule of these conditions holds a visit of two lines: 97530 and 97110."""
    given = visits or (
        visit(
            done("97530", 38, blocks=at("09:00-09:38")),
            done("97110", 16, modifiers=("KX",)),
            **changes,
        ),
    )
    found = outcome(*given, setup=ruled(BODY + conditions))
    problems = found.problems if isinstance(found, Held) else found.warnings
    return "hold.own-rule" in codes(problems)


OPERATIONS = [
    ("equals", 'code = "97530"', 'code = "97112"'),
    ("equals in words", 'code = { equals = "97530" }', 'code = { equals = "97112" }'),
    ("any", 'code = ["97112", "97530"]', 'code = ["97112", "97116"]'),
    ("any in words", 'code = { any = ["97530"] }', 'code = { any = ["97112"] }'),
    ("none", 'modifiers = { none = ["59"] }', 'modifiers = { none = ["GP"] }'),
    ("at least", "units = { at_least = 3 }", "units = { at_least = 4 }"),
    ("at least with a blank", 'units = { "at least" = 3 }', 'units = { "at least" = 4 }'),
    ("at most", "minutes = { at_most = 16 }", "minutes = { at_most = 15 }"),
    ("both ends", "units = { at_least = 3, at_most = 3 }", "units = { at_least = 2, at_most = 2 }"),
    ("starts with", 'code = { starts_with = "975" }', 'code = { starts_with = ["92", "96"] }'),
    ("missing", "diagnosis = { missing = false }", "diagnosis = { missing = true }"),
    ("flag", "times = true", "separate_block = true"),
    ("flag no", "times = false", "units_stated = true"),
    ("money", "charge = { at_least = 180.00 }", "charge = { at_least = 180.01 }"),
    ("two conditions", 'code = "97530"\nunits = { at_least = 3 }', 'code = "97110"\nunits = { at_least = 3 }'),
    ("diagnosis with its point", 'diagnosis = "m25.511"', 'diagnosis = "M25.512"'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("yes", "no"), [row[1:] for row in OPERATIONS], ids=[row[0] for row in OPERATIONS]
)
def test_each_operator_fires_and_does_not(yes: str, no: str) -> None:
    """On one line of which all is true; not where no line has it all."""
    assert fires(f"[rules.any_line]\n{yes}\n")
    assert not fires(f"[rules.any_line]\n{no}\n")


SCOPES = [
    ("all lines", '[rules.all_lines]\nmodifiers = "GP"', '[rules.all_lines]\ncode = "97530"'),
    ("no line", '[rules.no_line]\ncode = "97112"', '[rules.no_line]\ncode = "97110"'),
    ("claim", "[rules.claim]\nlines = 2", "[rules.claim]\nlines = 1"),
    ("claim and line", '[rules.claim]\npayer = "acme"\n[rules.any_line]\ncode = "97530"',
     '[rules.claim]\npayer = "medicare"\n[rules.any_line]\ncode = "97530"'),
    ("claim units", "[rules.claim]\nunits = { at_least = 4 }", "[rules.claim]\nunits = { at_least = 5 }"),
    ("weekday", '[rules.claim]\nweekday = "Tuesday"', '[rules.claim]\nweekday = ["saturday", "sunday"]'),
    ("family", '[rules.claim]\nfamily = "commercial"', '[rules.claim]\nfamily = "auto"'),
    ("payers", 'always = true\npayers = ["acme"]', 'always = true\npayers = ["medicare"]'),
    ("families", 'always = true\nfamilies = ["commercial"]', 'always = true\nfamilies = ["auto", "va"]'),
    ("from", 'always = true\npayers = ["acme"]\nfrom = 2026-03-10', 'always = true\npayers = ["acme"]\nfrom = 2026-03-11'),
    ("until", 'always = true\npayers = ["acme"]\nuntil = 2026-03-10', 'always = true\npayers = ["acme"]\nuntil = 2026-03-09'),
    ("no telehealth", "[rules.claim]\ntelehealth = { missing = true }", '[rules.claim]\ntelehealth = "video"'),
    ("member id", '[rules.claim]\nmember_id = { starts_with = "MEM" }', '[rules.claim]\nmember_id = { starts_with = "XYZ" }'),
    ("age", "[rules.claim]\nage = 64", "[rules.claim]\nage = { at_least = 65 }"),
    ("a flag that is missing", "[rules.claim]\nauthorization = { missing = true }", "[rules.claim]\nreferring = { missing = true }"),
]  # fmt: skip


@pytest.mark.parametrize(("yes", "no"), [row[1:] for row in SCOPES], ids=[row[0] for row in SCOPES])
def test_each_scope_fires_and_does_not(yes: str, no: str) -> None:
    """Claim, any line, all lines, no line; payers, families and days of the rule."""
    assert fires(yes)
    assert not fires(no)


@pytest.mark.parametrize(
    ("name", "field"), [(f"claim.{n}", f) for n, f in CLAIM.items()]
    + [(f"any_line.{n}", f) for n, f in LINE.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_every_field_can_be_asked(name: str, field: Field) -> None:
    """Each documented field is read from a real claim without fault."""
    scope, _, key = name.partition(".")
    operand = {"flag": "missing = true", "number": "at_least = 0"}.get(
        field.kind, "missing = false"
    )
    made = ruled(f"{BODY}[rules.{scope}]\n{key} = {{ {operand} }}\n")
    found = outcome(visit(done("97530", 38)), setup=made)
    assert isinstance(found, ClaimDraft | Held)
    if field.private:
        said = (
            [p.message for p in found.problems] if isinstance(found, Held) else list(found.because)
        )
        assert not any("MEMBER123" in text or "M25511" in text for text in said)


WARN = (
    BODY.replace('"hold"', '"warn"')
    + '[rules.any_line]\ncode = "97530"\nunits = { at_least = 2 }\n'
)


def test_a_warning_lets_the_claim_go_and_is_traced() -> None:
    """The claim keeps the words, the reason and the version of the rules."""
    made = drafted(visit(done("97530", 38)), setup=ruled(WARN))
    (warning,) = [p for p in made.warnings if p.code == "warn.own-rule"]
    reason = "line 1 97530: code is 97530 and units is at least 2 (here 3)"
    assert warning.message == f'look first (your rule "own": {reason})'
    assert f"rule own: fired: {reason}" in made.because
    assert any(v.startswith("own rules: practice.toml ") for v in made.versions)


def test_what_did_not_fire_is_traced_too() -> None:
    """Each rule of the payer and day says why not; the others are named."""
    other = ALWAYS.replace('"own"', '"far"') + 'payers = ["medicare"]\n'
    made = drafted(visit(done("97530", 22)), setup=ruled(WARN + other))
    assert (
        "rule own: did not fire: no line whose code is 97530 and units is at least 2"
        in made.because
    )
    assert "rule of another payer or day, not asked: far" in made.because


def test_no_rules_leave_no_trace() -> None:
    """A practice without rules has claims as before."""
    made = drafted(visit(done("97530", 23)))
    assert not any(
        "rule own" in text or "own rules" in text for text in (*made.because, *made.versions)
    )


def test_a_hold_can_be_overridden_by_a_person() -> None:
    """It is a matter of judgement: with a name and a reason the claim goes and says so."""
    setup = ruled(ALWAYS + 'payers = ["acme"]\n')
    given = visit(done("97530", 23))
    assert codes(held(given, setup=setup).problems) == ["hold.own-rule"]
    made = claims.draft([given], setup, waived={"V-1": frozenset({"hold.own-rule"})})
    assert "(overridden)" in made.drafts[0].warnings[-1].message
    assert not made.held


def test_a_rule_that_says_always_asks_nothing() -> None:
    """It fires for every claim of its payers, and says why."""
    found = held(visit(), setup=ruled(ALWAYS + 'payers = ["acme"]\n')).problems
    assert codes(found) == ["hold.own-rule"]
    assert "it is of this payer and day" in found[0].message
    assert not codes(drafted(visit(), setup=ruled(ALWAYS + 'payers = ["medicare"]\n')).warnings)


def test_families_of_the_practice_can_be_named() -> None:
    """A rule for a family of the practice's own, and for the one it inherits."""
    text = TEXT.replace('family = "commercial"', 'family = "network"', 1)
    text += '\n[[families.network]]\ninherits = "commercial"\n'
    for family in ("network", "commercial"):
        made = practice.read("p.toml", f'{text}{ALWAYS}families = ["{family}"]\n')
        assert codes(held(visit(), setup=made).problems) == ["hold.own-rule"]


BAD = [
    ("no name", '[[rules]]\neffect = "hold"\nmessage = "x"\npayers = ["acme"]', "rules[0].name", "missing"),
    ("no message", '[[rules]]\nname = "a"\neffect = "hold"\npayers = ["acme"]', "rules[0].message", "missing"),
    ("wrong effect", BODY.replace('"hold"', '"stop"') + 'payers = ["acme"]', "rules[0].effect", "hold or warn"),
    ("a letter in a code", BODY + '[rules.any_line]\ncode = "9753O"', "rules[0].any_line.code", "letter O"),
    ("bounds the wrong way", BODY + "[rules.any_line]\nunits = { at_least = 4, at_most = 3 }", "rules[0].any_line.units", "never at least 4"),
    ("unknown key", BODY + 'payer = ["acme"]', "rules[0].payer", "mean payers"),
    ("unknown payer", BODY + 'payers = ["acne"]', "rules[0].payers[0]", "mean acme"),
    ("unknown family", BODY + 'families = ["comercial"]', "rules[0].families[0]", "mean commercial"),
    ("unknown field", BODY + "[rules.any_line]\nunit = 3", "rules[0].any_line.unit", "mean units"),
    ("claim's field on a line", BODY + '[rules.any_line]\nweekday = "monday"', "rules[0].any_line.weekday", "one of the claim"),
    ("line's field on a claim", BODY + "[rules.claim]\ntimes = true", "rules[0].claim.times", "one of a line"),
    ("unknown operator", BODY + "[rules.any_line]\nunits = { atleast = 3 }", "rules[0].any_line.units.atleast", "mean at_least"),
    ("number wanted", BODY + '[rules.any_line]\nunits = { at_least = "3" }', "rules[0].any_line.units.at_least", "number, without quotes"),
    ("number without an end", BODY + "[rules.any_line]\nunits = { at_least = nan }", "rules[0].any_line.units.at_least", "has an end"),
    ("no number field", BODY + "[rules.any_line]\ncode = { at_least = 3 }", "rules[0].any_line.code.at_least", "code is none"),
    ("no text field", BODY + '[rules.any_line]\nunits = { starts_with = "3" }', "rules[0].any_line.units.starts_with", "units is none"),
    ("text wanted", BODY + "[rules.any_line]\ncode = 97530", "rules[0].any_line.code", "text in quotes"),
    ("flag wanted", BODY + '[rules.any_line]\ntimes = "yes"', "rules[0].any_line.times", "true or false"),
    ("missing wants a flag", BODY + '[rules.any_line]\ncode = { missing = "yes" }', "rules[0].any_line.code.missing", "true or false"),
    ("no code", BODY + '[rules.any_line]\ncode = "9753"', "rules[0].any_line.code", "5 characters"),
    ("no code in a list", BODY + '[rules.any_line]\ncode = ["97530", "9753"]', "rules[0].any_line.code[1]", "5 characters"),
    ("empty list", BODY + "[rules.any_line]\ncode = []", "rules[0].any_line.code", "not empty"),
    ("list for one value", BODY + "[rules.any_line]\nunits = { at_least = [1, 2] }", "rules[0].any_line.units.at_least", "one value"),
    ("no choice", BODY + '[rules.claim]\ndiscipline = "XT"', "rules[0].claim.discipline", "PT, OT, SLP"),
    ("no table", BODY + 'claim = "acme"', "rules[0].claim", "claim = { payer"),
    ("nothing asked", BODY, "rules[0]", "always = true"),
    ("nothing asked of a payer", BODY + 'payers = ["acme"]', "rules[0]", "always = true"),
    ("nothing asked in an empty table", BODY + "[rules.any_line]", "rules[0]", "always = true"),
    ("always is no word", BODY + 'always = "yes"', "rules[0].always", "true or false"),
    ("always with a condition", ALWAYS + '[rules.any_line]\ncode = "97530"', "rules[0].always", "has conditions"),
    ("one name twice", ALWAYS + 'payers = ["acme"]' + ALWAYS + 'payers = ["medicare"]', "rules[1]", "two rules own"),
    ("ends before it begins", BODY + 'payers = ["acme"]\nfrom = 2026-02-01\nuntil = 2026-01-01', "rules[0].until", "before its from"),
    ("no tables", "\n[rules]\nname = 1", "rules", "expected tables [[rules]]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "column", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_bad_rule_is_refused_with_its_place(body: str, column: str, words: str) -> None:
    """The path, the line and what is expected."""
    found = {problem.where.column: problem for problem in faults(body)}
    assert words in found[column].message
    assert found[column].where.line > len(TEXT.splitlines())


def test_two_versions_of_a_rule() -> None:
    """One name may stand twice where the days do not overlap; the day's version decides."""
    until = ALWAYS + 'payers = ["acme"]\nuntil = 2026-03-09\n'
    since = ALWAYS.replace("look first", "look twice") + 'payers = ["acme"]\nfrom = 2026-03-10\n'
    made = ruled(until + since)
    assert held(visit(), setup=made).problems[0].message.startswith("look twice")
    before = evolve(visit(), date=DAY - dt.timedelta(days=1))
    assert held(before, setup=made).problems[0].message.startswith("look first")


FILES = TEXT.replace("[practice]\n", '[practice]\nrules = ["own.toml"]\n', 1)


def test_rules_in_a_file_of_their_own() -> None:
    """The practice file names the file; the rules hold, and the version names it."""
    assert rule_files(FILES) == ("own.toml",)
    made = practice.read("practice.toml", FILES, {"own.toml": ALWAYS + 'payers = ["acme"]\n'})
    assert codes(held(visit(), setup=made).problems) == ["hold.own-rule"]
    assert made.own_rules.version.startswith("own rules: own.toml ")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (BODY + 'payers = ["acne"]', "rules[0].payers[0]", "mean acme"),
        ("[[rule]]\nname = 1", "rule", "mean rules"),
        ("[[rules", "", "no TOML"),
    ],
    ids=["unknown payer", "unknown table", "no TOML"],
)
def test_a_bad_file_of_rules_is_named(text: str, column: str, words: str) -> None:
    """The problem stands at its own file, not at the practice file."""
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read("practice.toml", FILES, {"own.toml": text})
    (found,) = caught.value.problems
    assert (found.where.file, found.where.column) == ("own.toml", column)
    assert words in found.message


def test_a_file_that_was_not_read_is_refused() -> None:
    """Rules that the practice counts on must not be left out in silence."""
    (found,) = faults("", FILES)
    assert found.where.column == "practice.rules"
    assert "own.toml" in found.message


def test_a_rule_may_not_stand_in_two_files_at_once() -> None:
    """One name, one day, two files: which holds, nobody knows."""
    with pytest.raises(practice.PracticeFileError) as caught:
        practice.read(
            "practice.toml",
            FILES + ALWAYS + 'payers = ["acme"]\n',
            {"own.toml": ALWAYS + 'payers = ["medicare"]\n'},
        )
    (found,) = caught.value.problems
    assert (found.code, found.where.file) == ("practice.overlap", "own.toml")


def test_the_version_follows_the_rules() -> None:
    """Other rules, another digest; the same rules, the same."""
    one, same, other = (
        ruled(ALWAYS + f'payers = ["{payer}"]\n').own_rules.version
        for payer in ("acme", "acme", "medicare")
    )
    assert one == same != other


def test_the_page_for_billers_has_every_operator_and_example() -> None:
    """Each operator stands in the page, and its example is read."""
    text = (ROOT / "docs/rules/own-rules.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in OPERATORS)
    blues = '\n[[families.blues]]\ninherits = "commercial"\n'
    shown = example("rules/own-rules.md", "toml").replace('["heron", "kestrel"]', '["acme"]')
    assert len(ruled(blues + shown).own_rules.rules) == 2
