//! `New-`, `Remove-OwaVirtualDirectory`: making the web app's directory anew, which brings all its
//! settings back to those of setup (`cmdlets.md` §9.4).

use store::directory::{DirectoryRead as _, Server, ServerRole};
use store::mail::{
    DEFAULT_WEB_SITE, EXCHANGE_BACK_END, MailRead as _, MailWrite as _, OwaVirtualDirectory,
};

use super::{COLUMNS, DIRECTORY_TYPE, is_front_end, named, object};
use crate::cmdlet::elsewhere::DOMAIN_CONTROLLER;
use crate::cmdlet::parameter::Names;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::identity::server;
use crate::lang::Error;

static ROLE: Names =
    Names { type_name: "VirtualDirectoryRole", names: &["ClientAccess", "Mailbox"] };

pub(super) const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a virtual directory of Outlook Web App.",
    description: "Each server has at most one \"owa\" per website, and setup makes it. What was \
                  removed and is made again has the settings of setup: InstantMessagingType is \
                  None.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .values(&["owa"])
            .default("owa")
            .help("Always owa."),
        Parameter::named("Server", Kind::Identity)
            .default("the only server that has the role")
            .help("The server."),
        Parameter::named("Role", Kind::Enum(&ROLE))
            .default("ClientAccess")
            .help("ClientAccess for the front end, Mailbox for the back end."),
        Parameter::named("WebSiteName", Kind::String)
            .values(&[DEFAULT_WEB_SITE, EXCHANGE_BACK_END])
            .default("the one of the role")
            .help("\"Default Web Site\" is the front end, \"Exchange Back End\" the back end."),
        Parameter::named("InternalUrl", Kind::String)
            .default("https://<computer>/owa")
            .help("Kept and shown; it has no effect here."),
        Parameter::named("ExternalUrl", Kind::String)
            .help("Kept and shown; it has no effect here."),
        Parameter::named("Path", Kind::String)
            .help("Accepted and without effect: the page is part of the program."),
        Parameter::named("AppPoolId", Kind::String)
            .help("Accepted and without effect: it is MSExchangeOWAAppPool."),
        Parameter::named("ApplicationRoot", Kind::String)
            .help("Accepted and without effect: there is no IIS metabase."),
        Parameter::named("ExternalAuthenticationMethods", Kind::StringList)
            .help("Accepted and without effect: people sign in at the page."),
        DOMAIN_CONTROLLER,
    ],
    output: &[View::table(DIRECTORY_TYPE, COLUMNS)],
    examples: &[Example {
        text: "Make the front end anew",
        input: "Remove-OwaVirtualDirectory \"ATL-CAS-001\\owa (Default Web Site)\" -Confirm:$False; \
                New-OwaVirtualDirectory -WebSiteName \"Default Web Site\" -Server ATL-CAS-001",
        output: "Name * Server * OwaVersion\n*\n\
                 owa (Default Web Site) * ATL-CAS-001 * Exchange2013",
    }],
    ..Cmdlet::node_write("New-OwaVirtualDirectory", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a virtual directory of Outlook Web App.",
    description: "For a directory that is to be made anew, or whose server is gone. As long as \
                  there is none, mailboxes without a policy have the settings of setup: the page \
                  answers, and there is no instant messaging in it.",
    impact: Impact::High,
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("\"owa (Default Web Site)\", Server\\Name, either with *."),
        Parameter::switch("Force").help("Asks no questions."),
        DOMAIN_CONTROLLER,
    ],
    examples: &[Example {
        text: "Instant messaging is off after the directory was made anew",
        input: "Get-OwaVirtualDirectory | Set-OwaVirtualDirectory -InstantMessagingType Ocs; \
                Get-OwaVirtualDirectory | Remove-OwaVirtualDirectory -Confirm:$False; \
                (New-OwaVirtualDirectory).InstantMessagingType",
        output: "None",
    }],
    ..Cmdlet::node_write("Remove-OwaVirtualDirectory", |ctx, args, out| {
        Box::pin(remove(ctx, args, out))
    })
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let website = website(args)?;
    let (of_server, asked) = (args.text("Server").map(str::to_owned), ctx.computer.clone());
    let directory = ctx
        .read(move |rows| {
            let role = match website {
                DEFAULT_WEB_SITE => ServerRole::ClientAccess,
                _ => ServerRole::Mailbox,
            };
            let server = match &of_server {
                Some(text) => has_role(server(rows, text, &asked)?, role)?,
                None => only_one(rows.servers()?, role)?,
            };
            let directory = OwaVirtualDirectory {
                server: server.name,
                website: website.to_owned(),
                ..OwaVirtualDirectory::default()
            };
            refuse_second(rows, &directory)?;
            Ok(directory)
        })
        .await?;
    if !out.should_process("New-OwaVirtualDirectory", &directory.identity()).await? {
        return Ok(());
    }
    let mut directory = directory;
    for name in ["InternalUrl", "ExternalUrl"] {
        if let Some(url) = args.text(name) {
            directory.settings.insert(name.to_owned(), url.into());
        }
    }
    let made = directory.clone();
    ctx.write(move |rows| {
        refuse_second(rows, &made)?;
        Ok(rows.put_virtual_directory(&made)?)
    })
    .await?;
    let shown = ctx.read(move |rows| object(rows, &directory, &rows.deployment()?.forest)).await?;
    out.object(shown).await;
    Ok(())
}

/// The website of `-Role`, which `-WebSiteName` must not contradict.
fn website(args: &Arguments) -> Result<&'static str, Error> {
    let of_role = args.number_of("Role").map(|role| match role {
        1 => EXCHANGE_BACK_END,
        _ => DEFAULT_WEB_SITE,
    });
    let named = args.text("WebSiteName").map(|name| {
        let is_back_end = name.trim().eq_ignore_ascii_case(EXCHANGE_BACK_END);
        if is_back_end { EXCHANGE_BACK_END } else { DEFAULT_WEB_SITE }
    });
    match (of_role, named) {
        (Some(of_role), Some(named)) if of_role != named => Err(Error::invalid_argument(
            "WebSiteName",
            format!("The website of that role is '{of_role}', not '{named}'."),
        )
        .advice("Leave out either -Role or -WebSiteName.")),
        (of_role, named) => Ok(of_role.or(named).unwrap_or(DEFAULT_WEB_SITE)),
    }
}

fn role_name(role: ServerRole) -> &'static str {
    if role == ServerRole::Mailbox { "Mailbox" } else { "ClientAccess" }
}

fn has_role(server: Server, role: ServerRole) -> Result<Server, Error> {
    if server.roles.contains(&role) {
        return Ok(server);
    }
    let message = format!("The server {} does not have the role {}.", server.name, role_name(role));
    Err(Error::refused("ServerWithoutRole", message)
        .target(&server.name)
        .advice("Get-ExchangeServer shows which server has which role."))
}

/// The server to be meant when none is named.
fn only_one(servers: Vec<Server>, role: ServerRole) -> Result<Server, Error> {
    let mut having = servers.into_iter().filter(|server| server.roles.contains(&role));
    match (having.next(), having.next()) {
        (Some(server), None) => Ok(server),
        (Some(_), Some(_)) => {
            let message = format!("Several servers have the role {}.", role_name(role));
            Err(Error::invalid_argument("Server", message).advice("Name one with -Server."))
        }
        (None, _) => {
            let message = format!("No server has the role {}.", role_name(role));
            Err(Error::refused("ServerWithoutRole", message))
        }
    }
}

fn refuse_second(
    rows: &impl store::mail::MailRead,
    directory: &OwaVirtualDirectory,
) -> Result<(), Error> {
    if rows.virtual_directory(&directory.server, &directory.website)?.is_none() {
        return Ok(());
    }
    let identity = directory.identity();
    let message = format!("The virtual directory '{identity}' exists already.");
    Err(Error::exists(&identity, message)
        .advice("Remove-OwaVirtualDirectory removes it, to make it anew."))
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    let targets =
        ctx.read(move |rows| named(rows.virtual_directories()?, &identity, &asked)).await?;
    for target in targets {
        let identity = target.identity();
        if !out.should_process("Remove-OwaVirtualDirectory", &identity).await? {
            continue;
        }
        let (server, website) = (target.server.clone(), target.website.clone());
        ctx.write(move |rows| Ok(rows.delete_virtual_directory(&server, &website)?)).await?;
        if is_front_end(&target) {
            out.warn(format!(
                "'{identity}' is gone with its settings: mailboxes without a policy have no \
                 instant messaging until New-OwaVirtualDirectory -Server {} makes it anew and \
                 Set-OwaVirtualDirectory switches it on.",
                target.server
            ))
            .await;
        }
    }
    Ok(())
}
