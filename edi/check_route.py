"""Which guide a transaction is checked against, from ST01, GS08 and ST03.

Senders write ``005010X222``, ``X222A1`` and ``X222A2`` for the same guide, and trading partner
names; the type and the guide's number decide, and a version that is not the one in force is told.
"""

from types import MappingProxyType
from typing import Final

from edi.check_codes import Finding
from edi.guide import Guide, load

# (ST01, the beginning of GS08 or ST03) -> guide
_GUIDES: Final = MappingProxyType(
    {
        ("837", "005010X222"): "837P",
        ("835", "005010X221"): "835",
        ("999", "005010X231"): "999",
        ("277", "005010X214"): "277CA",
    }
)
_OTHERS: Final = MappingProxyType(
    {
        "005010X223": "an institutional claim (837I)",
        "005010X224": "a dental claim (837D)",
        "005010X212": "an answer to a claim status request (277), not a claim acknowledgement",
        "005010X279": "an eligibility request or answer (270, 271)",
        "005010X220": "an enrolment (834)",
        "005010X218": "a premium payment (820)",
        "005010X217": "a services review (278)",
        "005010X230": "a 997 functional acknowledgement",
    }
)
_LENGTH: Final = len("005010X222")


def route(kind: str, group: str, implementation: str) -> tuple[Guide | None, list[Finding]]:
    """The guide for ST01 ``kind``, GS08 ``group`` and ST03 (or GS08) ``implementation``.

    None, with one Finding that says why, where there is none to check against.
    """
    implementation, group = implementation.upper(), group.upper()  # lower-case files are read
    named = [version for version in (implementation, group) if version]
    for version in named:
        name = _GUIDES.get((kind, version[:_LENGTH]))
        if name:
            guide = load(name)
            return guide, _about_version(guide, group, implementation)
    return None, [_not_checked(kind, named)]


def _about_version(guide: Guide, group: str, implementation: str) -> list[Finding]:
    found = []
    if group != implementation:
        found.append(
            Finding(
                code="transaction.version-differs",
                standard="IK502:I6",
                level="warning",
                element="ST03",
                message="ST03 and GS08 name different versions",
                value=f"{implementation} {group}",
            )
        )
    if guide.version not in {group, implementation}:
        found.append(
            Finding(
                code="transaction.version-old",
                standard="AK905:2",
                level="warning",
                element="GS08",
                message=f"the version is not {guide.version}, which is in force; "
                "checked against that",
                value=group,
            )
        )
    return found


def _not_checked(kind: str, named: list[str]) -> Finding:
    version = named[0] if named else ""
    what = next((_OTHERS[one[:_LENGTH]] for one in named if one[:_LENGTH] in _OTHERS), "")
    known = any(kind == ours for ours, _ in _GUIDES)
    old_remittance = kind == "835" and version.startswith("004010")  # still comes, is still read
    if what:
        said = f"this is {what}"
    elif version.startswith("004010"):
        said = f"this {_plain(kind)} is of version 4010, no longer in force"
    elif known:
        said = f"this {_plain(kind)} does not name a version we have a guide for"
    else:
        said = f"a transaction {_plain(kind)} is none we have a guide for"
    unchecked = "its content was not checked" if old_remittance else "not checked"
    return Finding(
        code="transaction.not-checked",
        standard="IK502:I6" if known else "IK502:1",
        level="warning" if old_remittance else "error",
        message=f"{said}: {unchecked}. Checked are 837P 005010X222A1, 835 005010X221A1, "
        "999 005010X231A1, 277CA 005010X214",
        value=version,
    )


def _plain(kind: str) -> str:
    return kind if kind.isascii() and kind.isdigit() and len(kind) == 3 else "of this type"
