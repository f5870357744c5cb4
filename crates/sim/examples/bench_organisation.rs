//! Makes an organisation for measurements: the bare demo with so many people `u0`, `u1`, … whose
//! password is `secret`, enabled for messaging, on the demo's usual ports.
//! `cargo run --release -p sim --example bench_organisation -- DIR COUNT`
//!
//! What is measured is then the shipped binary: `tandem serve --config DIR/tandem.toml`.
#![expect(clippy::print_stdout, reason = "never shipped: it says what it has made")]

use std::path::PathBuf;

use node::clock::Clock;
use node::quickstart::{self, Demo};
use shell::organisation::{DOMAIN, POOL};
use store::directory::{Account, Address, AddressKind, DirectoryWrite as _, MessagingUser};
use store::{Result, SecretKey, Store, Uuid, Writer};

const PASSWORD: &str = "secret";
/// People in one transaction: a second or two of password hashes.
const BLOCK: usize = 50;

fn main() -> anyhow::Result<()> {
    let usage = || anyhow::anyhow!("bench_organisation DIR COUNT");
    let mut arguments = std::env::args().skip(1);
    let data = PathBuf::from(arguments.next().ok_or_else(usage)?);
    let count: usize = arguments.next().and_then(|it| it.parse().ok()).ok_or_else(usage)?;
    let demo = Demo { data: data.clone(), bare: true, collocated: false, auto_ports: false };
    quickstart::prepare(&demo)?;
    let key = SecretKey::load_or_create(&data.join("secret.key"))?;
    let store = Store::open(&data.join("tandem.db"), key, Clock::wall_ms())?;
    for first in (0..count).step_by(BLOCK) {
        let block = first..count.min(first + BLOCK);
        store.write_blocking(Clock::wall_ms(), move |tx| {
            block.into_iter().try_for_each(|n| add(tx, n))
        })?;
    }
    println!("{count} people u0@{DOMAIN} … in {}", data.display());
    Ok(())
}

fn add(tx: &mut Writer, number: usize) -> Result<()> {
    let sam = format!("u{number}");
    let address = format!("{sam}@{DOMAIN}");
    let account = Account {
        id: Uuid::now_v7(),
        sam: sam.clone(),
        upn: address.clone(),
        display_name: sam,
        first_name: String::new(),
        last_name: String::new(),
        enabled: true,
        time_zone: String::new(),
        language: "en-US".to_owned(),
        created_ms: 0,
    };
    tx.put_account(&account)?;
    tx.set_password(account.id, PASSWORD)?;
    let value = address.clone();
    tx.put_address(&Address { account: account.id, kind: AddressKind::Sip, value, primary: true })?;
    tx.put_messaging_user(&MessagingUser {
        account: account.id,
        sip_address: format!("sip:{address}"),
        registrar_pool: POOL.to_owned(),
        enabled: true,
    })
}
