"""Fixtures of the command-line tests; everything else they share is in cli_harness.py, whose name no other folder uses."""
from cli_harness import *  # noqa: F401,F403
