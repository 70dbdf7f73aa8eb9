"""What a member asks: anonymous 401, outsider sees nothing, insider sees it."""

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from stating import BANK, DAY, party, state
from supplier_world import headers

from api.http.app import create_app
from api.http.state import held_by
from api.services.runs import assess_day
from api.services.workspace import Workspace, open_workspace
from api.settings import Settings, load_settings

SUPPLIER, MAKER, ASSEMBLER, CUSTOMER, TRADER, OWNED, LENDER = (party(n) for n in range(11, 18))
SHOP = party(18, "92")
SECRET = "src:bank-a:7"
"""A party that only the bank's own papers name."""

ACCOUNTS = {"year": 2025, "period_end": "2025-12-31", "revenue": 10_000_000_00}
ACCOUNTS |= {"equity": 900_000_00, "current_assets": 800_000_00, "total_assets": 3_000_000_00}
ACCOUNTS |= {"current_liabilities": 500_000_00, "material_cost": 8_000_000_00}
NAMES = {
    SUPPLIER: "广州云埔甲材料（示例）有限公司",
    MAKER: "廣州雲埔乙鑄造（示例）有限公司",
    ASSEMBLER: "广州云埔丙总成（示例）有限公司",
    CUSTOMER: "ＡＢＣ汽车（示例）有限公司",
    TRADER: "云埔丁经营部",
    OWNED: "广州云埔戊（示例）有限公司",
    LENDER: "己银行",
    SHOP: "云埔庚小店",
    SECRET: "云埔辛暗号有限公司",
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Supplier -> maker -> assembler -> customer; the assembler lets the maker see its trade."""
    home = tmp_path_factory.mktemp("chain")
    settings = load_settings(
        home=home,
        store="",
        token_key="k" * 64,
        scenarios=640,
        warm=False,
        **dict.fromkeys(("asks_per_minute", "exports_per_minute", "writes_per_minute"), 0),
    )
    sold = [(SUPPLIER, MAKER), (MAKER, ASSEMBLER), (ASSEMBLER, CUSTOMER), (MAKER, TRADER)]
    sold += [(ASSEMBLER, SECRET), (CUSTOMER, SHOP)]
    kinds = {TRADER: "sole_trader", SHOP: "sole_trader", LENDER: "lender"}
    given = {"method": "paper", "evidence_sha256": "5c" * 32, "starts_on": "2020-01-01"}
    record = {"record_kind": "admin_penalty", "severity": "general", "authority": "市监局"}
    record |= {"recognised_on": "2026-01-05", "repaired_on": "2026-06-01"}
    with open_workspace(settings) as opened:
        state(
            opened.store,
            {
                "party": [
                    {"party": p, "name": name, "kind": kinds.get(p, "enterprise")}
                    | {"sector": "3670", "street": "440112001", "established_on": "2010-01-01"}
                    | ({"former_names": "广州市云埔铸造厂；老铸造"} if p == MAKER else {})
                    for p, name in NAMES.items()
                ],
                "financials": [{"party": p, **ACCOUNTS} for p in NAMES],
                "invoice": [
                    {"seller": seller, "buyer": buyer, "invoice_no": f"I{k}"}
                    | {"issued_on": "2026-06-01", "amount": 1_234_567_00 + k}
                    for k, (seller, buyer) in enumerate(sold)
                ],
                "guarantee": [
                    {"guarantor": MAKER, "guarantee_no": "G1", "borrower": ASSEMBLER}
                    | {"creditor": LENDER, "starts_on": "2026-01-01", "cover": 900_000_00}
                ],
                "loan": [
                    {"lender": LENDER, "loan_no": "L1", "borrower": ASSEMBLER}
                    | {"balance": 800_000_00}
                ],
                "ownership": [
                    {"owner": MAKER, "owned": OWNED, "since": "2020-01-01", "share": 0.6}
                    | {"subscribed": 500_000_00, "paid_in": 100_000_00}
                ],
                "credit_record": [{"party": MAKER, "record_no": "R1", **record}],
                "consent": [
                    {"grantor": ASSEMBLER, "consent_no": "C-1", "grantee": MAKER, **given}
                    | {"purpose": "partner_check", "scopes": "trade"},
                    {"grantor": ASSEMBLER, "consent_no": "C-2", "grantee": LENDER, **given}
                    | {"purpose": "post_loan", "scopes": "chain_risk；trade；guarantee"},
                ],
            },
            BANK,
        )
        assess_day(opened, DAY)
    return settings


@pytest.fixture
def client(chain: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(chain)) as made:
        yield made


def asked(client: TestClient, chain: Settings, who: str, url: str, **more: Any) -> Any:
    role, purpose = ("financier", "post_loan") if who == LENDER else ("member", "partner_check")
    purpose = more.pop("purpose", purpose)
    return client.get(f"/api/v1{url}", headers=headers(chain, role, who, purpose), params=more)


def test_what_is_missing_is_named_without_what_came_instead(
    client: TestClient, chain: Settings
) -> None:
    refused = asked(client, chain, MAKER, "/partners").json()
    assert refused["detail"] == "query.q: is missing"


def names(answer: Any) -> list[str]:
    return [found["name"] for found in answer.json()["items"]]


# search


@pytest.mark.parametrize(
    ("text", "who", "by"),
    [
        (MAKER.removeprefix("uscc:"), MAKER, "code"),
        (MAKER, MAKER, "code"),
        (MAKER.removeprefix("uscc:").lower(), MAKER, "code"),
        ("广州云埔乙铸造(示例)有限公司", MAKER, "name"),
        ("雲埔乙鑄", MAKER, "name"),
        ("abc汽車", CUSTOMER, "name"),
        ("广州市云埔铸造厂", MAKER, "former_name"),
        ("老铸造", MAKER, "former_name"),
    ],
)
def test_a_party_is_found_by_code_name_or_former_name_however_written(
    client: TestClient, chain: Settings, text: str, who: str, by: str
) -> None:
    (found,) = asked(client, chain, CUSTOMER, "/partners", q=text).json()["items"]
    assert (found["party"], found["by"]) == (who, by)
    assert set(found) == {"party", "code", "name", "street", "sector", "by", "matched"}


def test_a_search_finds_whole_names_first_and_never_persons_or_private_parties(
    client: TestClient, chain: Settings
) -> None:
    found = names(asked(client, chain, CUSTOMER, "/partners", q="云埔"))
    shown = {NAMES[p] for p in (SUPPLIER, MAKER, ASSEMBLER, OWNED)}
    assert set(found) == shown
    for hidden in (TRADER, SHOP, SECRET):
        for text in (NAMES[hidden], hidden.removeprefix("uscc:")):
            assert names(asked(client, chain, CUSTOMER, "/partners", q=text)) == []
    assert len(names(asked(client, chain, CUSTOMER, "/partners", q="云埔", limit=1))) == 1
    assert asked(client, chain, CUSTOMER, "/partners", q="云").status_code == 422
    assert asked(client, chain, CUSTOMER, "/partners", q="（）").status_code == 422


# one partner


def test_a_glance_shows_register_facts_and_what_else_may_be_seen(
    client: TestClient, chain: Settings
) -> None:
    content = asked(client, chain, CUSTOMER, f"/partners/{MAKER}").json()
    assert content["entry"]["former_names"] == ["广州市云埔铸造厂", "老铸造"]
    assert content["level"] is None
    sights = {seen["of"]: seen["sight"] for seen in content["sights"]}
    assert sights["public"] == "amount"
    assert {s for of, s in sights.items() if of != "public"} == {"hidden"}
    bank = asked(client, chain, LENDER, f"/partners/{ASSEMBLER}").json()
    sights = {seen["of"]: seen["sight"] for seen in bank["sights"]}
    assert (sights["chain_risk"], sights["trade"], sights["finance"]) == (
        *("amount", "amount"),
        "hidden",
    )
    own = asked(client, chain, MAKER, f"/partners/{MAKER}", purpose="self").json()
    assert {seen["of"] for seen in own["sights"] if seen["sight"] == "hidden"} == set()


def test_persons_private_and_unknown_parties_are_not_there_in_the_same_words(
    client: TestClient, chain: Settings
) -> None:
    told = set()
    for hidden in (TRADER, SHOP, SECRET, "uscc:91440112XXXX999999", "nobody"):
        for tail in ("", "/neighbours", "/tier"):
            answer = asked(client, chain, CUSTOMER, f"/partners/{hidden}{tail}")
            assert answer.status_code == 404
            told.add((answer.json()["rule"], answer.json()["way_out"]))
    assert len(told) == 1
    assert asked(client, chain, TRADER, f"/partners/{TRADER}", purpose="self").status_code == 200


# neighbours


def links(answer: Any) -> dict[tuple[str, str, str], tuple[str, int | None]]:
    return {
        (one["measure"], one["direction"], one["party"]): (one["sight"], one["amount_fen"])
        for one in answer.json()["items"]
    }


def test_an_outsider_sees_the_links_that_a_register_shows_and_no_number_of_others(
    client: TestClient, chain: Settings
) -> None:
    answer = asked(client, chain, CUSTOMER, f"/partners/{MAKER}/neighbours")
    assert links(answer) == {("ownership", "row", OWNED): ("amount", 400_000_00)}
    assert answer.json()["total"] == 1
    for hidden in (SUPPLIER, ASSEMBLER, TRADER):
        assert hidden not in answer.text


def test_one_sees_ones_own_links_whole(client: TestClient, chain: Settings) -> None:
    found = links(asked(client, chain, MAKER, f"/partners/{MAKER}/neighbours", purpose="self"))
    assert found["trade", "row", ASSEMBLER] == ("amount", 1_234_567_01)
    assert found["trade", "column", SUPPLIER] == ("amount", 1_234_567_00)
    assert found["guarantee", "row", ASSEMBLER] == ("amount", 900_000_00)
    assert found["trade", "row", TRADER][0] == "amount"  # its own customer, though a person


def test_a_third_member_sees_a_band_and_a_bank_no_other_loan(
    client: TestClient, chain: Settings
) -> None:
    third = asked(client, chain, MAKER, f"/partners/{ASSEMBLER}/neighbours")
    found = links(third)
    assert found["trade", "row", CUSTOMER] == ("band", None)
    assert found["trade", "column", MAKER] == ("amount", 1_234_567_01)  # its own
    assert ("loan", "column", LENDER) not in found
    assert "123456702" not in third.text
    bank = links(asked(client, chain, LENDER, f"/partners/{ASSEMBLER}/neighbours"))
    assert bank["trade", "row", CUSTOMER] == ("amount", 1_234_567_02)
    assert bank["loan", "column", LENDER] == ("amount", 800_000_00)
    measures = {"guarantee"}
    one = asked(client, chain, LENDER, f"/partners/{ASSEMBLER}/neighbours", measure="guarantee")
    assert {measure for measure, _, _ in links(one)} == measures
    odd = asked(client, chain, LENDER, f"/partners/{ASSEMBLER}/neighbours", measure="love")
    assert odd.status_code == 422


def test_links_come_as_a_file_with_filters_date_and_exporter(
    client: TestClient, chain: Settings
) -> None:
    answer = asked(client, chain, LENDER, f"/partners/{ASSEMBLER}/neighbours", format="csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    about = dict(row for row in rows if len(row) == 2)
    assert about["数据截至 data as of"] == "2026-10-31"
    assert about["导出人 exported by"] == f"financier of {LENDER}, purpose post_loan"
    assert about["筛选 filter: party"] == ASSEMBLER
    assert ["trade", "销售给", "sells to", CUSTOMER] in [row[:4] for row in rows]
    yuan = [row[rows[0].index("金额（元） yuan")] for row in rows[1:] if len(row) == len(rows[0])]
    assert all(re.fullmatch(r"(\d+\.\d\d)?", amount) for amount in yuan), "to the fen"
    assert any(yuan)
    assert SECRET in answer.text  # the bank's own private party, which the assembler let it see


# paths and tier


def test_paths_need_the_right_to_the_figure(client: TestClient, chain: Settings) -> None:
    assert asked(client, chain, CUSTOMER, f"/partners/{MAKER}/paths").status_code == 403
    content = asked(client, chain, MAKER, f"/partners/{MAKER}/paths", purpose="self").json()
    shares = [origin["share"] for origin in content["origins"]]
    total = content["own"] + sum(shares) + content["rest"] + content["undisclosed"]
    assert total == pytest.approx(1)
    assert ASSEMBLER not in str(content)  # it lets the maker see its trade, not its figure
    told = {origin["party"]: origin["name"] for origin in content["origins"]}
    industries = {party: name for party, name in told.items() if party.startswith("industry:")}
    assert industries
    assert not any(name.startswith("industry:") for name in industries.values())


def test_the_tier_goes_through_links_that_may_be_seen_only(
    client: TestClient, chain: Settings
) -> None:
    def hops(who: str, of: str) -> tuple[int | None, int | None]:
        content = asked(client, chain, who, f"/partners/{of}/tier").json()
        return content["upstream"]["hops"], content["downstream"]["hops"]

    assert hops(MAKER, SUPPLIER) == (1, None)
    assert hops(MAKER, ASSEMBLER) == (None, 1)
    assert hops(MAKER, CUSTOMER) == (None, 2)  # the assembler consented
    assert hops(MAKER, MAKER) == (0, 0)
    assert hops(SUPPLIER, ASSEMBLER) == (None, None)  # nobody let the supplier see
    assert hops(CUSTOMER, ASSEMBLER) == (1, None)
    assert hops(CUSTOMER, MAKER) == (None, None)
    content = asked(client, chain, MAKER, f"/partners/{CUSTOMER}/tier").json()
    assert content["downstream"]["parties"] == [MAKER, ASSEMBLER, CUSTOMER]


# own file


def test_the_own_file_says_who_states_what_and_whether_it_counts(
    client: TestClient, chain: Settings
) -> None:
    items = asked(client, chain, MAKER, "/own", purpose="self").json()["items"]
    by_id = {item["id"]: item for item in items}
    record = by_id[f"credit_record:bank-a:{MAKER}|R1"]
    assert (record["standing"], record["clause"][:6]) == ("repaired", "信用修复管理")
    sold = by_id[f"invoice:bank-a:{MAKER}|I1"]
    assert (sold["standing"], sold["stated_by"], sold["evidence"]) == (
        *("counts", "甲银行"),
        "test.csv, line 3",
    )
    assert {"field": "amount", "zh": "金额", "unit": "fen", "value": 1_234_567_01} in sold["facts"]
    kinds = {item["kind"] for item in items}
    assert kinds == {
        *("party", "financials", "invoice", "guarantee", "ownership", "credit_record"),
        "consent",
    }
    assert not [item for item in items if MAKER not in str(item)]
    some = asked(client, chain, MAKER, "/own", purpose="self", kind="guarantee").json()["items"]
    assert [item["id"] for item in some] == [f"guarantee:bank-a:{MAKER}|G1"]
    assert asked(client, chain, MAKER, "/own", purpose="self", kind="love").status_code == 422


def test_the_own_file_comes_as_a_file_too(client: TestClient, chain: Settings) -> None:
    answer = asked(client, chain, MAKER, "/own", purpose="self", format="csv")
    text = answer.content.decode("utf-8-sig")
    assert "金额 1234567.01 元" in text
    assert text.startswith("编号 statement,类别 kind,来源 stated by,")
    assert f"member of {MAKER}, purpose self" in text
    assert asked(client, chain, MAKER, "/own", purpose="self", format="xlsx").status_code == 200


def test_one_sees_what_others_could_see_and_by_which_consent(
    client: TestClient, chain: Settings
) -> None:
    url = "/own/visible-to-others"
    items = asked(client, chain, ASSEMBLER, url, purpose="self", limit=200).json()["items"]
    by_consent = {(i["who"], i["role"], i["of"], i["sight"]) for i in items if i["who"] == LENDER}
    assert (LENDER, "financier", "chain_risk", "amount") in by_consent
    assert (LENDER, "financier", "trade", "amount") in by_consent
    member = {(i["of"], i["sight"]) for i in items if i["who"] == MAKER and i["role"] == "member"}
    assert ("trade", "band") in member
    assert "chain_risk" not in {of for of, _ in member}
    anybody = {i["of"] for i in items if i["who"] == "anybody" and i["role"] == "member"}
    assert anybody == {"public"}
    assert {i["sight"] for i in items if i["who"] == "counterparty" and i["of"] == "loan"} == {
        "amount"
    }
    assert "C-2" in next(i["rule"] for i in items if i["who"] == LENDER)
    nobody = asked(client, chain, CUSTOMER, url, purpose="self").json()["items"]
    assert {i["who"] for i in nobody} == {"anybody", "counterparty"}


def test_each_question_is_written_down_once(client: TestClient, chain: Settings) -> None:
    asks = [
        ("/partners", {"q": "云埔"}, "find", "register"),
        (f"/partners/{MAKER}", {}, "partner", MAKER),
        (f"/partners/{MAKER}/neighbours", {}, "neighbours", MAKER),
        (f"/partners/{MAKER}/neighbours", {"format": "csv"}, "neighbours as csv", MAKER),
        (f"/partners/{MAKER}/tier", {}, "tier", MAKER),
        (f"/partners/{MAKER}/paths", {}, "origins and paths", MAKER),
        (f"/partners/{SHOP}", {}, "partner", SHOP),
        ("/own", {}, "own file", CUSTOMER),
        ("/own/visible-to-others", {}, "own file: visible to others", CUSTOMER),
    ]
    with open_workspace(chain) as opened:
        for url, more, action, subject in asks:
            before = looks(opened)
            asked(client, chain, CUSTOMER, url, **more)
            (line,) = looks(opened)[len(before) :]
            assert (line["action"], line["subject"]) == (action, subject)
            assert line["organisation"] == CUSTOMER


def looks(opened: Workspace) -> list[dict[str, Any]]:
    return [line["payload"] for line in opened.store.journal("audit")]


def test_a_server_makes_beforehand_what_questions_need(chain: Settings) -> None:
    """Also of a run that is published while it serves."""
    with TestClient(create_app(chain.model_copy(update={"warm": True}))) as client:
        workspace = held_by(client.app)  # type: ignore[arg-type]

        def warmed(day: date) -> bool:
            made = dict(workspace.kept.get("made of runs", {}))
            return any(
                "search" in names and workspace.kept["runs"][run].network.valid_date == day
                for run, names in made.items()
            )

        until(lambda: warmed(DAY))
        later = DAY + timedelta(days=1)
        assess_day(workspace, later)
        until(lambda: warmed(later))
        kept = workspace.runs / next(reversed(workspace.kept["runs"])) / "falls"
        until(kept.is_dir)


def until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")
