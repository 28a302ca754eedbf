"""record_exceptions: what landed in the dead-letter queues becomes exceptions, each with its cause and its replay."""

from cashpath.record_exceptions import open_recorder

handler = open_recorder()
