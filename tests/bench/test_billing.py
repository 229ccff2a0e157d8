"""The bench of billing: what it says it measures is what was booked."""

import pytest

from pipelines.bench.billing import HOUSES, bench_billing

STEPS = [
    name + step
    for name in ("ordinary night", "worst night")
    for step in ("", ": billing.charges", ": payments.attempts")
]


def test_both_nights_and_their_steps_are_measured_over_what_they_appended() -> None:
    told = bench_billing(HOUSES * 60).as_json()
    found = {step["step"]: step for step in told["steps"]}
    assert list(found) == STEPS
    assert all(step["seconds"] > 0 and step["yardstick_seconds"] > 0 for step in found.values())
    # Every subscription is due once; so few of them lie half on list bills, half on an invoice of their own.
    worst = found["worst night: billing.charges"]["rows"]
    assert worst >= HOUSES * (60 + 30)
    assert found["worst night"]["rows"] == worst + found["worst night: payments.attempts"]["rows"]
    assert 0 < found["ordinary night"]["rows"] < found["worst night"]["rows"] / 4


@pytest.mark.long
def test_a_large_book_is_billed_in_time() -> None:
    found = {step.step: step for step in bench_billing(200_000).steps}
    assert found["worst night"].rows > 500_000
    assert found["worst night"].seconds < 60
    assert found["ordinary night"].seconds < 10
