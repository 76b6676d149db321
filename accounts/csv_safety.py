"""What a spreadsheet would run. Every file that goes out as CSV passes its text through here."""

# the full-width ones too: some spreadsheets read them as the plain ones
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """A cell that starts with one of these is taken for a formula; behind an apostrophe it is text."""
    return f"'{text}" if text.startswith(RISKY) else text
