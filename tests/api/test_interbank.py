"""The interbank label, on a small invented file of the same shape."""

from pathlib import Path

import numpy as np
import pytest

from api.services.interbank import interbank_association
from graph_model.errors import BadInput

HEADER = (
    "index,Total_assets,Total_liabilities,Equity,Liquid_assets,Deposits_and_short-term_funding,"
    "Long-term_funding,Net_income,Interbank_assets,Interbank_liabilities,Time_deposits,"
    "Non-interest_income_/_Operating_revenues,Net_interest_margin_(interest_earning_assets),"
    "rank_next_quarter,srisk_ratio,srisk_value"
)


def write(folder: Path, *, best: int = 4) -> Path:
    """Forty banks; who lends much of little capital has a rank far from the best."""
    rng = np.random.default_rng(1)
    banks, loans = [], ["Sourceid,Targetid,Weights"]
    for k in range(40):
        capital = 40 + 10 * k
        rank = 1 + k // 10 if best == 4 else 4 - k // 10
        banks.append(f"{k},5000,{5000 - capital},{capital},900,4000,9,5,9,9,9,30,3,{rank},,")
        partners = rng.choice([j for j in range(40) if j != k], 3, replace=False)
        loans += [f"{k},{j},{200 + 3 * j}" for j in sorted(partners.tolist())]
    folder.mkdir()
    (folder / "institutions.csv").write_text("\n".join([HEADER, *banks]) + "\n", "utf-8")
    (folder / "exposures.csv").write_text("\n".join(loans) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize(("best", "sign"), [(4, -1), (1, 1)])
def test_the_riskier_goes_with_the_worse_rank(
    tmp_path: Path, best: int, sign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLIANCE_SCENARIOS", "640")
    found = interbank_association(write(tmp_path / "data", best=best), tmp_path / "home")
    assert (found.institutions, found.exposures) == (40, 120)
    assert found.ranks == {1: 10, 2: 10, 3: 10, 4: 10}
    for one in found.found.values():
        assert -1 <= one.low <= one.value <= one.high <= 1
    assert sign * found.found["chain_risk"].value > 0.5
    assert "links" not in found.found  # all have three: equal figures have no ranks
    assert "size" not in found.found


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"institutions\.csv: cannot be read"):
        interbank_association(tmp_path, tmp_path / "home")
    (tmp_path / "institutions.csv").write_text("index\n1\n", "utf-8")
    with pytest.raises(BadInput, match="it has a column rank_next_quarter"):
        interbank_association(tmp_path, tmp_path / "home")
