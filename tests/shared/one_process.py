"""Which tests of a parallel run have to run in one process: those on the one Neo4j.

xdist groups tests by a mark that it adds to their ids, which this pytest does not let it do; so
the id itself says it: a test on Neo4j has `neo4j` in its name, its file or its parameter.
"""

from xdist.scheduler import LoadScopeScheduling

NEO4J = "neo4j"


class OneProcessForNeo4j(LoadScopeScheduling):
    """Tests go wherever there is room, but those on Neo4j all to one process, and first."""

    def _split_scope(self, nodeid: str) -> str:
        return NEO4J if NEO4J in nodeid else nodeid
