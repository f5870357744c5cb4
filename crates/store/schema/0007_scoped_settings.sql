-- Settings of the messaging half in their scopes (global, site, service, tag), and who was
-- granted which policy.

CREATE TABLE scoped_setting (
    kind     TEXT NOT NULL,
    folded   TEXT NOT NULL,
    scope    TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (kind, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_grant (
    account BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    policy  TEXT NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;

-- Texts that an archiving policy keeps.

CREATE TABLE archived_text (
    id           BLOB PRIMARY KEY,
    at_ms        INTEGER NOT NULL,
    sender       TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    call_id      TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body         BLOB NOT NULL,
    exported     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX archived_text_at ON archived_text (at_ms);

-- SIP addresses of trusted applications.

CREATE TABLE application_endpoint (
    id       BLOB PRIMARY KEY,
    folded   TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
