"""What one partner asks beyond the guide, as rules: required elements, codes and plans."""

import polars as pl

from formats.edi834.guide_rule import Rule
from formats.edi834.places import COVERAGES, MEMBERS, Place, find
from formats.edi834.profile import Profile


def partner_rules(frame_name: str, frame: pl.DataFrame, profile: Profile) -> list[Rule]:
    """The rules of the profile's places that look at this frame, and of its plans."""
    rules = []
    asked = [(text, False) for text in profile.required] + [(text, True) for text in profile.required_subscriber]
    for text, heads in asked:
        place = find(text)
        if place is not None and place.flat is None and place.frame == frame_name and _there(place, frame):
            rules.append(_required(place, frame, heads=heads))
    for text, codes in profile.codes.items():
        place = find(text)
        if place is not None and place.frame == frame_name and _there(place, frame):
            rules.append(_coded(place, codes))
    if frame_name == COVERAGES and profile.plans is not None:
        unknown = pl.col("plan_code").is_not_null() & ~pl.col("plan_code").is_in(profile.plans)
        rules.append(
            Rule(
                "edi834.partner.plan", "HD04", unknown,
                "the plan code is not in this partner's table", "Correct it, or add it under `plans` in the profile",
            )
        )  # fmt: skip
    return rules


def absent_rows(frames: dict[str, pl.DataFrame], profile: Profile) -> dict[str, list[Rule]]:
    """Rules for required references, dates and amounts that an owner has no row of: by `members` or `coverages`."""
    rules: dict[str, list[Rule]] = {MEMBERS: [], COVERAGES: []}
    asked = [(text, False) for text in profile.required] + [(text, True) for text in profile.required_subscriber]
    for text, heads in asked:
        place = find(text)
        if place is None or place.flat is None:
            continue
        by = "place" if place.on_coverage else "row"
        rows = frames.get(place.frame)
        owners = pl.Series(by, [], pl.Int64)
        if rows is not None and place.rows is not None:
            owners = rows.filter(place.rows)[by]
        missing = ~pl.col(by).is_in(owners.drop_nulls().unique().implode())
        missing = missing & pl.col("is_subscriber") if heads and not place.on_coverage else missing
        rules[COVERAGES if place.on_coverage else MEMBERS].append(_rule(place, missing))
    return rules


def _there(place: Place, frame: pl.DataFrame) -> bool:
    return place.frame in (MEMBERS, COVERAGES) or all(c in frame.columns for c in place.columns)


def _rule(place: Place, missing: pl.Expr) -> Rule:
    return Rule(
        "edi834.partner.required", place.text, missing, "this partner requires an element that is missing",
        "Complete it at the source, or change `required` in the profile",
    )  # fmt: skip


def _required(place: Place, frame: pl.DataFrame, *, heads: bool) -> Rule:
    known = [pl.col(c) for c in place.columns if c in frame.columns]
    missing = pl.all_horizontal(c.is_null() for c in known) if known else pl.lit(value=True)
    if place.rows is not None:
        missing = missing & place.rows
    return _rule(place, missing & pl.col("is_subscriber") if heads else missing)


def _coded(place: Place, codes: dict[str, str]) -> Rule:
    column = pl.col(place.columns[-1])
    wrong = column.is_not_null() & ~column.is_in(list(codes.values()))
    return Rule(
        "edi834.partner.code", place.text, wrong if place.rows is None else wrong & place.rows,
        "a code is not one this partner takes", "Map it under `codes` in the partner's profile",
    )  # fmt: skip
