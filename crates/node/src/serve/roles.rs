//! How each role is, for `/health`: a role is well while every part of it that was started still
//! runs. A part that ends, also by a panic, is noted by the drop of its [`Part`]. Of unified
//! messaging only the settings exist, and `/health` says so.

use std::collections::BTreeMap;
use std::fmt;
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

/// How a role is.
enum Condition {
    /// Everything that was started runs.
    Ok,
    /// Nothing runs for it, and nothing should.
    SettingsOnly,
    /// An administrator has stopped this service.
    Stopped(&'static str),
    /// This part does not run any longer.
    Ended(&'static str),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Ok => f.write_str("ok"),
            Condition::SettingsOnly => {
                f.write_str("settings only: this version takes no calls, so nothing runs")
            }
            Condition::Stopped(service) => {
                write!(f, "{service} is stopped: Start-Service {service}")
            }
            Condition::Ended(what) => write!(f, "{what} has ended: restart the node"),
        }
    }
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
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let roles = roles.iter().map(|role| (*role, state.condition(*role)));
        let roles: BTreeMap<Role, Condition> = roles.collect();
        let is_well = |condition| matches!(condition, &Condition::Ok | &Condition::SettingsOnly);
        let status = if roles.values().all(is_well) { "ok" } else { "degraded" };
        let texts = roles.iter().map(|(role, it)| (role.name().to_owned(), it.to_string()));
        web::Health { status: status.to_owned(), roles: texts.collect(), warnings: Vec::new() }
    }

    fn count(&self, key: (Role, &'static str), change: impl FnOnce(&mut Count)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(state.parts.entry(key).or_default());
    }
}

impl State {
    fn condition(&self, role: Role) -> Condition {
        if let Some(service) = self.stopped.get(&role) {
            return Condition::Stopped(service);
        }
        let mut own = self.parts.iter().filter(|((of, _), _)| *of == role).peekable();
        if role == Role::UnifiedMessaging && own.peek().is_none() {
            return Condition::SettingsOnly;
        }
        match own.find(|(_, count)| count.running < count.started) {
            Some(((_, what), _)) => Condition::Ended(what),
            None => Condition::Ok,
        }
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
    fn a_role_that_runs_nothing_says_so_and_harms_nobody() {
        let roles = Roles::default();
        let _part = roles.part(Role::Registrar, "SIP over TLS");
        let health = roles.health(&[Role::Registrar, Role::UnifiedMessaging]);
        assert_eq!(health.status, "ok");
        assert_eq!(health.roles["registrar"], "ok");
        assert!(health.roles["unified-messaging"].starts_with("settings only"));
    }

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
