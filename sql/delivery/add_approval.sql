-- Adds the approval of these very bytes; the file's maker is part of the key and can't approve.
INSERT INTO exchange.approval (company_id, file_id, sha256, created_by, approved_by, reason)
VALUES ({company}, {file_id}, {sha256}, {created_by}, {approver}, {reason})
