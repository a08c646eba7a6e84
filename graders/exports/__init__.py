"""What leaves for other systems: the gradebook, and files in the forms that learning platforms read."""
