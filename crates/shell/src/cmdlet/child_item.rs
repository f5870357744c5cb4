//! `Get-ChildItem`, `Get-Item`, `Test-Path`: what is on the mapped drives.

use store::directory::{Certificate, CertificateStore, DirectoryRead as _};

use super::certificate::store_of;
use super::item_filter::{EXCLUDE, FILTER, INCLUDE, Wanted};
use super::item_property::keys;
use super::{Arguments, Cmdlet, Column, Ctx, Example, Group, Kind, Parameter, Stream, View};
use crate::drives::{DriveError, DrivePath, Item, wildcard};
use crate::lang::{Category, Error, Object, Value};

/// Type of a file.
const FILE: &str = "System.IO.FileInfo";
/// Type of a folder.
const FOLDER: &str = "System.IO.DirectoryInfo";
/// Type of a certificate.
const CERTIFICATE: &str = "System.Security.Cryptography.X509Certificates.X509Certificate2";
/// Type of a registry key.
const KEY: &str = "Microsoft.Win32.RegistryKey";
/// Type of a store of certificates.
const STORE: &str = "Microsoft.PowerShell.Commands.X509StoreLocation";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[CHILDREN, ITEM, TEST];

const FILE_COLUMNS: &[Column] = &[
    Column::new("Mode").width(7),
    Column::new("LastWriteTime").width(25).right().format("{0,10:d}  {0,8:t}"),
    Column::new("Length").width(14).right(),
    Column::new("Name"),
];
const CERTIFICATE_COLUMNS: &[Column] =
    &[Column::new("Thumbprint").width(41), Column::new("Subject")];
const KEY_COLUMNS: &[Column] =
    &[Column::new("PSChildName").label("Name").width(30), Column::new("Property")];

/// The property that names what a thing is in.
const PARENT: &str = "PSParentPath";
const IN_FOLDER: Group = Group { label: "Directory", property: PARENT, indent: 4, is_whole: false };
const IN_KEY: Group = Group { label: "Hive", ..IN_FOLDER };
const IN_STORE: Group = Group { label: PARENT, property: PARENT, indent: 3, is_whole: true };

const VIEWS: &[View] = &[
    View::table(FILE, FILE_COLUMNS).grouped(IN_FOLDER).kin("System.IO.FileSystemInfo"),
    View::table(FOLDER, FILE_COLUMNS).grouped(IN_FOLDER).kin("System.IO.FileSystemInfo"),
    View::table(CERTIFICATE, CERTIFICATE_COLUMNS).grouped(IN_STORE),
    View::table(KEY, KEY_COLUMNS).grouped(IN_KEY),
    View::table(STORE, &[Column::new("Name")]),
];

const PATH: Parameter = Parameter::positional("Path", Kind::StringList)
    .alias(&["LiteralPath", "PSPath"])
    .from_pipeline()
    .from_property()
    .help("Paths on C:, HKLM: or Cert:; the last part of a path on C: may have *.");

const CHILDREN: Cmdlet = Cmdlet {
    aliases: &["dir", "gci", "ls"],
    synopsis: "Lists what is in a folder, a registry key or a store of certificates.",
    parameters: &[
        PATH,
        FILTER.at(1),
        INCLUDE,
        EXCLUDE,
        Parameter::switch("Recurse").help("Folders within folders too."),
        Parameter::switch("Name").help("Only the names."),
        Parameter::switch("File").help("Only files."),
        Parameter::switch("Directory").help("Only folders."),
        Parameter::switch("Force").help("Accepted: nothing is hidden."),
    ],
    output: VIEWS,
    examples: &[
        Example {
            text: "Look for the file of the provider of instant messages",
            input: "Get-ChildItem 'C:\\Program Files\\Microsoft UCMA 4.0\\Runtime\\SSP'",
            output: "Mode * LastWriteTime * Length Name\n*\n\
                     -a---* Microsoft.Rtc.Internal.Ucweb.dll",
        },
        Example {
            text: "List the certificates of this computer",
            input: "(Get-ChildItem Cert:\\LocalMachine\\My).Count",
            output: "3",
        },
        Example {
            text: "Some files and not others",
            input: "md C:\\Some | Out-Null; 'a' > C:\\Some\\a.log; 'b' > C:\\Some\\b.log; 'c' > \
                    C:\\Some\\c.txt; (Get-ChildItem C:\\Some\\* -Include *.log -Exclude b*).Name",
            output: "a.log",
        },
    ],
    ..Cmdlet::by_path(
        "Get-ChildItem",
        &["Path"],
        |ctx, args, out| Box::pin(children(ctx, args, out)),
        crate::generic::CHILD_ITEM,
    )
};

const ITEM: Cmdlet = Cmdlet {
    aliases: &["gi"],
    synopsis: "Shows a file, a folder, a registry key or a certificate.",
    parameters: &[PATH.mandatory(), FILTER, INCLUDE, EXCLUDE],
    output: VIEWS,
    examples: &[Example {
        text: "See when Web.config was changed last",
        input: "(Get-Item 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\Owa\\\
                Web.config').Name",
        output: "web.config",
    }],
    ..Cmdlet::by_path(
        "Get-Item",
        &["Path"],
        |ctx, args, out| Box::pin(item(ctx, args, out)),
        crate::generic::ITEM,
    )
};

const TEST: Cmdlet = Cmdlet {
    synopsis: "Tells whether a path exists.",
    parameters: &[
        PATH.mandatory(),
        Parameter::named("PathType", Kind::String)
            .alias(&["Type"])
            .values(&["Any", "Container", "Leaf"])
            .default("Any")
            .help("Whether it must be a folder or key, or a file."),
        FILTER,
        INCLUDE,
        EXCLUDE,
        Parameter::named("NewerThan", Kind::Time).help("Only if it was written after this."),
        Parameter::named("OlderThan", Kind::Time).help("Only if it was written before this."),
    ],
    examples: &[
        Example {
            text: "See whether the integration has worked at least once",
            input: "Test-Path 'C:\\Program Files\\Microsoft\\Exchange server\\V15\\Logging\\OWA\\\
                    InstantMessaging'",
            output: "False",
        },
        Example {
            text: "See whether the registry key exists",
            input: "Test-Path 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\MSExchange OWA\\\
                    InstantMessaging'",
            output: "True",
        },
    ],
    ..Cmdlet::by_path(
        "Test-Path",
        &["Path"],
        |ctx, args, out| Box::pin(test(ctx, args, out)),
        crate::generic::TEST_PATH,
    )
};

/// A thing on a drive, and whether it holds others.
struct Found {
    object: Object,
    is_container: bool,
}

async fn children(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wanted = Wanted::of(args);
    let mut waiting: Vec<String> = args.texts("Path").unwrap_or_default();
    if waiting.is_empty() {
        waiting.push("C:\\".to_owned());
    }
    waiting.reverse();
    while let Some(path) = waiting.pop() {
        let mut below = Vec::new();
        let is_empty = wanted.is_without_object(args, &path);
        for found in list(ctx, &path).await? {
            let text = |name| found.object.get(name).and_then(|v| v.as_str().map(str::to_owned));
            let name = text("Name").or_else(|| text("Thumbprint")).unwrap_or_default();
            if found.is_container && args.flag("Recurse") {
                below.extend(text("FullName"));
            }
            let is_kind = (!args.flag("File") || !found.is_container)
                && (!args.flag("Directory") || found.is_container);
            if !is_kind || is_empty || !wanted.takes(&name) {
                continue;
            }
            if args.flag("Name") {
                out.object(name).await;
            } else {
                out.object(found.object).await;
            }
        }
        below.reverse();
        waiting.extend(below);
    }
    Ok(())
}

/// The name of a thing.
fn name(found: &Found) -> String {
    let text = |name| found.object.get(name).and_then(|v| v.as_str().map(str::to_owned));
    text("PSChildName").or_else(|| text("Name")).or_else(|| text("Thumbprint")).unwrap_or_default()
}

async fn item(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let wanted = Wanted::of(args);
    for path in args.texts("Path").unwrap_or_default() {
        for found in look(ctx, &path).await?.into_iter().filter(|found| wanted.takes(&name(found)))
        {
            out.object(found.object).await;
        }
    }
    Ok(())
}

async fn test(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let kind = args.text("PathType").unwrap_or("Any").to_ascii_lowercase();
    let wanted = Wanted::of(args);
    for path in args.texts("Path").unwrap_or_default() {
        let found = look(ctx, &path).await.unwrap_or_default();
        let fits = |found: &Found| match kind.as_str() {
            "container" => found.is_container,
            "leaf" => !found.is_container,
            _ => true,
        };
        let is_in_time = |found: &Found| match found.object.get("LastWriteTime") {
            Some(Value::Time(written)) => {
                args.time_ms("NewerThan").is_none_or(|than| written > than)
                    && args.time_ms("OlderThan").is_none_or(|than| written < than)
            }
            _ => true,
        };
        let is_wanted = |found: &Found| wanted.takes(&name(found));
        let is_there =
            found.iter().any(|found| fits(found) && is_in_time(found) && is_wanted(found));
        out.object(is_there).await;
    }
    Ok(())
}

/// The things a path means.
async fn look(ctx: &Ctx, text: &str) -> Result<Vec<Found>, Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => Ok(ctx.drives.matching(&path)?.iter().map(file).collect()),
        Some(DrivePath::Registry(key)) => {
            let keys = ctx.read(move |rows| keys_like(rows, &key, false)).await?;
            if keys.is_empty() { Err(not_found(text)) } else { Ok(keys) }
        }
        Some(DrivePath::Certificates(parts)) => certificates(ctx, text, &parts, false).await,
        None => Err(no_provider(text, "C:, HKLM: and Cert:")),
    }
}

/// What is in what a path means.
async fn list(ctx: &Ctx, text: &str) -> Result<Vec<Found>, Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => {
            let found = ctx.drives.matching(&path)?;
            match found.as_slice() {
                [only] if only.folder => {
                    Ok(ctx.drives.list(&only.path)?.iter().map(file).collect())
                }
                several => Ok(several.iter().map(file).collect()),
            }
        }
        Some(DrivePath::Registry(key)) => {
            let (found, below) = ctx
                .read(move |rows| Ok((keys_like(rows, &key, false)?, keys_like(rows, &key, true)?)))
                .await?;
            if found.is_empty() { Err(not_found(text)) } else { Ok(below) }
        }
        Some(DrivePath::Certificates(parts)) => certificates(ctx, text, &parts, true).await,
        None => Err(no_provider(text, "C:, HKLM: and Cert:")),
    }
}

fn keys_like(rows: &store::Reader, key: &str, below: bool) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    for known in keys(rows)? {
        let (parent, name) = known.rsplit_once('\\').unwrap_or(("", known.as_str()));
        let is_meant = if below {
            !known.is_empty() && parent.eq_ignore_ascii_case(key)
        } else {
            known.eq_ignore_ascii_case(key)
        };
        if !is_meant {
            continue;
        }
        let values = rows.registry_values(&known)?;
        let own = values.iter().filter(|value| value.path.eq_ignore_ascii_case(&known));
        let object = Object::new(KEY)
            .shown_as(&format!("HKEY_LOCAL_MACHINE\\{known}"))
            .with("Name", format!("HKEY_LOCAL_MACHINE\\{known}"))
            .with("PSChildName", name)
            .with("Property", Value::list(own.map(|value| &value.name)))
            .with("FullName", format!("HKLM:\\{known}"))
            .with(
                PARENT,
                format!("Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\{parent}")
                    .trim_end_matches('\\'),
            )
            .with(
                "PSPath",
                format!("Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\{known}"),
            );
        found.push(Found { object, is_container: true });
    }
    Ok(found)
}

async fn certificates(
    ctx: &Ctx,
    text: &str,
    parts: &[String],
    below: bool,
) -> Result<Vec<Found>, Error> {
    let machine = |part: &String| part.eq_ignore_ascii_case("LocalMachine");
    let named = |name: &str, full: String| Found {
        object: Object::new(STORE).shown_as(name).with("Name", name).with("FullName", full),
        is_container: true,
    };
    match (parts, below) {
        ([], true) => Ok(vec![named("LocalMachine", "Cert:\\LocalMachine".to_owned())]),
        ([], false) => Ok(vec![named("Certificate", "Cert:\\".to_owned())]),
        ([location], true) if machine(location) => Ok(["My", "Root", "CA", "Trust"]
            .iter()
            .map(|store| named(store, format!("Cert:\\LocalMachine\\{store}")))
            .collect()),
        ([location], false) if machine(location) => {
            Ok(vec![named("LocalMachine", "Cert:\\LocalMachine".to_owned())])
        }
        ([location, store, rest @ ..], _) if machine(location) => {
            let (store, name) = store_of(store).ok_or_else(|| not_found(text))?;
            if rest.is_empty() && !below {
                return Ok(vec![named(name, format!("Cert:\\LocalMachine\\{name}"))]);
            }
            let held = held(ctx, store).await?;
            let is_meant = |own: &&Certificate| {
                rest.first().is_none_or(|wanted| wildcard(wanted, &own.thumbprint))
            };
            let found: Vec<Found> =
                held.iter().filter(is_meant).map(|own| certificate(own, name)).collect();
            if found.is_empty() && !rest.is_empty() { Err(not_found(text)) } else { Ok(found) }
        }
        _ => Err(not_found(text)),
    }
}

/// What a store holds. Roots are those of every computer that the node plays, each once; what a
/// computer shows is that of the one the shell speaks for.
async fn held(ctx: &Ctx, store: CertificateStore) -> Result<Vec<Certificate>, Error> {
    let computers = match store {
        CertificateStore::My => vec![ctx.computer.to_lowercase()],
        CertificateStore::Root | CertificateStore::Ca | CertificateStore::Trust => {
            ctx.computers.clone()
        }
    };
    ctx.read(move |rows| {
        let mut held: Vec<Certificate> = Vec::new();
        for computer in &computers {
            for own in rows.certificates(computer, store)? {
                if !held.iter().any(|known| known.thumbprint == own.thumbprint) {
                    held.push(own);
                }
            }
        }
        Ok(held)
    })
    .await
}

fn certificate(own: &Certificate, store: &str) -> Found {
    Found { object: certificate_object(own, store), is_container: false }
}

/// A certificate of a store as it is shown.
pub(super) fn certificate_object(own: &Certificate, store: &str) -> Object {
    let path = format!("LocalMachine\\{store}\\{}", own.thumbprint);
    Object::new(CERTIFICATE)
        .shown_as(&own.subject)
        .with("Thumbprint", &own.thumbprint)
        .with("Subject", &own.subject)
        .with("Issuer", &own.issuer)
        .with("FriendlyName", &own.friendly_name)
        .with("NotBefore", Value::Time(own.not_before_ms))
        .with("NotAfter", Value::Time(own.not_after_ms))
        .with("SerialNumber", &own.serial)
        .with("HasPrivateKey", own.key.is_some())
        .with("DnsNameList", Value::list(&own.dns_names))
        .with("EnhancedKeyUsageList", Value::list(&own.eku))
        .with("RawData", Value::Bytes(own.der.clone().into()))
        .with("FullName", format!("Cert:\\{path}"))
        .with(PARENT, format!("Microsoft.PowerShell.Security\\Certificate::LocalMachine\\{store}"))
        .with("PSPath", format!("Microsoft.PowerShell.Security\\Certificate::{path}"))
}

fn file(item: &Item) -> Found {
    Found { object: file_object(item), is_container: item.folder }
}

/// A file or folder as it is shown.
pub(super) fn file_object(item: &Item) -> Object {
    let full = item.path.to_string();
    let name = item.path.name();
    let folder = item.path.split_last().map(|(above, _)| above.to_string());
    let (stem, dot) = match name.rfind('.') {
        Some(at) if !item.folder => name.split_at(at),
        _ => (name, ""),
    };
    let length =
        if item.folder { Value::Null } else { crate::lang::number::long(count(item.bytes)) };
    Object::new(if item.folder { FOLDER } else { FILE })
        .shown_as(&full)
        .with("Mode", if item.folder { "d-----" } else { "-a----" })
        .with("LastWriteTime", Value::Time(item.written_ms))
        .with("Length", length)
        .with("Name", name)
        .with("FullName", &full)
        .with("DirectoryName", folder.clone())
        .with("BaseName", stem)
        .with("Extension", dot)
        .with("PSIsContainer", item.folder)
        .with("PSPath", format!("Microsoft.PowerShell.Core\\FileSystem::{full}"))
        .with(
            PARENT,
            folder.map(|folder| format!("Microsoft.PowerShell.Core\\FileSystem::{folder}")),
        )
        .with("Exists", true)
}

fn count(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Nothing of that name is there.
pub(super) fn not_found(path: &str) -> Error {
    Error::from(DriveError::NotFound(path.to_owned())).target(path)
}

/// The path is on no drive that the cmdlet can use.
pub(super) fn no_provider(path: &str, drives: &str) -> Error {
    Error::new(
        Category::ObjectNotFound,
        "DriveNotFound",
        format!("Cannot find drive. '{path}' is not on {drives}."),
    )
    .target(path)
    .exception("DriveNotFoundException")
}
