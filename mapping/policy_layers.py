"""What holds for a payer on a day: layers of dated tables, the later over the earlier.

The family's defaults, the state's, the practice's own tables for the family, the payer's own
policy. Each value keeps the layer, the days and the source it comes from.
"""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from attrs import frozen

from mapping.identifiers import STATE
from mapping.policy import ALWAYS, DatedPolicy, Family, Policy, Span
from mapping.policy_read import dated_rows

if TYPE_CHECKING:
    from mapping.kinds import Notes

FAMILIES: Final[tuple[str, ...]] = get_args(Family)


@frozen(kw_only=True)
class Layer:
    """Dated tables of one origin: ``family medicare-b``, ``policy acme``."""

    name: str
    rows: tuple[DatedPolicy, ...]


@frozen(kw_only=True)
class Origin:
    """Where a value comes from."""

    layer: str
    span: Span
    source: str

    def __str__(self) -> str:
        """``policy acme since 2026-01-01 (provider manual, page 31)``."""
        source = f" ({self.source})" if self.source else ""
        return f"{self.layer} {self.span}{source}"


@frozen(kw_only=True)
class Resolution:
    """What a payer wants on one day, and where each value comes from."""

    policy: Policy
    said: Mapping[str, Origin]  # of each key that somebody says
    version: str  # what decided, in short: kept with each claim

    @property
    def origin(self) -> Mapping[str, str]:
        """Key to "policy acme since 2026-01-01", "family medicare-b always (source)"."""
        return {key: str(origin) for key, origin in self.said.items()}


def resolve(layers: Iterable[Layer], day: dt.date, state: str = "") -> Resolution:
    """What the layers say of a day, the later over the earlier.

    ``state`` is the payer's: with ``ncci = "medicaid"`` it names the table where nothing else does.
    """
    stated: dict[str, Any] = {}
    said: dict[str, Origin] = {}
    version: list[str] = []
    for layer in layers:
        for row in layer.rows:
            if row.span.holds(day):
                version.append(f"{layer.name} {row.span}")
                stated.update(row.stated)
                origin = Origin(layer=layer.name, span=row.span, source=row.source)
                said.update(dict.fromkeys(row.stated, origin))
    if state and stated.get("ncci") == "medicaid" and not stated.get("ncci_state"):
        stated["ncci_state"] = state
        said["ncci_state"] = Origin(layer="state of the payer", span=ALWAYS, source="")
    return Resolution(
        policy=Policy(**stated),
        said=MappingProxyType(said),
        version="; ".join(dict.fromkeys(version)),
    )


def is_family(name: str) -> bool:
    """Whether a name is a family of ours, alone or with a state: ``medicaid:OH``."""
    family, colon, state = name.partition(":")
    return family in FAMILIES and (not colon or STATE.is_valid(state))


def shipped_layers(family: str, state: str) -> tuple[Layer, ...]:
    """The defaults of a family, then those of the family in a state."""
    names = (family, f"{family}:{state}") if state else (family,)
    found = ((name, DEFAULTS.get(name, ())) for name in names)
    return tuple(Layer(name=f"family {name}", rows=rows) for name, rows in found if rows)


def shipped(name: str) -> dict[str, Any]:
    """A table shipped in ``mapping/tables``, by its file name."""
    return tomllib.loads(resources.files("mapping").joinpath(f"tables/{name}").read_text("utf-8"))


def _defaults() -> dict[str, tuple[DatedPolicy, ...]]:
    """The families' defaults. Tables of one family apply one after the other."""
    families: dict[str, tuple[DatedPolicy, ...]] = dict.fromkeys(FAMILIES, ())
    for family, tables in shipped("families.toml").items():
        notes: Notes = []
        rows = [row for table in tables for row in dated_rows([table], (family,), notes)]
        if notes or not is_family(family):
            wrong = notes[0].message if notes else "is no family"
            raise ValueError(f"mapping/tables/families.toml, {family}: {wrong}")
        families[family] = tuple(rows)
    return families


DEFAULTS: Final[Mapping[str, tuple[DatedPolicy, ...]]] = MappingProxyType(_defaults())
