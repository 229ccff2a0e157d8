"""The documents room: what a payer gets to read. Invoices, receipts, memos and reminders as PDF, and their mail.

A document is made once and kept, sealed and by its hash; who asks again gets the same bytes. Its number is the next of
its company, without gaps. Templates and words are a company's own where it has any; they can reach nothing but their
folder. A message goes out once per event; where nobody can know whether it left, a person decides.
"""
