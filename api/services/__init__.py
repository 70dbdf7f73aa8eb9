"""Use cases, one a file; they compose ingest, algorithms and policy and know no HTTP."""
