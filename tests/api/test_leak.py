"""The leak figure of the demonstration: it may not worsen, and it sees a door that is open."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.services import demonstration, partners
from api.services.ingesting import ingest
from api.services.leak import Leak, ReaderLeak, leak
from api.services.lender_views import lender_view
from api.services.partners import partner_risk, whole_answer
from api.services.readers import OUTSIDER, readers
from api.services.readings import Asking, links_told
from api.services.runs import assess_day
from api.services.workspace import Workspace, open_workspace
from api.settings import load_settings
from graph_model.errors import BadInput
from graph_model.explanation import Part
from ingest.district.settings import DistrictSetting
from policy.visibility import CHAIN_RISK, Ref, Sight

DAY = date(2026, 10, 31)
RECORD = Path(__file__).parent / "leak_recorded.csv"
"""Under the policy that is shipped: figures shown, and hidden links named. Only ever lowered."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    home = tmp_path_factory.mktemp("home")
    with open_workspace(load_settings(home=home, store="", scenarios=640)) as opened:
        ingest(opened, opened.settings.district_folder / "demo")
        assess_day(opened, DAY)
        yield opened


def leaked(workspace: Workspace, policy: str, falls: int = 8) -> Leak:
    return leak(workspace, DAY, policies=(policy,), falls=falls)


def right(of: ReaderLeak, means: str) -> int:
    return int(of.by_means[means].right.sum())


def assert_no_worse(found: Leak, district: str) -> None:
    assert found.default == "consent"
    lines = csv.DictReader(RECORD.read_text(encoding="utf-8").splitlines())
    recorded = {line["reader"]: line for line in lines if line["district"] == district}
    assert {one.reader for one in found.found} == set(recorded)
    for one in found.found:
        assert one.in_all.hidden >= one.in_figures > 0
        now = {"figures": one.opened, "told": right(one, "told"), "asked": right(one, "asked")}
        now["in_all"] = int(one.in_all.right.sum())
        assert all(now[k] <= int(recorded[one.reader][k]) for k in now), (one.reader, now)


def test_the_policy_that_is_shipped_leaks_no_more_than_recorded(demo: Workspace) -> None:
    found = leaked(demo, "consent", falls=27)
    assert found.links == {"guarantee": 11, "loan": 17}
    assert_no_worse(found, "files")


def test_nor_does_it_on_a_made_district(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", store="", scenarios=640)
    demonstration.make(settings, DistrictSetting(300, 2), lambda _what: None)
    with open_workspace(settings) as opened:
        taken = demonstration.take_in(opened, lambda _what: None)
        found = leak(opened, taken.until, policies=("consent",), falls=16)
    assert found.parties > 300
    assert_no_worse(found, "made 300")


def test_an_answer_that_tells_more_raises_the_figure(
    demo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unredacted(whole: Part, *_: object) -> Part:
        return whole

    monkeypatch.setattr(partners, "redact", unredacted)
    found = {one.reader: one for one in leaked(demo, "consent", falls=27).found}
    member = found["most.member"]
    assert right(member, "told") > 0
    assert int(member.in_all.right.sum()) > 0


def test_readers_are_told_what_viewers_are_told(demo: Workspace) -> None:
    common = assess_day(demo, DAY)
    _, _, financier = readers(demo, common, "consent")
    run = lender_view(demo, financier.organisation, common)  # what a lender's answers come from
    seen = set()
    for party in run.network.ids():
        for opening in financier.openings(run, party):
            asked = partner_risk(demo, opening.viewer, party, DAY, DAY)
            assert asked in financier.told(run, whole_answer(run, party))
            seen.add(party)
    assert len(seen) == 8  # seven that consented, and its own file


@pytest.mark.parametrize("policy", ["members", "open"])
def test_no_policy_lets_answers_name_hidden_links_outright(demo: Workspace, policy: str) -> None:
    run = assess_day(demo, DAY)
    outsider = readers(demo, run, policy)[0]
    asking = Asking(outsider, run, range(len(run.network)))
    assert asking.opened.sum() > 1
    assert not asking.links_there().any()
    for party in run.network.ids():
        for answer in outsider.told(run, whole_answer(run, party)):
            assert list(links_told(answer, run.network)) == []


def test_an_outsider_sees_members_only_where_members_see_one_another(demo: Workspace) -> None:
    run = assess_day(demo, DAY)
    opened = {}
    for policy in ("consent", "members", "open"):
        outsider = readers(demo, run, policy)[0]
        sights = (outsider.sight(Ref(CHAIN_RISK, (party,))) for party in run.network.ids())
        opened[policy] = sum(sight > Sight.HIDDEN for sight in sights)
        assert outsider.organisation == OUTSIDER
    assert opened["consent"] == 0 < opened["members"] < opened["open"]


def test_what_is_no_policy_or_has_nothing_to_hide_is_refused(demo: Workspace) -> None:
    with pytest.raises(BadInput, match="no publishing policy"):
        leaked(demo, "secret")
    with pytest.raises(BadInput, match="neither guarantee nor loan"):
        leak(demo, date(2001, 1, 1), falls=2)
