"""Real clients before weir (tests/clients/README.md): how they are installed, asked and judged."""

import pathlib
import sys

HERE = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(HERE.parent / "integration"))  # for `support`
