"""The audit journal: every look, with purpose, rule and what was shown; hash-chained.

Kept at least five years (Shenzhen Social Credit Regulation Art. 45, the strictest neighbour).
"""

from datetime import UTC, datetime

from graph_model.store.protocol import JournalEntry, Store
from policy.visibility import Decision, Sight, Viewer

STREAM = "audit"

OPERATOR = Viewer("administrator", "src:platform:operator", "operation")
"""The operator's own staff and machines, who act on the store itself."""

AT_THE_STORE = "at the operator's own command line (征信业管理条例 Art. 22)"


def record(
    store: Store, viewer: Viewer, action: str, subject: str, decision: Decision, shown: str
) -> JournalEntry:
    """Write one look into the journal; a look that cannot be written is not given.

    Parameters
    ----------
    store : Store
        Keeps the journal.
    viewer : Viewer
        Who looks, for whom and why.
    action : str
        Which answer was asked for.
    subject : str
        Party id it is about.
    decision : Decision
        What was decided, and by which rule.
    shown : str
        Run the answer came from; "" when nothing was shown.
    """
    return store.append(
        STREAM,
        now(),
        {
            "role": viewer.role,
            "organisation": viewer.organisation,
            "purpose": viewer.purpose,
            "action": action,
            "subject": subject,
            "allowed": decision.allowed,
            "sight": decision.sight.name.lower(),
            "rule": decision.rule,
            "shown": shown,
        },
    )


def record_operator(store: Store, action: str, subject: str) -> JournalEntry:
    """Write down that the operator looks past the rights, as whoever holds the store can."""
    return record(store, OPERATOR, action, subject, Decision(Sight.AMOUNT, AT_THE_STORE), "")


def now() -> str:
    """Wall time in UTC, to the second, as journals write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
