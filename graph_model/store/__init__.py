"""Where statements are kept: one protocol, adapters behind it, an archive to move between them."""
