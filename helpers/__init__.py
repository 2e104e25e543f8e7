"""What the lessons share. Each module has one job; see README.md for the map and the direction of imports."""

__version__ = "0.1.0"
