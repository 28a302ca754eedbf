"""What a user configures: the stage's TOML, checked at synthesis, compiled to one JSON slice for each function."""
