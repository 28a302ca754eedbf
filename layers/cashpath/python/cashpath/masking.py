"""Takes personal data out of what is told: causes of exceptions, log lines. The last step before text leaves a process.

References only may leave it. Messages are worded so that they name the field and the record, not the person; what
vendors say in their own words is masked here. Standard library only.
"""

import re
from collections.abc import Iterable

EMAIL, PHONE, PERSON = "<email>", "<phone>", "<personal>"
# Wider than what mail servers take (RFC 5321, 4.1.2), in letters of any script: whatever looks like an address is one.
_EMAIL = re.compile(r"[^\s@\"'<>()\[\],;:=/|]+(?:@|%40)[^\s@\"'<>()\[\],;:=/|?&]*\w")
_PHONE = re.compile(r"(?:\+|%2B)[1-9](?:[ ./()-]{0,2}\d){6,14}(?!\d)", re.IGNORECASE)  # ITU-T E.164: 15 digits at most
_TOO_SHORT = 3  # letters; what is shorter is in every other word


def masked(text: str, known: Iterable[str] = ()) -> str:
    """The text without email addresses, without international phone numbers, and without what is `known` to be
    personal, wherever it stands as words of its own. Masking twice changes nothing more."""
    for value in sorted({value.strip() for value in known}, key=len, reverse=True):
        if len(value) >= _TOO_SHORT:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", PERSON, text, flags=re.IGNORECASE)
    return _PHONE.sub(PHONE, _EMAIL.sub(EMAIL, text))
