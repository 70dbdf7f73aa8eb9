"""Exit with 0 when an address answers 200: the health check of a container without other tools."""

import sys
import urllib.error
import urllib.request


def main(address: str) -> int:
    """Ask once and say why not."""
    try:
        with urllib.request.urlopen(address, timeout=4) as answer:  # noqa: S310 (given by the operator)
            return 0 if answer.status == 200 else 1
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{address}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
