"""For students: what is next, hints in steps, and checking again on every save."""
