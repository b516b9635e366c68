"""What instances cost, as a file or a flag gives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from capacity.cost import Prices
from infra.strict_model import StrictModel
from ops.refusal import Refusal

_Price = Annotated[float, Field(ge=0)]
_FORM = "expected for each instance type onDemand, reserved and spot, as far as known, per hour"


class _PriceEntry(StrictModel):
    """Of one instance type, per hour."""

    on_demand: _Price | None = None
    reserved: _Price | None = None
    spot: _Price | None = None

    def prices(self) -> Prices:
        return Prices(self.on_demand, self.reserved, self.spot)


@dataclass(frozen=True)
class PriceList:
    """Prices by instance type, and in what money."""

    currency: str
    prices: Mapping[str, Prices]


def read_prices(path: Path) -> PriceList:
    """The prices in a YAML file: `currency`, and each instance type with its prices per hour.

    Raises:
        Refusal: it cannot be read or used.
    """
    try:
        content: Any = YAML(typ="safe").load(path.read_text())
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping):
        raise Refusal(f"{path} is no mapping; {_FORM}")
    entries = dict(cast("Mapping[str, Any]", content))
    currency = entries.pop("currency", "USD")
    if not isinstance(currency, str):
        raise Refusal(f"{path}: currency is {currency}; expected such as USD")
    return PriceList(currency, {name: _entry(f"{path}: {name}", entry) for name, entry in entries.items()})


def flagged_price(text: str) -> tuple[str, Prices]:
    """The prices in a word such as `m5.large=0.096,0.06,0.035`: on demand, reserved and spot.

    Raises:
        ValueError: it is of another form.
    """
    name, _, amounts = text.partition("=")
    keys = ("onDemand", "reserved", "spot")
    given = [amount.strip() for amount in amounts.split(",")]
    if not name or not any(given) or len(given) > len(keys):
        raise ValueError(text)
    return name, _PriceEntry(
        **{key: float(amount) for key, amount in zip(keys, given, strict=False) if amount}
    ).prices()


def _entry(where: str, entry: Any) -> Prices:
    try:
        return _PriceEntry.model_validate(entry).prices()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([where, *map(str, first["loc"])])
        raise Refusal(f"{place}: {first['msg']}; {_FORM}") from None
