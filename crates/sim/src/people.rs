//! The people of plays, as rows of a store.

use store::directory::{Account, Address, AddressKind, DirectoryWrite as _, MessagingUser};
use store::{Result, Uuid, Writer};

use crate::client::Who;

/// Their domain.
pub const DOMAIN: &str = "litwareinc.com";

/// Everybody who may appear in a play.
const NAMES: &[&str] = &["Romeo", "Juliet", "Tybalt", "Mercutio"];

/// Who stands behind a name of a play; a device follows after a slash.
pub fn who(name: &str) -> Who {
    let person = name.split('/').next().unwrap_or(name).to_lowercase();
    Who {
        name: name.to_owned(),
        address: format!("{person}@{DOMAIN}"),
        password: format!("{person}-secret"),
    }
}

/// Puts them all into a deployment, enabled for messaging at `pool`.
///
/// # Errors
/// The store's.
pub fn create(tx: &mut Writer, pool: &str) -> Result<()> {
    create_all(tx, pool, NAMES)
}

/// The same for other people.
///
/// # Errors
/// The store's.
pub fn create_all(tx: &mut Writer, pool: &str, names: &[impl AsRef<str>]) -> Result<()> {
    for name in names.iter().map(AsRef::as_ref) {
        let Who { address, password, .. } = who(name);
        let account = Account {
            id: Uuid::now_v7(),
            sam: name.to_lowercase(),
            upn: address.clone(),
            display_name: name.to_owned(),
            first_name: name.to_owned(),
            last_name: String::new(),
            enabled: true,
            time_zone: String::new(),
            language: "en-US".to_owned(),
            created_ms: 0,
        };
        tx.put_account(&account)?;
        tx.set_password(account.id, &password)?;
        tx.put_address(&Address {
            account: account.id,
            kind: AddressKind::Sip,
            value: address.clone(),
            primary: true,
        })?;
        tx.put_messaging_user(&MessagingUser {
            account: account.id,
            sip_address: format!("sip:{address}"),
            registrar_pool: pool.to_owned(),
            enabled: true,
        })?;
    }
    Ok(())
}
