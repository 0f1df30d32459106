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
EXAMPLE: Final = "example"


def doc(text: str, kind: str = "", *, example: Any = None) -> Mapping[str, Any]:
    """The metadata of a field: what it is, its kind where the type does not say it, an example."""
    return MappingProxyType({DOC: text, KIND: kind, EXAMPLE: example})


def words(attribute: "Attribute[Any]") -> str:
    """What the field is, in our words."""
    return str(attribute.metadata.get(DOC, ""))


def kind(attribute: "Attribute[Any]") -> str:
    """The field's kind, or an empty string where its type says enough."""
    return str(attribute.metadata.get(KIND, ""))
