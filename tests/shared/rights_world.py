"""Rights made of a few consents, by the visibility pack that is shipped."""

from collections.abc import Collection
from dataclasses import replace

from stating import DAY, load_dictionary

from api.services.runs import PACKS
from policy.pack import pack_in_force
from policy.visibility import Consent, Consents, Rights, Viewer, rules_of

PACK = pack_in_force(PACKS / "visibility" / "huangpu", DAY)
RULES = rules_of(PACK, load_dictionary())
BANK = Viewer("financier", "uscc:BANK", "post_loan")


def consent(
    grantor: str,
    *,
    grantee: str = BANK.organisation,
    purpose: str = BANK.purpose,
    scopes: str = "chain_risk",
    number: str = "C-1",
) -> Consent:
    return Consent(grantor, grantee, purpose, frozenset(scopes.split("；")), number)


def rights(
    *consents: Consent,
    persons: Collection[str] = (),
    members: Collection[str] = (),
    publishing: str = "consent",
) -> Rights:
    return Rights(
        rules=replace(RULES, publishing=publishing),
        consents=Consents(consents),
        dictionary=load_dictionary(),
        personal=persons.__contains__,
        member=members.__contains__,
    )
