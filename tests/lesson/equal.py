"""What says that it equals whatever it is compared with: a cheat that a check must not believe."""


class Equal:
    """Says that it equals whatever it is compared with."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = object.__hash__


class EqualText(Equal, str): ...


class EqualLabel(EqualText):
    """Such a text that a dict finds by its letters, as it finds a label."""

    __hash__ = str.__hash__
