"""Speed of rights: consents indexed after a load, asked, given and revoked.

python bench/rights.py [--consents N]
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path += [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "shared")]

from kept import Kept
from stating import DAY, party, state

from api.services.consents import AskedConsent, give, revoke
from api.services.rights import rights_of
from api.services.workspace import open_workspace
from api.settings import load_settings
from policy.visibility import CHAIN_RISK, Ref, Sight, Viewer, decide

GRANTEE, OWNER = party(1), party(2)


def timed(kept: Kept, words: str, run: Callable[[], object], times: int = 1) -> None:
    begun, worked = time.perf_counter(), time.process_time()
    for _ in range(times):
        run()
    wall = (time.perf_counter() - begun) / times * 1000
    work = (time.process_time() - worked) / times * 1000
    kept.line(f"{words:40} {wall:10.3f} ms, of the processor {work:10.3f} ms")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--consents", type=int, default=100_000)
    many = options.parse_args().consents
    kept = Kept("rights", 0)
    given = {"grantee": GRANTEE, "purpose": "post_loan", "starts_on": "2020-01-01"}
    given |= {"method": "electronic", "scopes": "chain_risk；trade"}
    viewer = Viewer("financier", GRANTEE, "post_loan")
    owner = Viewer("member", OWNER, "self")
    asked = AskedConsent(GRANTEE, "post_loan", ("chain_risk",))
    with TemporaryDirectory() as home, open_workspace(load_settings(home=home, store="")) as opened:
        rows = [{"grantor": f"uscc:{k:08d}", "consent_no": f"C-{k}", **given} for k in range(many)]
        state(opened.store, {"consent": rows})
        grantors = iter(f"uscc:{k:08d}" for k in range(many))

        def question() -> None:
            ref = Ref(CHAIN_RISK, (next(grantors),))
            assert decide(viewer, ref, rights_of(opened, DAY, None)).sight == Sight.AMOUNT

        kept.line(f"{many:,} consents")
        timed(kept, "first question after a load (index)", question)
        timed(kept, "a question after that", question, 1000)
        number = ""

        def giving() -> None:
            nonlocal number
            number = give(opened, owner, asked, DAY).number

        timed(kept, "a consent given, as it counts", giving)
        timed(kept, "a consent revoked, as it counts", lambda: revoke(opened, owner, number, DAY))


if __name__ == "__main__":
    main()
