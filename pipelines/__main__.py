"""`python -m pipelines`: what the launcher starts."""

import sys

from pipelines.cli.main import cli
from pipelines.cli.output import guarded

sys.exit(guarded(lambda: cli(standalone_mode=False, prog_name="daybook")))
