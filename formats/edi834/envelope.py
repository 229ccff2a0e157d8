"""Interchange and group envelopes, and how one segment is spelled; shared by files and acknowledgements."""

import datetime as dt
import re
from dataclasses import dataclass

from formats.edi834.profile import OLD_VERSION, Profile, Stamp
from formats.errors import FormatError


@dataclass(frozen=True)
class Marks:
    """The delimiters of one interchange; `end` is the terminator with its line end."""

    element: str = "*"
    repetition: str = "^"
    component: str = ":"
    end: str = "~\n"

    @classmethod
    def of(cls, profile: Profile) -> "Marks":
        """The marks a profile asks for."""
        return cls(profile.element, profile.repetition, profile.component, profile.segment_end)


DEFAULT_MARKS = Marks()


@dataclass(frozen=True)
class Route:
    """Who sends to whom: ISA and GS ids with their qualifiers, and the usage mark T or P."""

    sender_id: str
    receiver_id: str
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    gs_sender: str | None = None
    gs_receiver: str | None = None
    usage: str = "T"

    @classmethod
    def of(cls, profile: Profile) -> "Route":
        """From us to the profile's partner."""
        return cls(
            profile.sender_id,
            profile.receiver_id,
            profile.sender_qualifier,
            profile.receiver_qualifier,
            profile.gs_sender,
            profile.gs_receiver,
            profile.usage,
        )

    def back(self) -> "Route":
        """The way back, for an answer."""
        return Route(
            self.receiver_id,
            self.sender_id,
            self.receiver_qualifier,
            self.sender_qualifier,
            self.gs_receiver,
            self.gs_sender,
            self.usage,
        )


def segment(marks: Marks, name: str, *elements: object) -> str:
    """One segment with its terminator; trailing empty elements are left off."""
    return marks.element.join([name, *map(str, elements)]).rstrip(marks.element) + marks.end


def isa(marks: Marks, route: Route, created: dt.datetime, control: int, *, wants_ta1: bool, old: bool = False) -> str:
    """The ISA: fixed widths, 105 characters and the terminator. Version 00501, or 00401 for `old`."""
    parts = [
        "ISA", "00", " " * 10, "00", " " * 10, f"{route.sender_qualifier:2}", f"{route.sender_id:15}",
        f"{route.receiver_qualifier:2}", f"{route.receiver_id:15}", f"{created:%y%m%d}", f"{created:%H%M}",
        *(("U", "00401") if old else (marks.repetition, "00501")), f"{control:09d}", "1" if wants_ta1 else "0",
        route.usage, marks.component,
    ]  # fmt: skip
    return marks.element.join(parts) + marks.end


def gs(marks: Marks, route: Route, created: dt.datetime, control: int, *, kind: str, version: str) -> str:
    """The GS of a functional group of `kind` BE (834) or FA (999)."""
    sender, receiver = route.gs_sender or route.sender_id, route.gs_receiver or route.receiver_id
    day, time = f"{created:%Y%m%d}", f"{created:%H%M}"
    return segment(marks, "GS", kind, sender, receiver, day, time, control, "X", version)


def interchange_open(profile: Profile, stamp: Stamp) -> str:
    """The ISA of an outbound 834."""
    wants = profile.acknowledgment_requested
    number, old = stamp.interchange_control, profile.version == OLD_VERSION
    made = isa(Marks.of(profile), Route.of(profile), stamp.created, number, wants_ta1=wants, old=old)
    return profile.cased(made)


def group_open(profile: Profile, stamp: Stamp) -> str:
    """The GS of an outbound 834."""
    marks, route = Marks.of(profile), Route.of(profile)
    return profile.cased(gs(marks, route, stamp.created, stamp.group_control, kind="BE", version=profile.version))


def trailers(marks: Marks, sets: int, group_control: int, interchange_control: int) -> str:
    """GE and IEA of an interchange with one group."""
    return segment(marks, "GE", sets, group_control) + segment(marks, "IEA", 1, f"{interchange_control:09d}")


def checked(stamp: Stamp, sets: int, profile: Profile) -> int:
    """The first ST02, after checking that all control numbers and references fit. Raises FormatError."""
    numbers = (stamp.interchange_control, stamp.group_control, stamp.set_control)
    if min(numbers) < 1 or max(*numbers, stamp.set_control + sets - 1) > 999_999_999:
        raise FormatError(
            "834 cannot be written: a control number does not fit nine digits",
            where=f"ISA13, GS06 or ST02, {sets} sets",
            hint="allocate numbers from 1 to 999999999, and a range of ST02 that ends below the limit",
        )
    marks = ".- " if profile.charset == "basic" else ".-_ "
    legal = re.compile(f"[A-Za-z0-9{re.escape(marks)}]{{1,50}}")
    for reference in (stamp.reference, stamp.original_reference or "-"):
        if not legal.fullmatch(reference) or profile.element in reference:
            raise FormatError(
                "834 cannot be written: the file reference is empty, too long or holds other characters",
                where="BGN02 or BGN06",
                hint="use up to 50 letters, digits, dots and hyphens",
            )
    return stamp.set_control
