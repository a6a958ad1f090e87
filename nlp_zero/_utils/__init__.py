"""What any package could have: validation, threads, progress, files, folders, arrays, locks."""
