"""Fitting costs by size."""

import pytest

from bench.growth import best_power, line_through

SIZES = (3, 10, 30, 100)


def test_a_line_is_found_with_its_fixed_part_and_slope() -> None:
    line = line_through(SIZES, [2 + 0.05 * size for size in SIZES])
    assert (line.fixed, line.each, line.r_squared) == pytest.approx((2, 0.05, 1))
    assert line.at(200) == pytest.approx(12)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_the_power_of_a_growth_is_found_whatever_its_fixed_part(power: float) -> None:
    assert best_power(SIZES, [4 + 0.01 * size**power for size in SIZES]) == pytest.approx(power)


def test_quadratic_growth_does_not_pass_for_a_line() -> None:
    assert line_through(SIZES, [float(size**2) for size in SIZES]).r_squared < 0.97
