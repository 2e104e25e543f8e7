"""Starts the command; see helpers.methods.tuning.command."""

import sys

from helpers.methods.tuning.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
