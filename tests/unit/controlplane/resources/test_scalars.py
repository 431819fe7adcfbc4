"""Values that are text in YAML and exact in code, and the integers that rules see."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from controlplane.resources.scalars import (
    Bytes,
    Duration,
    Latency,
    Money,
    Number,
    Objective,
    Percent,
    Quantity,
    Scalar,
    TimeOfDay,
    Timestamp,
)
from controlplane.resources.versions import PackVersion, VersionRange

LARGEST = 2**53 - 1


@pytest.mark.parametrize(
    ("kind", "text", "form"),
    [
        (Money, "250.00 USD", {"currency": "USD", "micros": 250_000_000}),
        (Money, "0 EUR", {"currency": "EUR", "micros": 0}),
        (Money, "0.000001 EUR", {"currency": "EUR", "micros": 1}),
        (Percent, "12.5%", {"basisPoints": 1250}),
        (Percent, "120%", {"basisPoints": 12_000}),
        (Objective, "99.999%", {"partsPerMillion": 999_990}),
        (Objective, "100%", {"partsPerMillion": 1_000_000}),
        (Number, "-0.25", {"micros": -250_000}),
        (Quantity, "500m", {"milli": 500}),
        (Quantity, "2", {"milli": 2000}),
        (Quantity, "1.5k", {"milli": 1_500_000}),
        (Bytes, "8Gi", {"bytes": 8 * 2**30}),
        (Bytes, "1.5Ki", {"bytes": 1536}),
        (Bytes, "2T", {"bytes": 2 * 10**12}),
        (Duration, "30d", {"seconds": 2_592_000}),
        (Duration, "1d12h", {"seconds": 129_600}),
        (Duration, "1y2w3d4h5m6s", {"seconds": 33_019_506}),
        (Duration, "0s", {"seconds": 0}),
        (Latency, "800ms", {"milliseconds": 800}),
        (Latency, "2s", {"milliseconds": 2000}),
        (Timestamp, "2026-12-31T23:00:00Z", {"epochSeconds": 1_798_758_000}),
        (Timestamp, "2027-01-01T00:00:00+01:00", {"epochSeconds": 1_798_758_000}),
        (TimeOfDay, "16:30", {"minutes": 990}),
        (TimeOfDay, "24:00", {"minutes": 1440}),
    ],
)
def test_a_value_and_what_rules_see_of_it(
    kind: type[Scalar], text: str, form: dict[str, object]
) -> None:
    value = kind.parse(text)
    assert str(value) == text
    assert value.form(policy=False) == text
    assert value.form(policy=True) == {"text": text, **form}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Money, "250"),
        (Money, "250.00"),
        (Money, "$250"),
        (Money, "250.00 usd"),
        (Money, "-1 USD"),
        (Money, "0.0000001 USD"),
        (Money, "9999999999 USD"),
        (Money, "1e3 USD"),
        (Money, "٣ USD"),
        (Percent, "12.5"),
        (Percent, "12.555%"),
        (Objective, "100.1%"),
        (Number, "1/2"),
        (Quantity, "0.0001"),
        (Quantity, "500Mi5"),
        (Quantity, "1E"),
        (Bytes, "500m"),
        (Bytes, "0.5"),
        (Bytes, "10000Pi"),
        (Duration, ""),
        (Duration, "30"),
        (Duration, "1h1d"),
        (Duration, "1.5h"),
        (Duration, "P30D"),
        (Latency, "0.8s"),
        (Timestamp, "2026-12-31"),
        (Timestamp, "2026-12-31T23:00:00"),
        (Timestamp, "2026-02-30T00:00:00Z"),
        (Timestamp, "0001-01-01T00:00:00+23:59"),
        (Timestamp, "2026-12-31T23:00:00Z\n"),
        (TimeOfDay, "24:01"),
        (TimeOfDay, "7:00"),
        (PackVersion, "1.2"),
        (PackVersion, "1.2.03"),
        (PackVersion, "v1.2.3"),
        (VersionRange, ""),
        (VersionRange, "1.2.3"),
        (VersionRange, "^1.2"),
        (VersionRange, "~=1"),
        (VersionRange, ">=1,,<2"),
    ],
)
def test_what_is_not_one_is_refused_with_a_remedy(kind: type[Scalar], text: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        kind.parse(text)
    assert caught.value.context
    assert caught.value.context["remedy"]
    assert len(caught.value.message()) < 200


def test_a_very_long_text_is_refused_shortly() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        Money.parse("9" * 1_000_000 + " USD")
    assert len(caught.value.message()) < 200


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Money, "250 USD", "250.00 USD"),
        (Quantity, "1", "1000m"),
        (Bytes, "1Ki", "1024"),
        (Duration, "1d", "24h"),
        (Timestamp, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
        (VersionRange, ">=1,<2", "<2,>=1"),
    ],
)
def test_values_are_equal_however_they_are_written(
    kind: type[Scalar], one: str, other: str
) -> None:
    assert kind.parse(one) == kind.parse(other)
    assert kind.parse(one) != "text"


@given(st.decimals(0, 9_000_000_000, places=6), st.sampled_from(["EUR", "USD", "JPY"]))
def test_money_keeps_every_coin(amount: Decimal, currency: str) -> None:
    value = Money.parse(f"{amount} {currency}")
    assert value.amount == amount
    assert Decimal(value.micros) == amount * 1_000_000
    assert value.micros <= LARGEST


@given(st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_a_moment_keeps_its_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    value = Timestamp.parse(moment.isoformat())
    assert value.moment == moment
    assert value.projection() == {"epochSeconds": int(moment.timestamp())}


@given(st.from_regex(r"\A[0-9.mkMGTPi]{1,20}\Z"))
def test_a_quantity_is_exact_or_refused(text: str) -> None:
    try:
        value = Quantity.parse(text)
    except PydanticCustomError:
        return
    assert 0 <= value.milli <= LARGEST


@given(st.text(max_size=80), st.sampled_from(Scalar.__subclasses__()))
def test_no_text_makes_a_scalar_fail_in_another_way(text: str, kind: type[Scalar]) -> None:
    try:
        value = kind.parse(text)
    except PydanticCustomError:
        return
    assert kind.parse(value.text) == value


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("~=1.2", ["1.2.0", "1.9.9"], ["1.1.9", "2.0.0"]),
        ("~=1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0"]),
        (">=1.2,<2", ["1.2.0", "1.10.0"], ["2.0.0", "1.1.0"]),
        ("==1.2.3", ["1.2.3"], ["1.2.4"]),
        ("==1.2.*", ["1.2.0", "1.2.99"], ["1.3.0"]),
        ("!=1.3.0", ["1.2.9", "1.3.1"], ["1.3.0"]),
    ],
)
def test_a_range_holds_what_it_says(text: str, inside: list[str], outside: list[str]) -> None:
    found = VersionRange.parse(text)
    assert [v for v in inside if not found.contains(PackVersion.parse(v))] == []
    assert [v for v in outside if found.contains(PackVersion.parse(v))] == []


VERSIONS = st.tuples(*[st.integers(0, 30)] * 3).map(
    lambda v: PackVersion.parse(".".join(map(str, v)))
)


@given(st.lists(VERSIONS, max_size=8), st.integers(0, 30), st.integers(0, 30))
def test_the_newest_is_the_highest_inside(
    versions: list[PackVersion], major: int, minor: int
) -> None:
    found = VersionRange.parse(f"~={major}.{minor}")
    inside = [v for v in versions if v.release[0] == major and v.release[1] >= minor]
    newest = found.newest(versions)
    assert (newest.release if newest else None) == max((v.release for v in inside), default=None)
