-- SIP domains of other organisations: those that people here may speak with, and those that are
-- shut out whatever else is said.

CREATE TABLE foreign_domain (
    domain   TEXT NOT NULL,
    blocked  INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (domain, blocked)
) STRICT, WITHOUT ROWID;
