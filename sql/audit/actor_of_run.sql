-- On whose behalf this run works: actor.
SELECT actor FROM audit.run WHERE run_no = {run}
