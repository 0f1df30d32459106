"""A payer that corrects the patient's name or member id (NM1*74)."""

import pytest
from attrs import evolve
from test_next_payer import CLAIM, USUAL, answer

from edi.remittance import Name
from reconcile.corrected_patient import concerns_of, note_of

CASES = {
    "both": ({"last": "BLYE", "id": "XYZ9"}, "name and member id"),
    "the name alone": ({"last": "BLYE", "id": "XYZ8"}, "name"),
    "the id alone": ({"id": "XYZ9"}, "member id"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_corrected_is_told_without_its_value(case: str) -> None:
    """Name, member id, or both: as the payer gives them, and with a next step."""
    given, words = CASES[case]
    note = note_of([Name(role="74", is_person=True, **given)], "XYZ8")
    assert note == f"the payer corrected the patient's {words} (NM1*74)"
    (found,) = concerns_of(CLAIM, [evolve(answer(*USUAL), notes=(note,))])
    assert found.cause.startswith(note)
    assert "patient record" in found.next_step
    assert "XYZ9" not in repr(found)
    assert "BLYE" not in repr(found)


def test_the_same_id_and_other_names_are_no_correction() -> None:
    """What was billed comes back, and the patient (QC) is told as usual."""
    names = [
        Name(role="74", is_person=True, id="XYZ8"),
        Name(role="QC", is_person=True, last="BLY", id="XYZ9"),
    ]
    assert note_of(names, "XYZ8") == ""
