//! Accounts: who a person is in both halves.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::address::AddressKind;
use crate::identity::{fold_address, fold_name};
use crate::sql::{Sql, unique};
use crate::{Change, Error, Result, Writer};

/// One person (or shared mailbox). Its id is the GUID everywhere; distinguished names are
/// computed, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The GUID.
    pub id: Uuid,
    /// sAMAccountName, unique, at most 20 characters.
    pub sam: String,
    /// User principal name, `user@domain`, unique.
    pub upn: String,
    /// Name as people read it.
    pub display_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// A disabled account signs in nowhere.
    pub enabled: bool,
    /// IANA time zone, e.g. `America/Los_Angeles`; empty = the server's.
    pub time_zone: String,
    /// BCP 47 language, e.g. `en-US`.
    pub language: String,
    /// When it was made.
    pub created_ms: i64,
}

/// The distinguished name, computed: `CN=Ken Myer,CN=Users,DC=litwareinc,DC=com`.
pub fn distinguished_name(account: &Account, forest: &str) -> String {
    let mut name = format!("CN={},CN=Users", escape_rdn(&account.display_name));
    for label in forest.split('.') {
        name.push_str(",DC=");
        name.push_str(label);
    }
    name
}

/// RFC 4514 §2.4.
fn escape_rdn(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        if ",+\"\\<>;=".contains(c) || (at == 0 && (c == ' ' || c == '#')) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

const COLUMNS: &str = "id, sam, upn, display_name, first_name, last_name, enabled, time_zone, \
                       language, created_ms";

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        sam: row.get(1)?,
        upn: row.get(2)?,
        display_name: row.get(3)?,
        first_name: row.get(4)?,
        last_name: row.get(5)?,
        enabled: row.get(6)?,
        time_zone: row.get(7)?,
        language: row.get(8)?,
        created_ms: row.get(9)?,
    })
}

pub(crate) fn list(sql: &Sql) -> Result<Vec<Account>> {
    sql.many(
        &format!("SELECT {COLUMNS} FROM account ORDER BY display_name COLLATE NOCASE, id"),
        [],
        read,
    )
}

pub(crate) fn get(sql: &Sql, id: Uuid) -> Result<Option<Account>> {
    sql.one(&format!("SELECT {COLUMNS} FROM account WHERE id = ?1"), [id], read)
}

pub(crate) fn by_login(sql: &Sql, login: &str) -> Result<Option<Account>> {
    let login = login.trim();
    let sam = login.rsplit_once('\\').map_or(login, |(_, sam)| sam);
    if let Some(account) = by_sam(sql, sam)? {
        return Ok(Some(account));
    }
    if let Some(account) = by_upn(sql, login)? {
        return Ok(Some(account));
    }
    by_address(sql, &AddressKind::Smtp, login)
}

/// Stages from the most to the least particular; the first that finds somebody decides.
pub(crate) fn find(sql: &Sql, identity: &str) -> Result<Option<Account>> {
    let identity = identity.trim();
    if let Ok(id) = Uuid::parse_str(identity) {
        return get(sql, id);
    }
    if let Some(account) = by_login(sql, identity)? {
        return Ok(Some(account));
    }
    let by_alias = sql.one(
        "SELECT account FROM mailbox WHERE alias_folded = ?1",
        [fold_name(identity)],
        |row| row.get::<_, Uuid>(0),
    )?;
    if let Some(id) = by_alias {
        return get(sql, id);
    }
    let (kind, value) = split_kind(identity);
    if let Some(account) = by_address(sql, &kind, value)? {
        return Ok(Some(account));
    }
    if kind == AddressKind::Sip
        && let Some(user) = super::messaging_user::by_address(sql, value)?
    {
        return get(sql, user.account);
    }
    by_display_name(sql, identity)
}

fn by_display_name(sql: &Sql, identity: &str) -> Result<Option<Account>> {
    let folded = fold_name(identity);
    let forest = super::deployment::get(sql).map(|d| d.forest).unwrap_or_default();
    let mut hits: Vec<Account> = list(sql)?
        .into_iter()
        .filter(|account| {
            fold_name(&account.display_name) == folded
                || fold_name(&distinguished_name(account, &forest)) == folded
        })
        .collect();
    if hits.len() > 1 {
        let names: Vec<&str> = hits.iter().map(|account| account.upn.as_str()).collect();
        return Err(Error::Conflict(format!(
            "\"{identity}\" is the name of several accounts: {}",
            names.join(", ")
        )));
    }
    Ok(hits.pop())
}

fn split_kind(identity: &str) -> (AddressKind, &str) {
    match identity.split_once(':') {
        Some((kind, value)) => (AddressKind::from_prefix(kind), value),
        None => (AddressKind::Smtp, identity),
    }
}

fn by_sam(sql: &Sql, sam: &str) -> Result<Option<Account>> {
    sql.one(&format!("SELECT {COLUMNS} FROM account WHERE sam_folded = ?1"), [fold_name(sam)], read)
}

fn by_upn(sql: &Sql, upn: &str) -> Result<Option<Account>> {
    let Ok(folded) = fold_address(upn) else { return Ok(None) };
    sql.one(&format!("SELECT {COLUMNS} FROM account WHERE upn_folded = ?1"), [folded], read)
}

fn by_address(sql: &Sql, kind: &AddressKind, value: &str) -> Result<Option<Account>> {
    match super::address::get(sql, kind, value)? {
        Some(address) => get(sql, address.account),
        None => Ok(None),
    }
}

pub(crate) fn put(tx: &mut Writer, account: &Account) -> Result<()> {
    check_sam(&account.sam)?;
    let upn_folded = fold_address(&account.upn).map_err(|_| {
        Error::Invalid(format!("the user principal name \"{}\" is not user@domain", account.upn))
    })?;
    let before = get(&tx.sql, account.id)?;
    let written = tx.sql.run(
        "INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO UPDATE SET sam = excluded.sam, sam_folded = excluded.sam_folded,
           upn = excluded.upn, upn_folded = excluded.upn_folded,
           display_name = excluded.display_name, first_name = excluded.first_name,
           last_name = excluded.last_name, enabled = excluded.enabled,
           time_zone = excluded.time_zone, language = excluded.language",
        rusqlite::params![
            account.id,
            account.sam,
            fold_name(&account.sam),
            account.upn,
            upn_folded,
            account.display_name,
            account.first_name,
            account.last_name,
            account.enabled,
            account.time_zone,
            account.language,
            account.created_ms,
        ],
    );
    unique(written, || {
        format!("the name \"{}\" or \"{}\" belongs to another account", account.sam, account.upn)
    })?;
    if before.is_some_and(|before| before.sam != account.sam || before.upn != account.upn) {
        super::password::keep_only(tx, account)?;
    }
    if !account.enabled {
        super::web_session::delete_of(tx, account.id)?;
    }
    tx.changed(Change::Account(account.id));
    Ok(())
}

pub(crate) fn delete(tx: &mut Writer, id: Uuid) -> Result<()> {
    if tx.sql.run("DELETE FROM account WHERE id = ?1", [id])? == 0 {
        return Err(Error::not_found(format!("account {id}")));
    }
    for change in [Change::Account(id), Change::MessagingUser(id), Change::Mailbox(id)] {
        tx.changed(change);
    }
    Ok(())
}

/// [MS-ADA3] §2.222: at most 20 characters, none of those that name paths.
fn check_sam(sam: &str) -> Result<()> {
    let fits = (1..=20).contains(&sam.chars().count())
        && sam.trim() == sam
        && !sam.chars().any(|c| c.is_control() || "\"/\\[]:;|=,+*?<>@".contains(c));
    if fits { Ok(()) } else { Err(Error::Invalid(format!("\"{sam}\" is not a logon name"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguished_names() {
        let mut account = Account {
            id: Uuid::nil(),
            sam: "kenmyer".into(),
            upn: "kenmyer@litwareinc.com".into(),
            display_name: "Ken Myer".into(),
            first_name: "Ken".into(),
            last_name: "Myer".into(),
            enabled: true,
            time_zone: String::new(),
            language: String::new(),
            created_ms: 0,
        };
        let name = distinguished_name(&account, "litwareinc.com");
        assert_eq!(name, "CN=Ken Myer,CN=Users,DC=litwareinc,DC=com");
        account.display_name = "Myer, Ken".into();
        assert!(distinguished_name(&account, "a").starts_with("CN=Myer\\, Ken,"));
    }

    #[test]
    fn logon_names() {
        for (sam, fits) in [
            ("kenmyer", true),
            ("ken.myer", true),
            ("", false),
            (" ken", false),
            ("ken@x", false),
            ("a\\b", false),
            ("abcdefghijklmnopqrstu", false),
        ] {
            assert_eq!(check_sam(sam).is_ok(), fits, "{sam:?}");
        }
    }
}
