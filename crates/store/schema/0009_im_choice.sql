-- For how long the sender of a kept text wants it to be shown, and what people chose for instant
-- messaging at the page: their state, and whether they signed out of it.

ALTER TABLE absent_message ADD COLUMN expires_s INTEGER;

CREATE TABLE im_choice (
    account    BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    state      TEXT,
    signed_out INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
