"""One module per criterion, named as its rubric line; the machinery is in the subpackages.

Layers, each importing only what stands to its left:
foundation ← dataset, measure, wire, submission ← criterion modules ← rubric, exam_room ← grading ← report ← grade.py.
`driver` runs beside the student's code and imports nothing but `wire`; nothing imports it.
"""
