"""A person's part: walking through open points, and keeping what was given, by whom, when and why."""
