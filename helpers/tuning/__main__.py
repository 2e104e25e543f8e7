"""Starts the command; see helpers.tuning.command."""

import sys

from helpers.tuning.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
