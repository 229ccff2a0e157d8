"""What wakes the night: files from partners, cut-offs, overdue acknowledgements, failed runs."""

from sensors.alerts import approvals_before_cut_off, overdue_acknowledgements, run_failed
from sensors.inbound import inbound_files

SENSORS = [inbound_files, approvals_before_cut_off, overdue_acknowledgements, run_failed]
