"""The enrollment room: what each vendor must know of who is covered, as 834 files, and what the vendor answered.

Expected is the coverage as of the business date, recorded is what the vendor was told before (member_state); a file
goes out when the vendor is due one and only differences are added to the record. SSNs are opened here and nowhere else.
"""
