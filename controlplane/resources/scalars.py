"""Values that are text in YAML and exact in code: money, shares, quantities, durations, moments.

Every scalar has a policy form: its text and one integer below 2^53, because evaluators of Rego
differ in how they compute with fractions. Equality is by value: `250 USD` is `250.00 USD`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controlplane.resources.markers import POLICY, OrUnlimited, Unlimited
from controlplane.resources.names import LARGEST_INTEGER, Count


def bad(code: str, message: str, remedy: str) -> PydanticCustomError:
    """Return the error that says `message` at the field and `remedy` to the person."""
    return PydanticCustomError(code, "{text}", {"text": message, "remedy": remedy})


@dataclass(frozen=True)
class Scalar(ABC):
    """A value read from text. Subclasses give the grammar, an example, and the integer."""

    text: str = field(compare=False)

    noun: ClassVar[str]
    pattern: ClassVar[str]
    example: ClassVar[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `text`; raise PydanticCustomError (a ValueError) with a remedy otherwise."""
        return _cached(cls, text)  # type: ignore[return-value]

    @classmethod
    @abstractmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build the value from a text that matches `pattern`."""

    @abstractmethod
    def projection(self) -> dict[str, str | int]:
        """Return the integers that rules compute with, by name, without the text."""

    def form(self, policy: bool) -> Any:  # noqa: FBT001 - the serializer passes one flag
        """Return the policy form, or the text as it stands in YAML."""
        return {"text": self.text, **self.projection()} if policy else self.text

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: Any) -> Scalar:
            if isinstance(value, str):
                return _cached(cls, value)
            if isinstance(value, cls):
                return value
            if value is None:
                raise bad("text_expected", "is empty", f"write {cls.example} or drop the line")
            raise bad(
                "text_expected",
                f"must be text such as {cls.example!r}, not {_type_name(value)}",
                f'write it in quotes: "{cls.example}"',
            )

        return core_schema.no_info_plain_validator_function(
            validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_form, info_arg=True),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": cls.pattern, "examples": [cls.example]}


def _form(value: Scalar, info: core_schema.SerializationInfo) -> Any:
    return value.form(info.context is POLICY)


def _type_name(value: Any) -> str:
    names: dict[type, str] = {bool: "true or false", int: "a number", float: "a number"}
    names |= {dict: "a mapping", list: "a list", type(None): "empty"}
    return names.get(type(value), type(value).__name__)


@lru_cache(maxsize=16384)
def _cached(cls: type[Scalar], text: str) -> Scalar:
    match = re.fullmatch(cls.pattern.removeprefix("^").removesuffix("$"), text, re.ASCII)
    if match is None or len(text) > 64:
        summary = (cls.__doc__ or "").partition("\n")[0].rstrip(".")
        raise bad(
            re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower(),
            f"{_shown(text)} is not {cls.noun}",
            f"{summary}, for example {cls.example}",
        )
    return cls.read(text, match)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 64 else text[:61] + "...")


def whole(value: Decimal, scale: int, code: str, shown: str, remedy: str) -> int:
    """Return `value` times `scale` as an integer below 2^53, or raise with `remedy`."""
    scaled = value * scale
    if scaled != scaled.to_integral_value():
        raise bad(code, f"{shown} is finer than can be kept exactly", remedy)
    if abs(scaled) > LARGEST_INTEGER:
        raise bad(code, f"{shown} is too large", f"stay below {LARGEST_INTEGER // scale}")
    return int(scaled)


@dataclass(frozen=True)
class Money(Scalar):
    """An amount, a space and an ISO 4217 currency, at most six decimals."""

    amount: Decimal
    currency: str
    micros: int = field(compare=False)

    noun: ClassVar[str] = "an amount of money"
    pattern: ClassVar[str] = r"^(\d{1,10}(?:\.\d{1,6})?) ([A-Z]{3})$"
    example: ClassVar[str] = "250.00 USD"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from amount and currency."""
        amount = Decimal(match[1])
        remedy = "state the price per 1000 or 1000000 units"
        return cls(text, amount, match[2], whole(amount, 1_000_000, "money", text, remedy))

    def projection(self) -> dict[str, str | int]:
        """Millionths of the currency's unit."""
        return {"currency": self.currency, "micros": self.micros}


@dataclass(frozen=True)
class Percent(Scalar):
    """A number and a percent sign, at most two decimals."""

    basis_points: int

    noun: ClassVar[str] = "a percentage"
    pattern: ClassVar[str] = r"^(\d{1,6}(?:\.\d{1,2})?)%$"
    example: ClassVar[str] = "12.5%"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from the number."""
        return cls(text, whole(Decimal(match[1]), 100, "percent", text, "use two decimals"))

    def projection(self) -> dict[str, str | int]:
        """Hundredths of a percent."""
        return {"basisPoints": self.basis_points}


@dataclass(frozen=True)
class Objective(Scalar):
    """A share of at most 100% that must be met, at most four decimals."""

    parts_per_million: int

    noun: ClassVar[str] = "a share"
    pattern: ClassVar[str] = r"^(100(?:\.0{1,4})?|\d{1,2}(?:\.\d{1,4})?)%$"
    example: ClassVar[str] = "99.95%"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from the number."""
        return cls(text, whole(Decimal(match[1]), 10_000, "objective", text, "use four decimals"))

    def projection(self) -> dict[str, str | int]:
        """Millionths of the whole."""
        return {"partsPerMillion": self.parts_per_million}


@dataclass(frozen=True)
class Number(Scalar):
    """A decimal number, at most six decimals."""

    value: Decimal
    micros: int = field(compare=False)

    noun: ClassVar[str] = "a decimal number"
    pattern: ClassVar[str] = r"^(-?\d{1,9}(?:\.\d{1,6})?)$"
    example: ClassVar[str] = "0.85"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from the number."""
        value = Decimal(match[1])
        return cls(text, value, whole(value, 1_000_000, "number", text, "use six decimals"))

    def projection(self) -> dict[str, str | int]:
        """Millionths."""
        return {"micros": self.micros}


_SUFFIXES = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTP", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTP", start=1)},
}
_QUANTITY = r"^(\d{1,15}(?:\.\d{1,3})?)(m|[kMGTP]|[KMGTP]i)?$"


def _amount(match: re.Match[str]) -> Decimal:
    return Decimal(match[1]) * _SUFFIXES[match[2] or ""]


@dataclass(frozen=True)
class Quantity(Scalar):
    """A Kubernetes quantity, such as CPU cores: a number with m, k, M, G or nothing."""

    milli: int

    noun: ClassVar[str] = "a quantity"
    pattern: ClassVar[str] = _QUANTITY
    example: ClassVar[str] = "500m"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from number and suffix."""
        return cls(text, whole(_amount(match), 1000, "quantity", text, "use whole thousandths"))

    def projection(self) -> dict[str, str | int]:
        """Thousandths."""
        return {"milli": self.milli}


@dataclass(frozen=True)
class Bytes(Scalar):
    """A Kubernetes quantity of bytes: a number with Ki, Mi, Gi, Ti, k, M, G, T or nothing."""

    count: int

    noun: ClassVar[str] = "a quantity of bytes"
    pattern: ClassVar[str] = _QUANTITY.replace("m|", "")
    example: ClassVar[str] = "8Gi"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from number and suffix."""
        return cls(text, whole(_amount(match), 1, "bytes", text, "use whole bytes"))

    def projection(self) -> dict[str, str | int]:
        """Bytes."""
        return {"bytes": self.count}


_SECONDS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True)
class Duration(Scalar):
    """Whole numbers with y, w, d, h, m or s, largest first, as in Prometheus (y is 365 d)."""

    seconds: int

    noun: ClassVar[str] = "a duration"
    pattern: ClassVar[str] = (
        r"^(?=\d)(?:(\d{1,3})y)?(?:(\d{1,4})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?$"
    )
    example: ClassVar[str] = "30d"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Add up the parts."""
        parts = zip(match.groups(), _SECONDS.values(), strict=True)
        return cls(text, sum(int(number or 0) * seconds for number, seconds in parts))

    def projection(self) -> dict[str, str | int]:
        """Seconds."""
        return {"seconds": self.seconds}


@dataclass(frozen=True)
class Latency(Scalar):
    """A whole number with ms or s."""

    milliseconds: int

    noun: ClassVar[str] = "a duration of a call"
    pattern: ClassVar[str] = r"^(\d{1,9})(ms|s)$"
    example: ClassVar[str] = "800ms"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from number and unit."""
        return cls(text, int(match[1]) * (1000 if match[2] == "s" else 1))

    def projection(self) -> dict[str, str | int]:
        """Milliseconds."""
        return {"milliseconds": self.milliseconds}


@dataclass(frozen=True)
class Timestamp(Scalar):
    """A moment with its zone (RFC 3339), to the second."""

    moment: datetime

    noun: ClassVar[str] = "a moment with its zone"
    pattern: ClassVar[str] = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(Z|[+-]\d{2}:\d{2})$"
    example: ClassVar[str] = "2026-12-31T23:00:00Z"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from date, time and offset; the moment is kept in UTC."""
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise bad("timestamp", f"{text!r}: {error}", "check the calendar") from error
        if not 1970 <= moment.year <= 9998:
            raise bad("timestamp", f"{text!r} is not in our era", "use a year after 1970")
        return cls(text, moment)

    def projection(self) -> dict[str, str | int]:
        """Seconds since 1970-01-01T00:00:00Z."""
        return {"epochSeconds": int(self.moment.timestamp())}


@dataclass(frozen=True)
class TimeOfDay(Scalar):
    """An hour and a minute on a 24-hour clock."""

    minutes: int

    noun: ClassVar[str] = "a time of day"
    pattern: ClassVar[str] = r"^([01]\d|2[0-4]):([0-5]\d)$"
    example: ClassVar[str] = "16:30"

    @classmethod
    def read(cls, text: str, match: re.Match[str]) -> Self:
        """Build from hour and minute; 24:00 is the end of the day."""
        minutes = int(match[1]) * 60 + int(match[2])
        if minutes > 24 * 60:
            raise bad("time_of_day", f"{text!r} is after midnight", "use 00:00 to 24:00")
        return cls(text, minutes)

    def projection(self) -> dict[str, str | int]:
        """Minutes since midnight."""
        return {"minutes": self.minutes}


MoneyLimit = Annotated[Money | Unlimited, OrUnlimited()]
QuantityLimit = Annotated[Quantity | Unlimited, OrUnlimited()]
BytesLimit = Annotated[Bytes | Unlimited, OrUnlimited()]
DurationLimit = Annotated[Duration | Unlimited, OrUnlimited()]
CountLimit = Annotated[Count | Unlimited, OrUnlimited()]
