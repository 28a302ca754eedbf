"""Pure pieces that plans share."""
