from rights_page import PAGE, with_tables


def test_the_tables_of_the_page_are_those_of_the_pack() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "run `python tests/shared/rights_page.py`"
