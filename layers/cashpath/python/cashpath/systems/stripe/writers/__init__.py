"""How each kind is written: look, compare, send what differs. Every step may be the last one of a killed pass."""
