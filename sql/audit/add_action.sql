-- Adds what a person did by hand to the chain.
INSERT INTO audit.action (actor, action, object, reason) VALUES ({actor}, {action}, {object}, {reason})
