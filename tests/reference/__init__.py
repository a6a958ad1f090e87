"""Slow textbook versions of what the library does, written to be read: the oracles of the tests."""
