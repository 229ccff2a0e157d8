"""The `daybook` command line: thin doors onto jobs and rooms. Messages go to stderr, results to stdout."""
