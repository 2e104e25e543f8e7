"""For nbval (`-p tests.patient`): a kernel on a busy machine may take a while to say that a cell is done."""

OUTPUT_SECONDS = 60  # nbval waits five after a cell has answered, has no option for it, and stops the kernel then


def pytest_itemcollected(item):
    """Give each cell of a notebook longer."""
    if hasattr(item, "output_timeout"):
        item.output_timeout = OUTPUT_SECONDS
