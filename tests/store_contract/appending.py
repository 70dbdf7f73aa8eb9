"""Journals are appended to while a load is written: nothing is lost, nothing torn."""

import threading
from collections import Counter

from graph_model.store.journal import verify
from graph_model.store.protocol import Store
from tests.store_contract.made import FILE, TAX, invoice


def eight_threads_append_while_a_load_runs(store: Store, *, appends: int, batch: int) -> None:
    """Eight threads append so many lines each; the load writes batches of so many rows."""

    def append(thread: int) -> None:
        for n in range(appends):
            store.append("audit", "2026-01-01", {"thread": thread, "n": n})

    threads = [threading.Thread(target=append, args=(k,)) for k in range(8)]
    batches = 0
    with store.begin(TAX) as load:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            rows = range(batches * batch, (batches + 1) * batch)
            load.open_rows("invoice", [invoice(k, load.number) for k in rows])
            batches += 1
        load.publish([FILE])
    assert verify("audit", store.journal("audit")) == 8 * appends
    said = Counter(
        (line["payload"]["thread"], line["payload"]["n"]) for line in store.journal("audit")
    )
    assert said == Counter((thread, n) for thread in range(8) for n in range(appends))
    assert len(list(store.rows("invoice"))) == batches * batch
