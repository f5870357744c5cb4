//! A person: account, addresses, mailbox, messaging row.

use mailbox::{NewMailbox, create_mailbox};
use store::directory::{Account, Address, AddressKind, DirectoryWrite as _, MessagingUser};
use store::{Result, Uuid, Writer};

/// A person to be made.
#[derive(Clone)]
pub(crate) struct NewPerson {
    pub sam: String,
    pub upn: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    pub alias: String,
    pub mail: String,
    pub server: String,
    /// SIP address and registrar pool.
    pub sip: Option<(String, String)>,
    pub password: Option<String>,
}

pub(crate) fn create_person(tx: &mut Writer, person: &NewPerson) -> Result<Uuid> {
    let id = tx.new_id()?;
    tx.put_account(&Account {
        id,
        sam: person.sam.clone(),
        upn: person.upn.clone(),
        display_name: person.display_name.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        enabled: true,
        time_zone: String::new(),
        language: String::new(),
        created_ms: tx.now_ms(),
    })?;
    if let Some(password) = &person.password {
        tx.set_password(id, password)?;
    }
    let mail =
        Address { account: id, kind: AddressKind::Smtp, value: person.mail.clone(), primary: true };
    tx.put_address(&mail)?;
    let new =
        NewMailbox { account: id, alias: person.alias.clone(), server: person.server.clone() };
    create_mailbox(tx, &new)?;
    if let Some((sip_address, registrar_pool)) = &person.sip {
        let user = MessagingUser {
            account: id,
            sip_address: sip_address.clone(),
            registrar_pool: registrar_pool.clone(),
            enabled: true,
        };
        tx.put_messaging_user(&user)?;
        let value = sip_address.trim_start_matches("sip:").to_owned();
        tx.put_address(&Address { account: id, kind: AddressKind::Sip, value, primary: true })?;
    }
    Ok(id)
}
