"""`kb sources figures`: every figure with its page, or the place found for it, or neither."""

import io
import json

from ingest.metadata import Metadata
from ingest.submit import submit
from ingest.worker import Worker
from kb.domain import Visibility
from kb.runtime.services import open_services
from kb.storage.sources import FetchedSource, SourceState, address_id
from tests.fetching.conftest import CARD, read_card

URL = "http://127.0.0.1:1/report.md"


def test_figures_are_listed_with_their_places(make_base):
    base = make_base()
    first = read_card()["results"][0]
    base.cite({"s-report": URL})
    text = (
        f"# Rapporto\n\n{first['indicator']}: {first['value']:.0f} {first['unit']} nella valle.\n"
    )
    with open_services(base.settings(), own=True) as services:
        metadata = Metadata(title="Rapporto", visibility=Visibility.RESEARCHERS)
        document = submit(services, io.BytesIO(text.encode()), "report.md", metadata).id
        Worker(services).run_until_idle()
        with services.database.transaction() as session:
            session.add(
                FetchedSource(
                    id=address_id(URL), url=URL, site="", state=SourceState.FETCHED,
                    document_id=document,
                )
            )  # fmt: skip
    code, out, err = base.run("figures", CARD, "--json", KB_FETCH="")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert lines[0]["state"] == "found"
    assert (lines[0]["source"], lines[0]["page"]) == ("s-report", "1")
    assert "nella valle" in lines[0]["sentence"]
    assert {line["state"] for line in lines} <= {"found", "not-found", "with-page"}
    assert f"of {len(lines)} figures with their page" in err
