"""Words with numbers: ``1 claim``, ``2 claims``."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, which takes an s where the number is not one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"
