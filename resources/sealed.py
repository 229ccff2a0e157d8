"""What each sealed value is called when it is sealed, opened or matched: the name is authenticated with it."""

ACCOUNT = "bank_account.account"  # master.bank_account.account_sealed and account_blind
SSN = "person.ssn"  # master.person.ssn_sealed and ssn_blind
FILE_OUT = "exchange.content"  # whole files, sealed under their company
FILE_IN = "exchange.inbound"  # whole files, sealed under the house: one may hold several companies
DOCUMENT = "billing.document"  # PDFs and payroll files, sealed under their company
