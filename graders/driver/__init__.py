"""What runs beside the student's code in the exam room: it hands over inputs and sends back what came of them.

It knows no right value and judges nothing. It is copied into each room with `graders.wire`, alone; it imports
nothing else of ours, and nothing of ours imports it.
"""
