-- Who may do what in the admin shell. A member is a person, a unix account or a unix group.

CREATE TABLE role_member (
    role_folded  TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('person', 'unix', 'unix-group')),
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    account      BLOB REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (role_folded, kind, name),
    UNIQUE (role_folded, account),
    CHECK ((kind = 'person') = (account IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE admin_role (
    folded   TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Until now the members of Organization Management were registry values, named by GUID. The
-- unix account of a person is the one of the same logon name.
INSERT INTO role_member (role_folded, kind, name, role, account)
    SELECT 'organization management', 'person', account.sam_folded, 'Organization Management',
           account.id
    FROM registry_value JOIN account
      ON lower(hex(account.id)) = replace(registry_value.name_folded, '-', '')
    WHERE registry_value.path_folded = 'software\tandem\rolegroups\organization management';
DELETE FROM registry_value
    WHERE path_folded = 'software\tandem\rolegroups\organization management';

-- The roles by which a caller was allowed to; none if it was refused or is older than this.
ALTER TABLE audit ADD COLUMN roles TEXT NOT NULL DEFAULT '';
