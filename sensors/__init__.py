"""What wakes the night: files from partners, cut-offs, overdue acknowledgements, keys at their end, failed runs."""

from sensors.alerts import approvals_before_cut_off, overdue_acknowledgements, partner_keys, run_failed
from sensors.inbound import inbound_files

SENSORS = [inbound_files, approvals_before_cut_off, overdue_acknowledgements, partner_keys, run_failed]
