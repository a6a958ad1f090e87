"""Helpers that are not about text: validation, threads, progress, files, folders, arrays, locks."""
