"""The command `alliance`: one verb a file."""
