"""One tree of errors; each says the value, the rule and the way out.

HTTP status codes are decided in `api/http/problems.py` and exit codes in `api/cli/main.py`,
not here: the same refusal may be met through several doors.
"""


class AllianceError(Exception):
    """Base of everything this software raises on purpose.

    Parameters
    ----------
    value : str
        What was met, as the user would recognise it.
    rule : str
        The rule it breaks.
    way_out : str
        What the reader can do about it.
    """

    def __init__(self, value: str, rule: str, way_out: str) -> None:
        self.value = value
        self.rule = rule
        self.way_out = way_out
        super().__init__(f"{value}: {rule}. {way_out}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """So that it may pass from one process to another."""
        return type(self), (self.value, self.rule, self.way_out)


class BadInput(AllianceError):
    """A file, mapping, setting, argument or request that cannot be used as it is."""


class NotFound(AllianceError):
    """Something named that is not there, or that this viewer may not know to be there."""


class NotAllowed(AllianceError):
    """A viewer asked for what the rules do not let him see."""


class Conflict(AllianceError):
    """What was asked does not go with what was asked before, or with how things stand now."""


class StoreError(AllianceError):
    """The store cannot do what was asked; what it held before is unharmed."""


class StoreBusy(StoreError):
    """Another writer is at work."""


class StoreFull(StoreError):
    """The disk under the store is full."""


class NotReady(AllianceError):
    """The installation is not set up, or not loaded, to answer yet."""


class NotConverged(AllianceError):
    """An iteration stopped before its residual was small enough to be called a result."""
