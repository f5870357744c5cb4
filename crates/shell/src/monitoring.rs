//! Settings of monitoring: the test users of a pool, and the two-person check.
//!
//! Owns where they are kept: values of the registry, as Windows keeps such settings (`HKLM:` shows
//! them). What is there may have been typed by hand: what cannot be read counts as not there.

use store::directory::{DirectoryRead, DirectoryWrite, RegistryValue};

use crate::limits::{CHECK_INTERVAL_MAX_MS, CHECK_INTERVAL_MIN_MS};

/// Below it, a key for each pool.
const TEST_USERS: &str = r"SOFTWARE\Microsoft\Real-Time Communications\HealthMonitoring";
/// The two-person check.
const CHECK: &str = r"SOFTWARE\Tandem\OwaInstantMessagingCheck";

/// The test users of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestUsers {
    /// FQDN of the pool.
    pub pool: String,
    /// With `sip:`.
    pub first: String,
    /// With `sip:`.
    pub second: String,
}

/// The two-person check's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whether it runs by itself.
    pub enabled: bool,
    /// How often.
    pub interval_ms: i64,
    /// Sign-in names of the two people; empty if nobody is named.
    pub people: [String; 2],
}

impl Default for Check {
    fn default() -> Check {
        Check { enabled: false, interval_ms: 5 * 60_000, people: Default::default() }
    }
}

/// The test users of every pool that has some.
pub(crate) fn test_users(rows: &impl DirectoryRead) -> store::Result<Vec<TestUsers>> {
    let mut found: Vec<TestUsers> = Vec::new();
    for value in rows.registry_values(TEST_USERS)? {
        let Some((_, pool)) = value.path.rsplit_once('\\') else { continue };
        if !found.iter().any(|known| known.pool == pool) {
            let (first, second) = (String::new(), String::new());
            found.push(TestUsers { pool: pool.to_owned(), first, second });
        }
        if let Some(known) = found.iter_mut().find(|known| known.pool == pool) {
            match value.name.as_str() {
                "FirstTestUserSipUri" => known.first = value.value,
                "SecondTestUserSipUri" => known.second = value.value,
                _ => {}
            }
        }
    }
    Ok(found)
}

/// Keeps the test users of a pool.
pub(crate) fn put_test_users(
    rows: &mut impl DirectoryWrite,
    users: &TestUsers,
) -> store::Result<()> {
    let path = format!("{TEST_USERS}\\{}", users.pool);
    put(rows, &path, "FirstTestUserSipUri", &users.first)?;
    put(rows, &path, "SecondTestUserSipUri", &users.second)
}

/// Forgets the test users of a pool.
pub(crate) fn delete_test_users(rows: &mut impl DirectoryWrite, pool: &str) -> store::Result<()> {
    let path = format!("{TEST_USERS}\\{pool}");
    rows.delete_registry_value(&path, "FirstTestUserSipUri")?;
    rows.delete_registry_value(&path, "SecondTestUserSipUri")
}

/// The two-person check.
pub fn check(rows: &impl DirectoryRead) -> store::Result<Check> {
    let mut check = Check::default();
    for RegistryValue { name, value, .. } in rows.registry_values(CHECK)? {
        let [first, second] = &mut check.people;
        match name.as_str() {
            "Enabled" => check.enabled = value == "1",
            "IntervalMilliseconds" => {
                let ms = value.parse().unwrap_or(check.interval_ms);
                check.interval_ms = ms.clamp(CHECK_INTERVAL_MIN_MS, CHECK_INTERVAL_MAX_MS);
            }
            "First" => *first = value,
            "Second" => *second = value,
            _ => {}
        }
    }
    Ok(check)
}

/// Keeps the two-person check.
pub(crate) fn put_check(rows: &mut impl DirectoryWrite, check: &Check) -> store::Result<()> {
    let [first, second] = &check.people;
    put(rows, CHECK, "Enabled", if check.enabled { "1" } else { "0" })?;
    put(rows, CHECK, "IntervalMilliseconds", &check.interval_ms.to_string())?;
    put(rows, CHECK, "First", first)?;
    put(rows, CHECK, "Second", second)
}

fn put(rows: &mut impl DirectoryWrite, path: &str, name: &str, value: &str) -> store::Result<()> {
    let (path, name, value) = (path.to_owned(), name.to_owned(), value.to_owned());
    rows.put_registry_value(&RegistryValue { path, name, value })
}
