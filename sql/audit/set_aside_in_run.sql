-- Companies that an earlier step of this run set aside: company_id.
SELECT DISTINCT company_id FROM audit.set_aside WHERE run_no = {run}
