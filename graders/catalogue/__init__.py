"""The catalogue of mistakes: one module for each criterion, whose entries say what each mistake would produce."""
