"""The exam room's protocol: typed frames of a JSON header and `.npy` arrays.

Used on both sides of the wall, so it imports nothing but NumPy and the standard library, and it trusts no byte.
"""
