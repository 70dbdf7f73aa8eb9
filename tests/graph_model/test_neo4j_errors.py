"""What a server says in its own words is told to operators, and never over the wire."""

from neo4j.exceptions import Neo4jError

from graph_model.store.neo4j_errors import as_ours


def test_words_of_the_server_stand_in_the_value_alone() -> None:
    said = "Node 7 has key 'uscc:91440112XXXX000191'"
    code = "Neo.ClientError.Statement.EntityNotFound"
    error = as_ours(Neo4jError._hydrate_neo4j(code=code, message=said), "bolt://store/neo4j")
    assert said in error.value
    assert code in error.value
    assert said not in f"{error.rule} {error.way_out}"
