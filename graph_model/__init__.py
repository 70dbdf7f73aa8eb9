"""What the alliance is made of: dictionary, statements, time, identity, arrays, the store."""
