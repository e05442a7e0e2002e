"""Runs the command line as `python -m governance_client.cli`."""

import sys

from governance_client.cli import main

sys.exit(main())
