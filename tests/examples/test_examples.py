"""The mappings of `docs/examples/`, on invented rows in exactly the form of the real files.

`python bench/examples.py DATA_DIR` does the same with the real files and prints the page's tables.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graph_model.schema import Dictionary, Value, load_dictionary
from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from ingest.load import LoadReport, ingest_folder
from ingest.source_file import mapping_of, read_source

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
DECLARED = sorted(EXAMPLES.glob("*/source.toml"))

INSTITUTIONS = (
    "index,Total_assets,Total_liabilities,Equity,Liquid_assets,Deposits_and_short-term_funding,"
    "Long-term_funding,Net_income,Interbank_assets,Interbank_liabilities,Time_deposits,"
    "Non-interest_income_/_Operating_revenues,Net_interest_margin_(interest_earning_assets),"
    "rank_next_quarter,srisk_ratio,srisk_value\n"
    "0,3000.0,2700.0,300.0,1000.0,2500.0,50.0,10.0,300.0,170.0,110.0,35.5,4.02,1,5.9,49.4\n"
    "1,90.0,95.0,-5.0,20.0,0.0,0.0,-2.5,12.0,0.0,0.0,-59.8,3.27,4,,\n"
)
EXPOSURES = "Sourceid,Targetid,Weights\n0,1,12.123456789012\n1,0,-3.5000000000001\n"

LOAN_COLUMNS = (
    "End of Period,Loan Number,Region,Country Code,Country,Borrower,Guarantor Country Code,"
    "Guarantor,Loan Type,Loan Status,Interest Rate,Currency of Commitment,Project ID,Project Name,"
    "Original Principal Amount,Cancelled Amount,Undisbursed Amount,Disbursed Amount,"
    "Repaid to IBRD,Due to IBRD,Exchange Adjustment,Borrower's Obligation,Sold 3rd Party,"
    "Repaid 3rd Party,Due 3rd Party,Loans Held,First Repayment Date,Last Repayment Date,"
    "Agreement Signing Date,Board Approval Date,Effective Date (Most Recent),"
    "Closed Date (Most Recent),Last Disbursement Date"
)
LOANS = (  # number, country, borrower, guarantor, type, undisbursed, obligation, signed
    ("IBRD00001", "AX,Aland", "MINISTRY OF FINANCE", "AX,Aland", "NPL", "0", "100.25", True),
    ("IBRD00002", "AX,Aland", '"Ministry of  Finance,"', "AX,Aland", "FSL", "0", "50", True),
    ("IBRD00003", "BY,Borduria", "MINISTRY OF FINANCE", "BY,Borduria", "CPL", "0", "7", True),
    ("IBRD00004", "BY,Borduria", "PORT AUTHORITY", ",", "CPL", "0", "8", True),
    ("IBRD00005", "BY,Borduria", "PORT AUTHORITY", "BY,Borduria", "FSL", "9", "0", False),
    ("IBRD00006", "BY,Borduria", "PORT AUTHORITY", "BY,Borduria", "SCL", "0", "-0.01", True),
    ("IBRD00007", "AX,Aland", "", ",", "SCL", "0", "0", True),
    ("IBRD00008", "AX,Aland", "[person removed]", "AX,Aland", "SCL", "0", "0", True),
    ("IBRDG0009", "AX,Aland", "POWER COMPANY", "AX,Aland", "GURB", "77", "0", True),
)

SHIPMENT_COLUMNS = (
    *("ID", "Project Code", "PQ #", "PO / SO #", "ASN/DN #", "Country", "Managed By"),
    *("Fulfill Via", "Vendor INCO Term", "Shipment Mode", "PQ First Sent to Client Date"),
    *("PO Sent to Vendor Date", "Scheduled Delivery Date", "Delivered to Client Date"),
    *("Delivery Recorded Date", "Product Group", "Sub Classification", "Vendor"),
    *("Item Description", "Molecule/Test Type", "Brand", "Dosage", "Dosage Form"),
    *("Unit of Measure (Per Pack)", "Line Item Quantity", "Line Item Value", "Pack Price"),
    *("Unit Price", "Manufacturing Site", "First Line Designation", "Weight (Kilograms)"),
    *("Freight Cost (USD)", "Line Item Insurance (USD)"),
)
SHIPMENTS = (  # id, delivery note, term, day of the order, vendor, value, weight
    ("1", "ASN-8", "EXW", "Date Not Captured", "ACME Fine Chemicals LTD.", "551", "13"),
    ("2", "ASN-8", "EXW", "11/13/06", "ACME FINE Chemicals Ltd", "6200.5", "See ASN-8 (ID#:1)"),
    ("3", "ASN-9", "DDP", "8/7/14", "Borduria Labs", "10", "Weight Captured Separately"),
    ("4", "DN-4", "N/A - From RDC", "N/A - From RDC", "SCMS from RDC", "0", "2"),
)

DAGGERS = "† †  "
PAYMENTS = f"""\
Invented Invoices Over Specified Nett Amount,,,,,
,,,,,
Report Date:{DAGGERS}02/07/2012{DAGGERS}16:59:18,,,,,
Parameters: ,,,,,
Invoice Threshold Nett Amt:{DAGGERS}500,,,,,
,,,,,
Body,Department,Supplier Name,Invoice Creation Date,Invoice Nett Amount,Subj Description
Utopia,Housing,Acme Cleaning Ltd,08/06/2012,1534.24,CLEANING
Utopia,Housing,Acme Cleaning Ltd,08/06/2012,1534.24,CLEANING
Utopia,Housing,ACME CLEANING LTD.,31/05/2012,2000.00,GAS -† GENERAL
Utopia,Housing,Acme Cleaning Ltd,13/06/2012700,REACTIVE MAINTENANCE
,,,,,
Utopia,Housing,Beta Care† Home,13/06/2012806.36,CARE
Utopia,Housing,Gamma Academy2129/05/2012740,FEES
Total,{DAGGERS},,,6844.84,
,,,,,
,{DAGGERS},,,,
"""


def loans() -> str:
    rows = [LOAN_COLUMNS]
    for number, country, borrower, guarantor, kind, undisbursed, owed, signed in LOANS:
        day = "05/09/1997 12:00:00 AM"
        sums = f"1000,0,{undisbursed},1000,0,{owed},0,{owed},0,0,0,0"
        days = f"{day},05/01/2027 12:00:00 AM,{day if signed else ''},{day},{day},{day},"
        start = f"05/31/2023 12:00:00 AM,{number},SOMEWHERE,{country},{borrower},{guarantor}"
        rows.append(f"{start},{kind},Repaying,4.25,,P000001,WORKS,{sums},{days}")
    return "\n".join(rows) + "\n"


def shipments() -> str:
    rows = ["\t".join(SHIPMENT_COLUMNS)]
    for number, note, term, ordered, vendor, value, weight in SHIPMENTS:
        held = {
            "ID": number,
            "Project Code": "100-CI-T01",
            "PO / SO #": "SCMS-4",
            "ASN/DN #": note,
            "Country": "Côte d'Utopie",
            "Managed By": "PMO - US",
            "Vendor INCO Term": term,
            "PQ First Sent to Client Date": "Pre-PQ Process",
            "PO Sent to Vendor Date": ordered,
            "Delivered to Client Date": "2-Jun-07",
            "Vendor": vendor,
            "Item Description": '"Test, 30 pieces"',
            "Line Item Value": value,
            "Weight (Kilograms)": weight,
        }
        rows.append("\t".join(held.get(column, "x") for column in SHIPMENT_COLUMNS))
    return "\r".join(rows)


FILES = {
    "interbank": {"institutions.csv": INSTITUTIONS, "exposures.csv": EXPOSURES},
    "ibrd": {"ibrd_loans_2023-05.csv": loans()},
    "scms": {"SCMS_Delivery_History_Dataset.csv": shipments()},
    "council-payments": {"2012-06-payments.csv": PAYMENTS},
}
Load = Callable[[str], LoadReport]


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary()


@pytest.fixture
def store(tmp_path: Path, dictionary: Dictionary) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store.db"), dictionary)
    yield opened
    opened.close()


@pytest.fixture
def load(tmp_path: Path, store: Store) -> Load:
    def loaded(example: str) -> LoadReport:
        for name, content in FILES[example].items():
            (tmp_path / name).write_text(content, encoding="utf-8", newline="")
        toml = EXAMPLES / example / "source.toml"
        declared = read_source(toml, store.dictionary)
        return ingest_folder(store, declared, tmp_path, beside=toml.parent)

    return loaded


def named(store: Store, kind: str) -> list[dict[str, Value]]:
    known = store.dictionary.kind(kind)
    return [row.named(known) for row in store.rows(kind)]


def fared(report: LoadReport) -> list[tuple[int, int, int, int]]:
    return [(f.read, f.accepted, f.warned, f.quarantined) for f in report.files]


def rules(store: Store) -> Counter[str]:
    return Counter(found["rule"] for found in store.findings())


def test_each_example_has_a_test() -> None:
    assert {toml.parent.name for toml in DECLARED} == set(FILES)


@pytest.mark.parametrize("toml", DECLARED, ids=lambda toml: toml.parent.name)
def test_mappings_agree_with_the_dictionary_and_every_rate_is_dated(
    toml: Path, dictionary: Dictionary
) -> None:
    for declared in read_source(toml, dictionary).file:
        mapping = mapping_of(declared, toml.parent, dictionary)
        assert mapping.money.currency in mapping.money.rates
        assert all(rate.date and rate.source for rate in mapping.money.rates.values())


@pytest.mark.parametrize("example", sorted(FILES))
def test_loading_again_writes_nothing(load: Load, example: str) -> None:
    assert load(example).load == 1
    assert load(example).load == 0


def test_interbank_amounts_are_thousands_and_unknown_is_not_zero(load: Load, store: Store) -> None:
    report = load("interbank")
    assert fared(report) == [(2, 2, 0, 0), (2, 1, 0, 1)]
    assert rules(store) == {"贷款余额 (balance) is less than 0": 1}
    small = next(row for row in named(store, "financials") if row["party"] == "src:interbank:1")
    assert small["equity"] == -5_000 * 696.46
    assert small["current_assets"] == 20_000 * 696.46
    assert small["current_liabilities"] == 0
    assert small["revenue"] is None
    assert small["material_cost"] is None
    assert small["valid_from"] == "2022-12-31"
    assert {row["kind"] for row in named(store, "party")} == {"lender"}


def test_interbank_source_lends_to_target(load: Load, store: Store) -> None:
    load("interbank")
    (loan,) = named(store, "loan")
    assert (loan["lender"], loan["borrower"]) == ("src:interbank:0", "src:interbank:1")
    assert loan["balance"] == round(12_123.456789012 * 696.46)


def test_ibrd_counts(load: Load, store: Store) -> None:
    assert fared(load("ibrd")) == [(9, 6, 0, 3)]
    assert rules(store) == {
        "贷款余额 (balance) is less than 0": 1,
        "担保金额 (cover) is less than 0": 1,
        "借款人 (borrower) is required": 2,
        "被担保人 (borrower) is required": 1,
    }


def test_ibrd_a_ministry_is_known_only_with_its_country(load: Load, store: Store) -> None:
    load("ibrd")
    borrower = {row["loan_no"]: row["borrower"] for row in named(store, "loan")}
    assert borrower["IBRD00001"] == borrower["IBRD00002"]
    assert borrower["IBRD00001"] != borrower["IBRD00003"]
    names = {row["name"] for row in named(store, "party")}
    assert {"MINISTRY OF FINANCE / Aland", "MINISTRY OF FINANCE / Borduria"} <= names


def test_ibrd_guarantees_stand_where_a_guarantor_does_and_the_agreement_is_signed(
    load: Load, store: Store
) -> None:
    load("ibrd")
    given = {row["guarantee_no"]: row for row in named(store, "guarantee")}
    assert set(given) == {"IBRD00001", "IBRD00002", "IBRD00003", "IBRDG0009"}
    assert given["IBRD00001"]["guarantor"] == "src:ibrd:AX"
    assert given["IBRD00001"]["starts_on"] == "1997-05-09"
    assert given["IBRDG0009"]["guarantor"] == "src:ibrd:IBRD"
    assert given["IBRDG0009"]["cover"] == round(7_700 * 7.1072)
    lent = {row["loan_no"] for row in named(store, "loan")}
    assert lent == {f"IBRD0000{k}" for k in range(1, 6)}


def test_scms_words_keep_an_order_out_and_not_its_shipment(load: Load, store: Store) -> None:
    assert fared(load("scms")) == [(4, 4, 0, 0), (4, 3, 0, 1)]
    (found,) = store.findings()
    assert (found["value"], found["line"]) == ("Date Not Captured", 2)
    assert found["rule"].startswith("is not a date")
    orders = {row["contract_no"]: row for row in named(store, "contract")}
    assert set(orders) == {"SCMS-4 / 2", "SCMS-4 / 3"}
    assert orders["SCMS-4 / 3"]["signed_on"] == "2014-08-07"


def test_scms_the_carrier_is_whoever_arranged_the_carriage(load: Load, store: Store) -> None:
    load("scms")
    name = {row["party"]: row["name"] for row in named(store, "party")}
    bills = {row["waybill_no"]: row for row in named(store, "waybill")}
    carrier = {number: name[row["carrier"]] for number, row in bills.items()}
    assert carrier == {
        "ASN-8 / 1": "PMO - US",
        "ASN-8 / 2": "PMO - US",
        "ASN-9 / 3": "Borduria Labs",
        "DN-4 / 4": "PMO - US",
    }
    assert bills["ASN-8 / 1"]["shipper"] == bills["ASN-8 / 2"]["shipper"]
    assert name[bills["ASN-8 / 1"]["consignee"]] == "100-CI-T01 / Côte d'Utopie"
    assert bills["ASN-8 / 2"]["goods_value"] == round(620_050 * 6.3696)
    assert {row["shipped_on"] for row in bills.values()} == {"2007-06-02"}


def test_council_fused_lines_go_to_quarantine_and_footer_and_blanks_are_no_rows(
    load: Load, store: Store
) -> None:
    # one of the readable lines is dated before the month that the file declares
    assert fared(load("council-payments")) == [(6, 2, 1, 3)]
    assert rules(store) == {
        "6 columns expected, 5 found": 2,
        "6 columns expected, 4 found": 1,
        "OUTSIDE_PERIOD: the file declares 2012-06-01 to 2012-07-01": 1,
    }
    kept = [f["line"] for f in store.findings() if f["severity"] == "quarantine"]
    assert sorted(kept) == [11, 13, 14]


def test_council_equal_lines_are_two_payments_and_names_of_one_payee_agree(
    load: Load, store: Store
) -> None:
    load("council-payments")
    paid = named(store, "payment")
    assert len(paid) == 3
    assert len({row["payee"] for row in paid}) == 1
    twice = [row for row in paid if row["amount"] == round(153_424 * 9.9171)]
    first, second = sorted(str(row["payment_no"]) for row in twice)
    assert (first[-2:], second[-2:]) == (".1", ".2")
    assert first[:-2] == second[:-2]
    assert {row["paid_on"] for row in paid} == {"2012-06-08", "2012-05-31"}
