"""Another process at the store: `python loader.py`, then on each line of its input

    load ADDRESS    fork a loader; it prints the number of each published load until it is killed
    hold ADDRESS    begin a load, print "holding", publish it at the next line
    import neo4j    import the adapter of Neo4j, so that loaders need not

Forking spares the time of importing for each loader. It is started by test_faults.py; the password
of a server stands in the environment.
"""

import importlib
import os
import sys

from graph_model.store.opening import open_store
from graph_model.store.protocol import Store
from tests.store_contract.made import DICTIONARY, FILE, TAX, finding, invoice

BATCHES, ROWS, CLOSED, FINDINGS = 3, 300, 100, 2
"""Of every load: batches, rows of each, rows of earlier loads it closes, findings."""


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def first_of(number: int, batch: int) -> int:
    return (number * BATCHES + batch) * ROWS


def opened(address: str) -> Store:
    return open_store(address, DICTIONARY, password=os.environ.get("STORE_PASSWORD", ""))


def one_load(store: Store) -> int:
    with store.begin(TAX) as load:
        number = load.number
        last = first_of(store.head(), 0)
        keys = [invoice(last + k, number).key for k in range(CLOSED)]
        older = [one.row_id for [one] in load.in_force("invoice", "tax", keys).values()]
        for batch in range(BATCHES):
            first = first_of(number, batch)
            load.open_rows("invoice", [invoice(first + k, number) for k in range(ROWS)])
        load.close_rows("invoice", older)
        load.note(f"{number:064d}", [finding(line) for line in range(FINDINGS)])
        return load.publish([FILE])


def load_until_killed(address: str) -> None:
    store = opened(address)
    while True:
        say(str(one_load(store)))


def hold(address: str) -> None:
    store = opened(address)
    with store.begin(TAX) as load:
        load.open_rows("invoice", [invoice(1, load.number)])
        say("holding")
        sys.stdin.readline()
        say(str(load.publish([FILE])))
    store.close()


def main() -> None:
    while line := sys.stdin.readline():
        verb, _, address = line.strip().partition(" ")
        if verb == "hold":
            hold(address)
            continue
        if verb == "import":
            importlib.import_module(f"graph_model.store.{address}")
            continue
        child = os.fork()
        if child == 0:
            load_until_killed(address)
        say(f"child {child}")
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
