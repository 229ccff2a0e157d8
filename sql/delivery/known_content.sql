-- Whether this content, or this envelope of it, is recorded: content, envelope.
SELECT EXISTS (SELECT FROM exchange.inbound WHERE sha256 = {sha256}) AS content,
  EXISTS (SELECT FROM exchange.arrival WHERE wire_sha256 = {wire_sha256}) AS envelope
