"""The problem codes of the guide check, and ``Finding``: a fault without its place in a file."""

from attrs import field, frozen

from edi.problem import Level, declare


@frozen(kw_only=True)
class Finding:
    """What is wrong with the segment at hand."""

    code: str
    message: str
    standard: str = ""
    level: Level = "error"
    loop: str = ""
    element: str = ""
    segment: int = 0  # 0: the segment at hand; else that one, counted from ST = 1
    claim: str = field(default="", repr=False)  # CLM01 or CLP01
    value: str = field(default="", repr=False)


declare(
    {
        "transaction.not-checked": (
            "The transaction is of a kind or version whose guide we do not have.",
            "Nothing to do if it is not meant for this check; else send the 5010 version.",
        ),
        "transaction.version-old": (
            "The version named is not the one in force; it was checked against that one.",
            "Ask the sender to name the version in force in GS08 and ST03.",
        ),
        "transaction.version-differs": (
            "ST03 and GS08 name different versions.",
            "Ask the sender to put the same version in both.",
        ),
        "segment.unknown": (
            "The guide has no such segment.",
            "Remove it, or correct its identifier.",
        ),
        "segment.unexpected": (
            "The segment may not stand here.",
            "Move or remove it; check that what should come before it is there.",
        ),
        "segment.out-of-order": (
            "The segment comes too late: others that follow it in the guide came first.",
            "Move it to its place.",
        ),
        "segment.missing": ("A required segment is missing.", "Add it."),
        "segment.too-many": ("The segment comes more often than the guide allows.", "Drop some."),
        "segment.not-used": ("The guide says this segment is not used.", "Remove it."),
        "segment.trailing-separator": (
            "Separators stand at the end of the segment or of a composite.",
            "Leave out empty elements at the end.",
        ),
        "segment.too-many-elements": (
            "The segment has more elements than the guide knows.",
            "Remove what is too much; look for a separator inside a value.",
        ),
        "loop.missing": ("A required loop is missing.", "Add it."),
        "loop.too-many": ("The loop comes more often than the guide allows.", "Split the claim."),
        "element.missing": ("A required element is empty.", "Fill it."),
        "element.condition": (
            "Elements that belong together are not all there, or exclude each other.",
            "Fill or empty them as the message says.",
        ),
        "element.not-used": ("The guide says this element is not used.", "Leave it empty."),
        "element.too-short": ("The value is too short.", "Correct it."),
        "element.too-long": ("The value is too long.", "Shorten it."),
        "element.character": (
            "The value has a character that is not allowed there.",
            "Remove the character, or spaces at the end.",
        ),
        "element.code-invalid": (
            "The value is not in the guide's code list.",
            "Use one of the codes.",
        ),
        "element.date-invalid": ("That is no date.", "Write CCYYMMDD, a range with a hyphen."),
        "element.time-invalid": ("That is no time.", "Write HHMM or HHMMSS."),
        "element.number-invalid": ("That is no number.", "Write digits, a point, no comma."),
        "element.too-many-components": (
            "The composite has more components than the guide knows.",
            "Remove what is too much; look for a separator inside a value.",
        ),
        "element.too-many-repetitions": ("The element is repeated too often.", "Drop some."),
        "hl.number": ("HL01 does not count 1, 2, 3 ...", "Number the HL segments in order."),
        "hl.parent": ("HL02 does not name the level above.", "Put the HL01 of the parent."),
        "hl.child-code": (
            "HL04 does not say whether levels follow below.",
            "1 where an HL below follows, else 0.",
        ),
        "lx.number": (
            "LX01 does not count 1, 2, 3 ... in the claim.",
            "Number the lines in order.",
        ),
    }
)
