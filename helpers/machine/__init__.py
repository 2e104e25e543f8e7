"""The machine: what it can do, and installing the course on it. Imports nothing else of the course."""
