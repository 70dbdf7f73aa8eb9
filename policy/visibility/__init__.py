"""What a viewer may see, and by which rule. Deny by default.

viewer     who asks: role, organisation, purpose
consent    which consents are in force
rights     the matrix (role x relation x class), purposes and bands of a visibility pack
decide     viewer, what is asked for, rights -> hidden | exists | band | amount, and the rule
refs       rows and statements -> what they are to the rules
redact     a whole explanation -> what the viewer may see of it; sums hold
"""

from policy.visibility.consent import Consent, Consents
from policy.visibility.decide import CHAIN_RISK, Decision, Ref, Sight, decide
from policy.visibility.redact import cited, link_sight, presence_sight, redact
from policy.visibility.refs import measure_refs, row_ref, statement_ref
from policy.visibility.rights import Rights, Rules, rules_of
from policy.visibility.viewer import ROLES, Viewer, viewer

__all__ = [
    "CHAIN_RISK",
    "ROLES",
    "Consent",
    "Consents",
    "Decision",
    "Ref",
    "Rights",
    "Rules",
    "Sight",
    "Viewer",
    "cited",
    "decide",
    "link_sight",
    "measure_refs",
    "presence_sight",
    "redact",
    "row_ref",
    "rules_of",
    "statement_ref",
    "viewer",
]
