"""receive: a vendor's webhook becomes one notice for each event and flow. One asset, deployed once for each role."""

from pathlib import Path

from cashpath.receive import open_receiver

handler = open_receiver(Path(__file__).parent)  # settings and the client of SQS are opened while Lambda starts it
