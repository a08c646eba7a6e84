"""The nouns everything else speaks: calls, observations, verdicts, errors. Imports nothing of ours but itself."""
