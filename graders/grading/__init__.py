"""Running a sitting: questions out, observations back, graders judge, a scorecard comes out."""
