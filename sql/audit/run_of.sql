-- The run that an orchestrator run already opened, if any: run_no.
SELECT run_no FROM audit.run WHERE orchestrator_run = {orchestrator_run}
