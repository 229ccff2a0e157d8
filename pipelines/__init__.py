"""How it runs: definitions, jobs, schedules, the command line. No business rule lives here."""
