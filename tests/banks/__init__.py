"""Banks of submissions against which the grader itself is graded."""
