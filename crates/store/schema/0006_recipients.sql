-- What is known of a person besides the names they sign in with.

CREATE TABLE person_details (
    account  BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Settings of servers by property name.
CREATE TABLE client_access_setting (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;
