"""How a mistake gets its name: what an entry is, and which entry alone explains what was observed."""
