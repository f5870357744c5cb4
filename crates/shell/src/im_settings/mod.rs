//! What an administrator is told when something is written that contradicts the rest of the
//! integration: settings in a `Web.config`, certificates, unified messaging (`cmdlets.md` §17).
//!
//! Owns the facts the advice is made from, and which file is which. Judges nothing that is in
//! use: that is the web half's diagnosis, sixteen links (design.md §6). Read next: `advice` (the
//! two values), `certificate`, `file`.

mod advice;
mod certificate;
mod file;
mod known;
mod outlook;

use im::directory::Directory;
use im::host_name::HostName;
use im::known_servers::{KnownServers, Source};
use store::Reader;
use store::directory::{Certificate, CertificateStore, DirectoryRead as _, Server, ServerRole};
use store::messaging::{MessagingRead as _, Topology};

use crate::cmdlet::Ctx;
use crate::drives::FilePath;
use crate::lang::Error;
use crate::web_config;

pub(crate) use certificate::{flaws, reasons};
pub(crate) use known::{Known, named_after_alternative, only_entry};
pub(crate) use outlook::outlook;

/// Key of the pool's name.
pub(crate) const SERVER_NAME: &str = "IMServerName";
/// Key of the certificate's thumbprint.
pub(crate) const THUMBPRINT: &str = "IMCertificateThumbprint";
/// The command that makes edited settings take effect: the article's line.
pub(crate) const RECYCLE: &str = r#"C:\Windows\System32\Inetsrv\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool""#;

/// The two files of that name, below `C:`.
pub(crate) const BACK_END: &str =
    r"\Program Files\Microsoft\Exchange Server\V15\ClientAccess\Owa\web.config";
pub(crate) const FRONT_END: &str =
    r"\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\web.config";

/// What the advice is made from.
pub(crate) struct Facts {
    /// Full name of the computer whose `Web.config` it is.
    pub computer: String,
    pub now_ms: i64,
    /// Certificates of that computer.
    pub own: Vec<Certificate>,
    /// Certificates of the others, the registrar's left out.
    pub others: Vec<Certificate>,
    /// A computer of the messaging half, and the roots it trusts.
    pub registrar: String,
    pub roots: Vec<Certificate>,
    /// Serial numbers that the internal authority has revoked.
    pub revoked: Vec<String>,
    pub published: Topology,
    pub known: KnownServers,
    pub servers: Vec<Server>,
}

impl Facts {
    pub(crate) fn read(rows: &Reader, computer: &str, now_ms: i64) -> Result<Facts, Error> {
        let published = rows.published_topology()?;
        let computers = published.pools.iter().flat_map(|pool| &pool.computers);
        let registrar = computers.clone().next().cloned().unwrap_or_default();
        let is_registrar =
            |own: &Certificate| computers.clone().any(|c| c.eq_ignore_ascii_case(&own.computer));
        let mut others = rows.all_certificates()?;
        others.retain(|own| own.store == CertificateStore::My && !is_registrar(own));
        let (own, others) =
            others.into_iter().partition(|own| own.computer.eq_ignore_ascii_case(computer));
        let issued = rows.issued_certificates()?;
        let revoked = issued.into_iter().filter(|row| row.revoked_ms.is_some());
        Ok(Facts {
            computer: computer.to_lowercase(),
            now_ms,
            own,
            others,
            roots: rows.certificates(&registrar, CertificateStore::Root)?,
            registrar,
            revoked: revoked.map(|row| row.serial).collect(),
            known: Directory::load(rows)?.known_servers().clone(),
            published,
            servers: rows.servers()?,
        })
    }

    /// The sources of the entries of a name in the Known Servers Table.
    fn sources(&self, name: &str) -> Vec<&Source> {
        let name = HostName::literal(name.as_bytes());
        name.iter().flat_map(|name| self.known.of_name(name)).map(|entry| &entry.source).collect()
    }

    /// The published trusted application pool that a computer is in, or that has its name.
    fn trusted_pool(&self, name: &str) -> Option<&store::messaging::TrustedApplicationPool> {
        let same = |other: &String| other.eq_ignore_ascii_case(name);
        let is_in = |pool: &&store::messaging::TrustedApplicationPool| {
            same(&pool.fqdn) || pool.computers.iter().any(same)
        };
        self.published.trusted_pools.iter().find(is_in)
    }

    /// A server of the mail half.
    fn mail_server(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| {
            let is_named = server.fqdn.eq_ignore_ascii_case(name);
            !server.has(ServerRole::FrontEnd)
                && (is_named || server.name.eq_ignore_ascii_case(name))
        })
    }
}

/// What to tell after a file on `C:` was written; nothing if it has no part in this.
pub(crate) async fn after_write(
    ctx: &Ctx,
    path: &FilePath,
    before: &str,
    after: &str,
) -> Result<Vec<String>, Error> {
    if same_path(path, FRONT_END) {
        return Ok(file::front_end(after));
    }
    if !same_path(path, BACK_END) {
        return Ok(Vec::new());
    }
    let mut told = file::notices(after, path);
    let (old, new) = (web_config::settings(before), web_config::settings(after));
    let (Ok(new), old) = (new, old.unwrap_or_default()) else { return Ok(told) };
    let value = |settings: &[web_config::Setting], key: &str| {
        let of_key = settings.iter().rfind(|setting| setting.key.trim().eq_ignore_ascii_case(key));
        of_key.map(|setting| setting.value.clone())
    };
    let news = |key: &str| {
        let now = value(&new, key);
        (now != value(&old, key)).then_some(now)
    };
    let (server, thumbprint) = (news(SERVER_NAME), news(THUMBPRINT));
    if server.is_none() && thumbprint.is_none() {
        return Ok(told);
    }
    let (computer, now_ms) = (ctx.computer.clone(), ctx.now_ms());
    let all = (value(&new, SERVER_NAME), value(&new, THUMBPRINT));
    let advised = ctx
        .read(move |rows| {
            let facts = Facts::read(rows, &computer, now_ms)?;
            let mut told = Vec::new();
            if let Some(Some(written)) = &thumbprint {
                told.extend(advice::thumbprint(&facts, written));
            }
            if let Some(Some(written)) = &server {
                told.extend(advice::server_name(&facts, written));
            }
            told.extend(advice::removed([(SERVER_NAME, &server), (THUMBPRINT, &thumbprint)]));
            if let (Some(server), Some(_)) = &all {
                told.extend(advice::home(&facts, server));
            }
            Ok(told)
        })
        .await?;
    told.extend(advised);
    told.push(format!(
        "The settings of instant messaging take effect when the application pool is recycled: \
         {RECYCLE}"
    ));
    Ok(told)
}

pub(crate) fn same_path(path: &FilePath, known: &str) -> bool {
    path.to_string().eq_ignore_ascii_case(&FilePath::new(known).to_string())
}

/// The thumbprint that the back end's `Web.config` names, as digits; none if it names none.
pub(crate) fn configured_thumbprint(ctx: &Ctx) -> Option<String> {
    let bytes = ctx.drives.read(&FilePath::new(BACK_END)).ok()?;
    let settings = web_config::settings(&String::from_utf8(bytes).ok()?).ok()?;
    let written = settings.into_iter().rfind(|own| own.key.eq_ignore_ascii_case(THUMBPRINT))?;
    store::thumbprint::read(&written.value).ok().map(|read| read.hex)
}

const SET: &str = "C:\\Windows\\System32\\Inetsrv\\Appcmd.exe set config \"Exchange Back \
                   End/owa\" /section:appSettings";

/// The command that gives a key of the back end's `Web.config` another value.
pub(crate) fn set_command(key: &str, value: &str) -> String {
    format!("{SET} /\"[key='{key}'].value:{value}\"")
}

/// The command that adds a key to it.
fn add_command(key: &str, value: &str) -> String {
    format!("{SET} /+\"[key='{key}',value='{value}']\"")
}
