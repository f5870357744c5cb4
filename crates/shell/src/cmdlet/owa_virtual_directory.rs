//! `New-`, `Get-`, `Set-`, `Remove-OwaVirtualDirectory`: the web app's settings per website.

mod make;

use store::Reader;
use store::directory::{DirectoryRead as _, Server};
use store::mail::{DEFAULT_WEB_SITE, ImType, MailRead as _, MailWrite as _, OwaVirtualDirectory};

use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{configuration_name, guid, server, virtual_directories};
use crate::lang::{Error, Object, Value};
use crate::owa_settings::{self, DIRECTORY, FORMER, IM_TYPE, SHARED};

/// Type of a virtual directory.
const DIRECTORY_TYPE: &str =
    "Microsoft.Exchange.Data.Directory.SystemConfiguration.ADOwaVirtualDirectory";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[make::NEW, GET, SET, make::REMOVE];

const COLUMNS: &[Column] =
    &[Column::new("Name").width(30), Column::new("Server").width(30), Column::new("OwaVersion")];

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the virtual directories of Outlook Web App.",
    description: "Without -ShowMailboxVirtualDirectories only those of front ends: they are the \
                  ones on which instant messaging is switched on.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help("\"owa (Default Web Site)\", Server\\Name, either with *, distinguished name or GUID; all if \
                   left out or $null."),
        Parameter::named("Server", Kind::Identity)
            .mandatory()
            .sets(&["Server"])
            .help("Only directories of this server."),
        Parameter::switch("ADPropertiesOnly")
            .help("Accepted and without effect: there is no other place they could come from."),
        Parameter::switch("ShowMailboxVirtualDirectories")
            .help("Shows the back ends of mailbox servers too."),
        Parameter::named("DomainController", Kind::String)
            .help("Accepted and without effect: there is one directory."),
    ],
    default_set: "Identity",
    output: &[View::table(DIRECTORY_TYPE, COLUMNS)],
    examples: &[
        Example {
            text: "List the front ends",
            input: "Get-OwaVirtualDirectory",
            output: "Name * Server * OwaVersion\n---- * ------ * ----------\n\
                     owa (Default Web Site) * ATL-CAS-001 * Exchange2013",
        },
        Example {
            text: "List front ends and back ends",
            input: "Get-OwaVirtualDirectory -ShowMailboxVirtualDirectories | \
                    Select-Object Identity, InstantMessagingEnabled, InstantMessagingType",
            output: "ATL-CAS-001\\owa (Default Web Site) * True * None\n\
                     ATL-OWA-001\\owa (Exchange Back End) * True * None",
        },
    ],
    ..Cmdlet::node("Get-OwaVirtualDirectory", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const OWN: [Parameter; 7] = [
    Parameter::positional("Identity", Kind::Identity)
        .mandatory()
        .from_pipeline()
        .from_property()
        .help("\"owa (Default Web Site)\", Server\\Name, either with *."),
    Parameter::named("InstantMessagingEnabled", Kind::Bool)
        .default("True")
        .help("Whether the page has instant messaging."),
    Parameter::named("InstantMessagingType", Kind::Enum(&IM_TYPE))
        .default("None")
        .help("The provider: Ocs is the messaging half, or a Lync server."),
    Parameter::named("InstantMessagingServerName", Kind::String)
        .help("The pool, if Web.config has no IMServerName; Web.config wins."),
    Parameter::named("InstantMessagingCertificateThumbprint", Kind::String)
        .help("The certificate, if Web.config has no IMCertificateThumbprint; Web.config wins."),
    Parameter::named("DomainController", Kind::String)
        .help("Accepted and without effect: there is one directory."),
    Parameter::switch("Force").help("Asks no questions."),
];
const SET_PARAMETERS: [Parameter; OWN.len() + SHARED.len() + DIRECTORY.len() + FORMER.len()] =
    owa_settings::parameters(&OWN, &[&SHARED, &DIRECTORY, &FORMER]);

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a virtual directory of Outlook Web App.",
    description: "Governs every mailbox that has no mailbox policy of its own. Signed-in pages \
                  follow within seconds. Each setting says whether it has an effect here; \
                  the others are kept and shown.",
    parameters: &SET_PARAMETERS,
    examples: &[
        Example {
            text: "Switch instant messaging on",
            input: "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled \
                    $True -InstantMessagingType OCS; \
                    (Get-OwaVirtualDirectory).InstantMessagingType",
            output: "Ocs",
        },
        Example {
            text: "Switch instant messaging off",
            input: "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingEnabled \
                    $False; (Get-OwaVirtualDirectory).InstantMessagingEnabled",
            output: "False",
        },
    ],
    ..Cmdlet::node_write("Set-OwaVirtualDirectory", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").map(str::to_owned);
    let of_server = args.text("Server").map(str::to_owned);
    let with_back_ends = args.flag("ShowMailboxVirtualDirectories");
    let asked = ctx.computer.clone();
    let found = ctx
        .read(move |rows| {
            let mut found = rows.virtual_directories()?;
            if let Some(name) = of_server {
                let server = server(rows, &name, &asked)?;
                found.retain(|directory| directory.server.eq_ignore_ascii_case(&server.name));
            }
            if let Some(text) = &identity {
                found = named(found, text, &asked)?;
            } else if !with_back_ends {
                found.retain(is_front_end);
            }
            let forest = rows.deployment()?.forest;
            found.iter().map(|directory| object(rows, directory, &forest)).collect()
        })
        .await?;
    let found: Vec<Object> = found;
    for directory in found {
        out.object(directory).await;
    }
    Ok(())
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    let (targets, assigned) = ctx
        .read(move |rows| {
            let targets = named(rows.virtual_directories()?, &identity, &asked)?;
            let assigned = rows.mailboxes()?.iter().filter(|m| m.owa_policy.is_some()).count();
            Ok((targets, assigned))
        })
        .await?;
    if let Some(warning) = owa_settings::former_warning(args) {
        out.warn(warning).await;
    }
    for target in targets {
        let identity = target.identity();
        if !out.should_process("Set-OwaVirtualDirectory", &identity).await? {
            continue;
        }
        let args_too = args.clone();
        let changed = ctx
            .write(move |rows| {
                let found = rows.virtual_directory(&target.server, &target.website)?;
                let mut directory = found.unwrap_or(target);
                let changed = change(&args_too, &mut directory);
                owa_settings::check_logon(&directory.settings)?;
                if changed {
                    rows.put_virtual_directory(&directory)?;
                }
                Ok((changed, directory))
            })
            .await?;
        let warnings = match changed {
            (true, directory) => warnings(args, &directory, assigned),
            (false, directory) => {
                out.warn(nothing_changed(&identity)).await;
                type_is_none(args, directory.im_type).into_iter().collect()
            }
        };
        for warning in warnings {
            out.warn(warning).await;
        }
    }
    Ok(())
}

/// The warning of a Set cmdlet that changed nothing (`cmdlets.md` §1.5).
pub(super) fn nothing_changed(identity: &str) -> String {
    format!(
        "The command completed successfully but no settings of '{identity}' have been modified."
    )
}

/// The directories an identity means; with a wildcard, front ends before back ends.
fn named(
    all: Vec<OwaVirtualDirectory>,
    text: &str,
    asked: &str,
) -> Result<Vec<OwaVirtualDirectory>, Error> {
    let mut found = virtual_directories(all, text);
    if found.iter().any(is_front_end) && found.len() > 1 {
        found.retain(is_front_end);
    }
    if found.is_empty() {
        return Err(Error::exchange_object_not_found(text, asked)
            .advice("Get-OwaVirtualDirectory -ShowMailboxVirtualDirectories lists all of them."));
    }
    Ok(found)
}

fn is_front_end(directory: &OwaVirtualDirectory) -> bool {
    directory.website.eq_ignore_ascii_case(DEFAULT_WEB_SITE)
}

fn change(args: &Arguments, directory: &mut OwaVirtualDirectory) -> bool {
    let before = directory.clone();
    if let Some(enabled) = args.boolean("InstantMessagingEnabled") {
        directory.im_enabled = enabled;
    }
    if let Some(im_type) = im_type(args) {
        directory.im_type = im_type;
    }
    for (name, slot) in [
        ("InstantMessagingServerName", &mut directory.im_server_name),
        ("InstantMessagingCertificateThumbprint", &mut directory.im_thumbprint),
    ] {
        if args.has(name) {
            *slot = args.text(name).unwrap_or_default().trim().to_owned();
        }
    }
    let mut others = owa_settings::take(args, &SHARED, &mut directory.settings);
    others |= owa_settings::take(args, &DIRECTORY, &mut directory.settings);
    others
        || directory.im_enabled != before.im_enabled
        || directory.im_type != before.im_type
        || directory.im_server_name != before.im_server_name
        || directory.im_thumbprint != before.im_thumbprint
}

/// The provider that `-InstantMessagingType` names.
pub(super) fn im_type(args: &Arguments) -> Option<ImType> {
    match args.number_of("InstantMessagingType")? {
        1 => Some(ImType::Ocs),
        _ => Some(ImType::None),
    }
}

/// The property's value.
pub(super) fn im_type_value(im_type: ImType) -> Value {
    match im_type {
        ImType::None => Value::named(IM_TYPE.type_name, "None", 0),
        ImType::Ocs => Value::named(IM_TYPE.type_name, "Ocs", 1),
    }
}

/// The warning that switching on is not enough.
pub(super) fn type_is_none(args: &Arguments, im_type: ImType) -> Option<String> {
    let switched_on = args.boolean("InstantMessagingEnabled") == Some(true);
    (switched_on && im_type == ImType::None).then(|| {
        "InstantMessagingType is still None, so there is no instant messaging yet: add \
         -InstantMessagingType Ocs."
            .to_owned()
    })
}

fn warnings(args: &Arguments, directory: &OwaVirtualDirectory, assigned: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    let about_im = args.has("InstantMessagingEnabled") || args.has("InstantMessagingType");
    warnings.extend(type_is_none(args, directory.im_type));
    if about_im && !is_front_end(directory) {
        warnings.push(format!(
            "'{}' is a back end: instant messaging is governed by the front ends, and it is \
             recommended not to enable it here.",
            directory.identity()
        ));
    }
    if about_im && is_front_end(directory) && assigned > 0 {
        let have = if assigned == 1 { "mailbox has" } else { "mailboxes have" };
        warnings.push(format!(
            "{assigned} {have} a mailbox policy, which overrides this virtual directory: see \
             Get-OwaMailboxPolicy."
        ));
    }
    let about_ecp = ["InternalUrl", "ExternalUrl", "BasicAuthentication", "FormsAuthentication"];
    if about_ecp.iter().any(|name| args.has(name)) {
        warnings.push(
            "You've changed a URL or the authentication of Outlook Web App: change the ECP \
             virtual directory likewise, or people will be asked to sign in twice."
                .to_owned(),
        );
    }
    warnings
}

fn object(rows: &Reader, directory: &OwaVirtualDirectory, forest: &str) -> Result<Object, Error> {
    let server = rows.server(&directory.server)?;
    let version = server.as_ref().map_or("Exchange2013", exchange_version);
    let version =
        Value::named("OwaVersions", version, if version == "Exchange2013" { 7 } else { 6 });
    let host = server.map_or_else(|| directory.server.clone(), |server| server.fqdn);
    let object = Object::new(DIRECTORY_TYPE)
        .shown_as(&directory.identity())
        .with("Name", directory.display_name())
        .with("Server", &directory.server)
        .with("OwaVersion", version)
        .with("Identity", directory.identity())
        .with("InstantMessagingEnabled", directory.im_enabled)
        .with("InstantMessagingType", im_type_value(directory.im_type))
        .with("InstantMessagingServerName", &directory.im_server_name)
        .with("InstantMessagingCertificateThumbprint", &directory.im_thumbprint)
        .with("Website", &directory.website)
        .with("ServerName", &directory.server)
        .with("Url", Value::Null);
    let object = owa_settings::show(object, &DIRECTORY, &directory.settings);
    if !directory.settings.contains_key("InternalUrl") {
        object.set("InternalUrl", Value::from(format!("https://{}/owa", host.to_lowercase())));
    }
    let container =
        format!("CN=HTTP,CN=Protocols,CN={},CN=Servers,CN=Administrative Groups", directory.server);
    let name = configuration_name(&directory.display_name(), &container, forest);
    Ok(owa_settings::show(object, &SHARED, &directory.settings)
        .with("DistinguishedName", name)
        .with("Guid", guid(&directory.identity())))
}

/// `Exchange2013` or `Exchange2010`, from the server's version.
fn exchange_version(server: &Server) -> &'static str {
    if server.version.trim_start_matches("Version ").starts_with("14.") {
        "Exchange2010"
    } else {
        "Exchange2013"
    }
}
