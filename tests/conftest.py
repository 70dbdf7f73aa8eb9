import sys
from pathlib import Path

# Helpers that several test folders share stand in tests/shared.
sys.path.insert(0, str(Path(__file__).parent / "shared"))
