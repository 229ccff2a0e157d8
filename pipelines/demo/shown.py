"""What the demo shows of billing and of enrollment as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.tables import table

_MOST = 10  # rows of a list that grows with the book
_PREVIEWS = {"date": "night", "book": "book", "hash": "hash of the preview", "equal": "is that of the posted night"}
_CHARGES = {"subscription": "subscription", "fee": "fee", "coverage_start": "from", "coverage_end": "to",
            "outcome": "outcome", "expected_cents": "expected $", "booked_cents": "booked $", "price": "price",
            "reason": "why"}  # fmt: skip
_DECISIONS = {"company": "company", "kind": "kind", "number": "number", "payer": "payer", "amount_cents": "$",
              "asked_on": "asked on", "requested_by": "by", "decided_by": "decided by", "decided": "decided",
              "reason": "why"}  # fmt: skip
_DOCUMENTS = {"company": "company", "kind": "kind", "documents": "documents", "mail": "mail"}
_PAPERS = {"company": "company", "kind": "kind", "number": "number", "document_no": "document", "path": "file"}
_AGING = {"book": "book", "date": "as of", "not_due_cents": "not due $", "to_30_cents": "to 30 days $",
          "to_60_cents": "to 60 $", "to_90_cents": "to 90 $", "over_90_cents": "over 90 $",
          "credits_cents": "credits $", "open_cents": "open $", "difference_cents": "less account 1100 $",
          "forecast_cents": "next 12 months $", "unbilled": "unbilled periods"}  # fmt: skip

_TOLD = {"partner": "vendor", "form": "form", "purpose": "purpose", "files": "files", "members": "members told",
         "refused": "refused, or some of it"}  # fmt: skip
_REFUSED = {"partner": "vendor", "file": "file", "sets": "sets", "members": "members", "again": "told again in",
            "why": "why"}  # fmt: skip
_LISTS = {"partner": "vendor", "kind": "list", "company": "company", "member": "member", "line": "line",
          "plan_code": "plan", "columns": "what differs"}  # fmt: skip


def proven(night: Mapping[str, Any]) -> bool:
    """Whether the ledger is in balance and every proof of the night's report holds, looked at again at the end."""
    return bool(night["ledger_balanced"]) and not night["proofs_failed"]


def right(billing: Mapping[str, Any]) -> bool:
    """Whether all that must hold does: previews are what was posted, nothing is unbilled, the aging ties."""
    return all(p["hash"] == p["posted_hash"] for p in billing["previews"]) and not any(
        r["unbilled"] or r["difference_cents"] for r in billing["receivables"]
    )


def billing_text(billing: Mapping[str, Any]) -> str:
    """`pipelines.demo.billing.told` for a person."""
    previews = [p | {"equal": p["hash"] == p["posted_hash"]} for p in billing["previews"]]
    words = {None: "waits", True: "allowed", False: "refused"}
    decided = [d | {"decided": words[d["granted"]]} for d in billing["decisions"] if d["waits"] or d["decided_by"]]
    decided.sort(key=lambda d: d["decided_by"] is None)
    parts = [
        table(previews, _PREVIEWS, "Before a night it can be seen what it will bill (daybook preview)"),
        *(_explained(one) for one in billing["explained"]),
        table(decided[:_MOST], _DECISIONS, f"What needs a second person (daybook consents){_rest(decided)}"),
        table(billing["documents"], _DOCUMENTS, "Documents (daybook documents)"),
        table(billing["papers"], _PAPERS, "Some of them to look at (daybook document)"),
        _mail(billing["mail"]),
        table(billing["receivables"], _AGING, "Receivables by age (daybook reports)"),
    ]
    return "\n\n".join(parts)


def enrollment_text(enrollment: Mapping[str, Any]) -> str:
    """`pipelines.demo.enrollment.told_vendors` for a person."""
    forms = {"edi834": "834", "tabular": "its own layout"}
    told = [row | {"form": forms[row["kind"]]} for row in enrollment["files"]]
    refused = [
        {**row, "file": f"{row['name']}{_number(row)}", "sets": ", ".join(map(str, row["sets"])),
         "again": ", ".join(f"{a['name']}{_number(a)}" for a in row["again"]) or "the next one"}
        for row in enrollment["refused"]
    ]  # fmt: skip
    parts = [table(told, _TOLD, "What vendors were told")]
    if refused:
        parts.append(table(refused[:_MOST], _REFUSED, f"What they refused{_rest(refused)}"))
    for one in enrollment["discrepancies"]:
        rows = [row | {"partner": one["partner"]} for row in one["rows"]]
        counts = ", ".join(f"{one[n]} {n.replace('_', ' ')}" for n in ("missing_there", "missing_here", "different"))
        head = f"The list that {one['partner']} sent as of {one['as_of']} (daybook discrepancy): {counts}"
        parts.append(f"{head}{_rest(rows)}\n{table(rows[:_MOST], _LISTS)}\nAll of them: {one['csv']}")
    return "\n\n".join(parts)


def _number(file: Mapping[str, Any]) -> str:
    return f" (ISA13 {file['interchange']})" if file["interchange"] is not None else ""


def _explained(one: Mapping[str, Any]) -> str:
    head = f"Why (daybook explain): {one['subscription']} of {one['company']} on {one['date']}: {one['reason']}"
    charges = [c | {"subscription": one["subscription"], "price": c["price"]["because"] or ""} for c in one["charges"]]
    return table(charges, _CHARGES, head) if charges else head


def _mail(mail: Mapping[str, Any]) -> str:
    found = mail["reminders"]
    head = f"Mail: {mail['messages']:,} messages lie in {mail['folder']}/ (a simulated server); reminders among them"
    told = [f"  reminder {r['number']} of {r['company']}: {r['mail']}, {r['times']} time(s)" for r in found[:_MOST]]
    return "\n".join([f"{head}{_rest(found)}", *told])


def _rest(rows: Sequence[object]) -> str:
    return f", the first {_MOST} of {len(rows):,}" if len(rows) > _MOST else ""
