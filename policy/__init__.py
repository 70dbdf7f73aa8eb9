"""What law and alliance rules say: dated, cited packs and pure functions over them."""
