"""A message is recognized by its facts, and by nothing less."""

import pytest

from tests.says import Says

pytestmark = pytest.mark.unit

MESSAGE = "slipway:services.users.replicas: is 10; expected 1 with a sidecar database. Run `make setup`"


@pytest.mark.parametrize(
    ("says", "equal"),
    [
        (Says("10", "1", at="slipway:services.users.replicas"), True),
        (Says("make setup", "sidecar"), True),
        (Says(at="slipway:services.users"), False),
        (Says("0", at="slipway:services.users.replicas"), False),
        (Says("10", "2"), False),
        (Says("side"), False),
        (Says("replicas", at="slipway:services.users.replicas"), False),
    ],
)
def test_a_message_says_all_facts_as_words_of_their_own(says: Says, *, equal: bool) -> None:
    assert (says == MESSAGE) is equal
    assert ([says] == [MESSAGE]) is equal


@pytest.mark.parametrize("number", ["5", "1", "000", "1.5", "10"])
def test_a_part_of_a_number_is_none(number: str) -> None:
    assert (Says(number) == "is 1.5, expected at most 1,000 or 10.") is (number in {"1.5", "10"})


@pytest.mark.parametrize("facts", [(), ("",), ("1", "")])
def test_a_message_that_may_say_anything_is_no_test(facts: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError):
        Says(*facts)
