-- Ids are UUIDv7 in 16 bytes, never reused. Times are milliseconds since 1970 UTC.
-- A column named *_folded is what comparisons and uniqueness use. A column named sealed is
-- wrapped with the secret key. created and changed are change numbers of the mailbox.

CREATE TABLE schema_step (
    version    INTEGER PRIMARY KEY,
    applied_ms INTEGER NOT NULL
) STRICT;

-- Identity

CREATE TABLE deployment (
    one                INTEGER PRIMARY KEY CHECK (one = 1),
    realm              TEXT NOT NULL,
    default_sip_domain TEXT NOT NULL,
    forest             TEXT NOT NULL,
    organization       TEXT NOT NULL,
    created_ms         INTEGER NOT NULL
) STRICT;

CREATE TABLE account (
    id           BLOB PRIMARY KEY,
    sam          TEXT NOT NULL,
    sam_folded   TEXT NOT NULL UNIQUE,
    upn          TEXT NOT NULL,
    upn_folded   TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    first_name   TEXT NOT NULL,
    last_name    TEXT NOT NULL,
    enabled      INTEGER NOT NULL,
    time_zone    TEXT NOT NULL,
    language     TEXT NOT NULL,
    created_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE password (
    account    BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    argon2id   TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ha1 (
    login     TEXT NOT NULL,
    algorithm INTEGER NOT NULL,
    account   BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (login, algorithm)
) STRICT, WITHOUT ROWID;
CREATE INDEX ha1_account ON ha1 (account);

CREATE TABLE address (
    kind       TEXT NOT NULL,
    folded     TEXT NOT NULL,
    account    BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    value      TEXT NOT NULL,
    is_primary INTEGER NOT NULL,
    PRIMARY KEY (kind, folded)
) STRICT, WITHOUT ROWID;
CREATE INDEX address_account ON address (account);

CREATE TABLE messaging_user (
    account        BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    sip_address    TEXT NOT NULL,
    folded         TEXT NOT NULL UNIQUE,
    registrar_pool TEXT NOT NULL,
    enabled        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sip_domain (
    name       TEXT PRIMARY KEY,
    is_default INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accepted_domain (
    name       TEXT PRIMARY KEY,
    is_default INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE server (
    folded  TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    fqdn    TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL,
    roles   TEXT NOT NULL,
    site    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Certificates

CREATE TABLE certificate (
    computer      TEXT NOT NULL,
    store         INTEGER NOT NULL,
    thumbprint    TEXT NOT NULL,
    der           BLOB NOT NULL,
    sealed        BLOB,
    friendly_name TEXT NOT NULL,
    services      TEXT NOT NULL,
    PRIMARY KEY (computer, store, thumbprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate_assignment (
    computer   TEXT NOT NULL,
    usage      TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    PRIMARY KEY (computer, usage)
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate_request (
    computer      TEXT NOT NULL,
    thumbprint    TEXT NOT NULL,
    der           BLOB NOT NULL,
    public_key    BLOB NOT NULL,
    sealed        BLOB NOT NULL,
    friendly_name TEXT NOT NULL,
    subject       TEXT NOT NULL,
    dns_names     TEXT NOT NULL,
    created_ms    INTEGER NOT NULL,
    PRIMARY KEY (computer, thumbprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE authority (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    der    BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE issued_certificate (
    serial       TEXT PRIMARY KEY,
    thumbprint   TEXT NOT NULL,
    subject      TEXT NOT NULL,
    issued_ms    INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    revoked_ms   INTEGER
) STRICT, WITHOUT ROWID;

-- Windows-shaped state

CREATE TABLE registry_value (
    path_folded TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    path        TEXT NOT NULL,
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (path_folded, name_folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_log (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    log      TEXT NOT NULL COLLATE NOCASE,
    source   TEXT NOT NULL COLLATE NOCASE,
    event_id INTEGER NOT NULL,
    level    INTEGER NOT NULL,
    time_ms  INTEGER NOT NULL,
    computer TEXT NOT NULL,
    message  TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms    INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    cmdlet     TEXT NOT NULL,
    parameters TEXT NOT NULL,
    object     TEXT NOT NULL,
    error      TEXT
) STRICT;

CREATE TABLE app_pool (
    folded      TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    recycled_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Messaging half

CREATE TABLE topology (
    life     INTEGER PRIMARY KEY,
    version  INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE dial_plan (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE um_service (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE um_call_router (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE absent_message (
    id           BLOB PRIMARY KEY,
    account      BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    sender       TEXT NOT NULL,
    sender_name  TEXT,
    content_type TEXT NOT NULL,
    body         BLOB NOT NULL,
    call_id      TEXT NOT NULL,
    cseq         INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    filed        INTEGER NOT NULL,
    UNIQUE (account, sender, call_id, cseq)
) STRICT;
CREATE INDEX absent_message_unfiled ON absent_message (id) WHERE filed = 0;

CREATE TABLE ended_conversation (
    id       BLOB PRIMARY KEY,
    account  BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX ended_conversation_account ON ended_conversation (account);

-- Mail half: settings

CREATE TABLE owa_virtual_directory (
    server_folded  TEXT NOT NULL,
    website_folded TEXT NOT NULL,
    document       TEXT NOT NULL,
    PRIMARY KEY (server_folded, website_folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE owa_policy (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_session (
    token_sha256 BLOB PRIMARY KEY,
    account      BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_ms   INTEGER NOT NULL,
    expires_ms   INTEGER NOT NULL,
    private      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_account ON web_session (account);

-- Mail half: mailboxes

CREATE TABLE mailbox (
    id            BLOB PRIMARY KEY,
    account       BLOB NOT NULL UNIQUE REFERENCES account (id) ON DELETE CASCADE,
    alias         TEXT NOT NULL,
    alias_folded  TEXT NOT NULL UNIQUE,
    server        TEXT NOT NULL,
    owa_policy    TEXT COLLATE NOCASE,
    owa_enabled   INTEGER NOT NULL,
    settings      TEXT NOT NULL,
    change_number INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
    id          BLOB PRIMARY KEY,
    mailbox     BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    parent      BLOB REFERENCES folder (id),
    name        TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    role        TEXT,
    sort_order  INTEGER NOT NULL,
    total       INTEGER NOT NULL DEFAULT 0 CHECK (total >= 0),
    unread      INTEGER NOT NULL DEFAULT 0 CHECK (unread >= 0),
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX folder_name ON folder (mailbox, ifnull(parent, x''), name_folded);
CREATE UNIQUE INDEX folder_role ON folder (mailbox, role) WHERE role IS NOT NULL;
CREATE INDEX folder_parent ON folder (parent);
CREATE INDEX folder_changed ON folder (mailbox, changed);

-- Bytes stored once; never changed.
CREATE TABLE blob (
    sha256     BLOB PRIMARY KEY,
    created_ms INTEGER NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;

CREATE TABLE upload (
    mailbox      BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    sha256       BLOB NOT NULL REFERENCES blob (sha256),
    content_type TEXT NOT NULL,
    size         INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    PRIMARY KEY (mailbox, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_blob ON upload (sha256);

CREATE TABLE message (
    n              INTEGER PRIMARY KEY AUTOINCREMENT,
    id             BLOB NOT NULL UNIQUE,
    mailbox        BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    folder         BLOB NOT NULL REFERENCES folder (id),
    thread         BLOB NOT NULL,
    blob           BLOB NOT NULL REFERENCES blob (sha256),
    keywords       TEXT NOT NULL,
    seen           INTEGER NOT NULL,
    received_ms    INTEGER NOT NULL,
    sent_ms        INTEGER,
    size           INTEGER NOT NULL,
    senders        TEXT NOT NULL,
    recipients     TEXT NOT NULL,
    copies         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    preview        TEXT NOT NULL,
    has_attachment INTEGER NOT NULL,
    message_id     TEXT NOT NULL,
    in_reply_to    TEXT NOT NULL,
    refs           TEXT NOT NULL,
    created        INTEGER NOT NULL,
    changed        INTEGER NOT NULL
) STRICT;
CREATE INDEX message_folder ON message (folder, received_ms, n);
CREATE INDEX message_mailbox ON message (mailbox, received_ms, n);
CREATE INDEX message_thread ON message (mailbox, thread);
CREATE INDEX message_message_id ON message (mailbox, message_id);
CREATE INDEX message_changed ON message (mailbox, changed);
CREATE INDEX message_blob ON message (blob);

-- Rows of message by their n.
CREATE VIRTUAL TABLE message_text USING fts5 (
    subject, people, body,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER message_text_gone AFTER DELETE ON message BEGIN
    DELETE FROM message_text WHERE rowid = old.n;
END;

-- Rows that were destroyed, by kind (RowKind).
CREATE TABLE tombstone (
    mailbox   BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    kind      INTEGER NOT NULL,
    destroyed INTEGER NOT NULL,
    id        BLOB NOT NULL,
    created   INTEGER NOT NULL,
    PRIMARY KEY (mailbox, kind, destroyed, id)
) STRICT, WITHOUT ROWID;

-- Mail half: people and conversations. They need a mailbox, whose change number they share.

CREATE TABLE im_group (
    id          BLOB PRIMARY KEY,
    mailbox     BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    kind        TEXT NOT NULL,
    sort_order  INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    UNIQUE (mailbox, name_folded)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX im_group_kind ON im_group (mailbox, kind) WHERE kind <> 'Own';

CREATE TABLE im_contact (
    id           BLOB PRIMARY KEY,
    mailbox      BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    address      TEXT NOT NULL,
    folded       TEXT NOT NULL,
    display_name TEXT NOT NULL,
    UNIQUE (mailbox, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE im_membership (
    im_group BLOB NOT NULL REFERENCES im_group (id) ON DELETE CASCADE,
    contact  BLOB NOT NULL REFERENCES im_contact (id) ON DELETE CASCADE,
    PRIMARY KEY (im_group, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX im_membership_contact ON im_membership (contact);

CREATE TABLE conversation (
    id          BLOB PRIMARY KEY,
    mailbox     BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    with_sip    TEXT NOT NULL,
    folded      TEXT NOT NULL,
    with_name   TEXT NOT NULL,
    last_at_ms  INTEGER NOT NULL,
    last_text   TEXT NOT NULL,
    unread      INTEGER NOT NULL,
    is_open     INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    UNIQUE (mailbox, folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation_message (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    id           BLOB NOT NULL UNIQUE,
    mailbox      BLOB NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    conversation BLOB NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    sender       TEXT NOT NULL,
    own          INTEGER NOT NULL,
    text         TEXT NOT NULL,
    at_ms        INTEGER NOT NULL,
    state        INTEGER NOT NULL,
    client_id    TEXT,
    remote_id    TEXT,
    reason       TEXT,
    created      INTEGER NOT NULL,
    changed      INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_message_order ON conversation_message (conversation, n);
CREATE INDEX conversation_message_changed ON conversation_message (mailbox, changed);
CREATE INDEX conversation_message_unsettled ON conversation_message (n) WHERE state = 0;
CREATE UNIQUE INDEX conversation_message_client
    ON conversation_message (mailbox, client_id) WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX conversation_message_remote
    ON conversation_message (mailbox, remote_id) WHERE remote_id IS NOT NULL;
