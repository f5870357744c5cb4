-- Documents that standard clients keep with the messaging half (RFC 4825): lists, services of
-- lists, and who may see a person's presence.

CREATE TABLE xcap_document (
    account    BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    auid       TEXT NOT NULL,
    name       TEXT NOT NULL,
    body       TEXT NOT NULL,
    changed_ms INTEGER NOT NULL,
    PRIMARY KEY (account, auid, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX xcap_document_auid ON xcap_document (auid, name);
