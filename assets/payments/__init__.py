"""The payments room: what each payer owes now becomes attempts, and attempts become ACH files.

Nothing here moves a balance but the entries of a file; a returned entry opens its invoice again.
"""
