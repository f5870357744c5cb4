//! Many people more.

use store::directory::{Account, DirectoryWrite, MessagingUser};

use super::{DOMAIN, POOL, World, aor};

/// The so-manieth of them.
pub fn name(number: usize) -> String {
    format!("w{number}")
}

/// So many people more; without a password only an application speaks for them.
pub fn hire(world: &mut World, count: usize, password: Option<&'static str>) {
    world.write(move |tx| {
        for number in 0..count {
            let (sam, id) = (name(number), tx.new_id()?);
            tx.put_account(&Account {
                id,
                upn: format!("{sam}@{DOMAIN}"),
                display_name: sam.clone(),
                first_name: String::new(),
                last_name: String::new(),
                enabled: true,
                time_zone: String::new(),
                language: "en-US".to_owned(),
                created_ms: 0,
                sam: sam.clone(),
            })?;
            if let Some(password) = password {
                tx.set_password(id, password)?;
            }
            tx.put_messaging_user(&MessagingUser {
                account: id,
                sip_address: aor(&sam),
                registrar_pool: POOL.to_owned(),
                enabled: true,
            })?;
        }
        Ok(())
    });
    world.reload();
}
