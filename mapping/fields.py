"""How a field of an input is described: one description serves reading, schema and documentation.

Each field of a visit, a practice or a policy carries its words, and where text alone does not
say it, its kind (``date``, ``money``, ``npi`` ...; the kinds are in ``mapping.kinds``).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from attrs import Attribute

DOC: Final = "doc"
KIND: Final = "kind"
MOST: Final = "most"


def doc(text: str, kind: str = "", *, most: int = 0) -> Mapping[str, Any]:
    """The metadata of a field: what it is, its kind if the type does not say it, its most items."""
    return MappingProxyType({DOC: text, KIND: kind, MOST: most})


def words(attribute: "Attribute[Any]") -> str:
    """What the field is, in our words."""
    return str(attribute.metadata.get(DOC, ""))


def kind(attribute: "Attribute[Any]") -> str:
    """The field's kind, or an empty string where its type says enough."""
    return str(attribute.metadata.get(KIND, ""))


def most(attribute: "Attribute[Any]") -> int:
    """How many items a list may have, 0 for any number."""
    return int(attribute.metadata.get(MOST, 0))
