//! How each role is, for `/health`: a role is well while every part of it that was started still
//! runs. A part that ends, also by a panic, is noted by the drop of its [`Part`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Role;

/// The parts that run, by role.
#[derive(Clone, Debug, Default)]
pub(super) struct Roles(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// How many of each name, and how many there should be.
    parts: BTreeMap<(Role, &'static str), Count>,
    /// The role's service, if an administrator has stopped it.
    stopped: BTreeMap<Role, &'static str>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    started: usize,
    running: usize,
}

/// One part, while it runs.
#[derive(Debug)]
pub(super) struct Part {
    roles: Roles,
    key: (Role, &'static str),
}

impl Roles {
    /// A part starts; it runs as long as the value lives.
    pub(super) fn part(&self, role: Role, what: &'static str) -> Part {
        self.count((role, what), |count| {
            count.started += 1;
            count.running += 1;
        });
        Part { roles: self.clone(), key: (role, what) }
    }

    /// An administrator has stopped a role's service, or has started it.
    pub(super) fn note(&self, role: Role, stopped: Option<&'static str>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match stopped {
            Some(service) => state.stopped.insert(role, service),
            None => state.stopped.remove(&role),
        };
    }

    /// How these roles are.
    pub(super) fn health(&self, roles: &[Role]) -> web::Health {
        let State { parts, stopped } = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = |role: Role| {
            if let Some(service) = stopped.get(&role) {
                return format!("{service} is stopped: Start-Service {service}");
            }
            let ended =
                parts.iter().find(|((of, _), count)| *of == role && count.running < count.started);
            match ended {
                Some(((_, what), _)) => format!("{what} has ended: restart the node"),
                None => "ok".to_owned(),
            }
        };
        let roles: BTreeMap<String, String> =
            roles.iter().map(|role| (role.name().to_owned(), state(*role))).collect();
        let is_well = roles.values().all(|state| state == "ok");
        web::Health { status: if is_well { "ok" } else { "degraded" }.to_owned(), roles }
    }

    fn count(&self, key: (Role, &'static str), change: impl FnOnce(&mut Count)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(state.parts.entry(key).or_default());
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.roles.count(self.key, |count| count.running = count.running.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_well_while_all_its_parts_run() {
        let roles = Roles::default();
        let both = [Role::Registrar, Role::Mailbox];
        let first = roles.part(Role::Registrar, "SIP over TLS");
        let _second = roles.part(Role::Registrar, "SIP over TLS");
        let _other = roles.part(Role::Mailbox, "SMTP");
        assert_eq!(roles.health(&both).status, "ok");
        let panics = std::thread::spawn(move || {
            let _first = first;
            panic!("a part that fails");
        });
        assert!(panics.join().is_err());
        let health = roles.health(&both);
        assert_eq!(health.status, "degraded");
        assert_eq!(health.roles["registrar"], "SIP over TLS has ended: restart the node");
        assert_eq!(health.roles["mailbox"], "ok");
        roles.note(Role::Mailbox, Some("MSExchangeTransport"));
        let text = "MSExchangeTransport is stopped: Start-Service MSExchangeTransport";
        assert_eq!(roles.health(&both).roles["mailbox"], text);
        roles.note(Role::Mailbox, None);
        assert_eq!(roles.health(&both).roles["mailbox"], "ok");
    }
}
