"""Functions and loops as students write them wrongly, and what each would give: the stuff that entries are made of."""
