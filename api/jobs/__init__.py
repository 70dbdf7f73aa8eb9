"""Long work: a journal stream says what was asked and how it went, a worker does it."""
