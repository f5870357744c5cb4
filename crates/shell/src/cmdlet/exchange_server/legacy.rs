//! `New-`, `Remove-ExchangeServer`: servers of an older level beside ours. Exchange has no such
//! cmdlets (its setup program enters servers); a server of our own level is a node that runs.

use store::directory::{DirectoryRead, DirectoryWrite as _, Server, ServerRole};
use store::mail::{MailRead, Mailbox};

use super::{COLUMNS, SERVER, object};
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::identity::server;
use crate::lang::{Category, Error};

/// Exchange 2010 with its third service pack.
const LEGACY: &str = "14.3 (Build 123.4)";

pub(super) const NEW: Cmdlet = Cmdlet {
    synopsis: "Enters a mailbox server of the Exchange 2010 level into the organization.",
    description: "Tandem's own: in Exchange the setup program does this. The server stands for \
                  mailboxes that are not on the 2013 level yet; New-MoveRequest moves people to \
                  it and back. Instant messaging in the web app needs a mailbox on a server of \
                  version 15, so people there have none.",
    parameters: &[
        Parameter::positional("Name", Kind::String)
            .mandatory()
            .help("Short name of the server, at most 15 letters, digits and hyphens."),
        Parameter::named("Fqdn", Kind::Fqdn)
            .default("the name in the forest's domain")
            .help("Full name of the server."),
        Parameter::named("AdminDisplayVersion", Kind::String)
            .default("Version 14.3 (Build 123.4)")
            .help("Its version: 14.0 to 14.3, alone or as Get-ExchangeServer prints it."),
        Parameter::named("Site", Kind::String)
            .default("the site of the mailbox server")
            .help("Name of its Active Directory site."),
    ],
    output: &[View::table(SERVER, COLUMNS)],
    examples: &[Example {
        text: "Enter a server of 2010 and move somebody to it",
        input: "New-ExchangeServer ATL-EX-010; New-MoveRequest pilar -TargetDatabase 'Mailbox \
                Database ATL-EX-010' > $null; (Get-Mailbox pilar).ServerName",
        output: "Name * Site * ServerRole * Edition * AdminDisplayVersion\n*\n\
                 ATL-EX-010 * Redmond * Mailbox * Enterprise * Version 14.3 (Bu*\natl-ex-010",
    }],
    ..Cmdlet::node_write("New-ExchangeServer", |ctx, args, out| Box::pin(new(ctx, args, out)))
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes an older mailbox server out of the organization.",
    description: "Tandem's own, for servers that New-ExchangeServer entered. Refused while there \
                  are mailboxes on it.",
    impact: Impact::High,
    parameters: &[Parameter::positional("Identity", Kind::Identity)
        .mandatory()
        .from_pipeline()
        .from_property()
        .help("Short or full name.")],
    examples: &[Example {
        text: "Take the last server of 2010 away",
        input: "New-ExchangeServer ATL-EX-010 > $null; Remove-ExchangeServer ATL-EX-010 \
                -Confirm:$False; Get-ExchangeServer | ForEach-Object { $_.Name }",
        output: "ATL-CAS-001\nATL-OWA-001",
    }],
    ..Cmdlet::node_write("Remove-ExchangeServer", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn new(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let name = name_of(args.text("Name").unwrap_or_default())?;
    let version = version_of(args.text("AdminDisplayVersion").unwrap_or(LEGACY))?;
    let fqdn = args.text("Fqdn").map(str::to_lowercase);
    let site = args.text("Site").map(str::to_owned);
    let asked = ctx.computer.clone();
    let (wanted, forest) = ctx
        .read(move |rows| {
            let forest = rows.deployment()?.forest;
            let own_site = rows.server(&asked)?.map(|server| server.site).unwrap_or_default();
            let fqdn = fqdn.unwrap_or_else(|| format!("{}.{forest}", name.to_lowercase()));
            let site = site.unwrap_or(own_site);
            let roles = vec![ServerRole::Mailbox];
            let wanted = Server { name, fqdn, version, roles, site };
            refuse_taken(rows, &wanted)?;
            Ok((wanted, forest))
        })
        .await?;
    if !out.should_process("New-ExchangeServer", &wanted.name).await? {
        return Ok(());
    }
    let shown = object(&wanted, &forest);
    ctx.write(move |rows| {
        refuse_taken(rows, &wanted)?;
        Ok(rows.put_server(&wanted)?)
    })
    .await?;
    out.object(shown).await;
    Ok(())
}

fn refuse_taken(rows: &impl DirectoryRead, new: &Server) -> Result<(), Error> {
    for name in [&new.name, &new.fqdn] {
        if rows.server(name)?.is_some() {
            let message = format!("The server '{name}' is in the organization already.");
            return Err(Error::exists(name, message).advice("Get-ExchangeServer lists them."));
        }
    }
    Ok(())
}

/// A computer's name: NetBIOS allows 15 characters.
fn name_of(text: &str) -> Result<String, Error> {
    let name = text.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > 15 || !name.chars().all(fits) || name.starts_with('-') {
        return Err(Error::invalid_argument(
            "Name",
            format!("'{name}' is not the short name of a server."),
        )
        .advice("Write 1 to 15 letters, digits and hyphens; -Fqdn takes the full name."));
    }
    Ok(name.to_uppercase())
}

/// `14.3`, `14.3 (Build 123.4)`, `Version 14.3 (Build 123.4)`.
fn version_of(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let bare = text.strip_prefix("Version ").unwrap_or(text).trim();
    let number = bare.split(' ').next().unwrap_or_default();
    let minor = number.strip_prefix("14.").and_then(|minor| minor.parse::<u8>().ok());
    if minor.is_none_or(|minor| minor > 3) {
        return Err(Error::invalid_argument(
            "AdminDisplayVersion",
            format!("'{text}' is not a version of the Exchange 2010 level."),
        )
        .advice(
            "Write 14.0 to 14.3. A server of version 15 is a node of this organization: it enters \
             itself when tandem serve runs there.",
        ));
    }
    let known = minor == Some(3) && bare == number;
    Ok(if known { LEGACY.to_owned() } else { bare.to_owned() })
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (text, asked) = (identity.clone(), ctx.computer.clone());
    let gone = ctx.read(move |rows| removable(rows, &text, &asked)).await?;
    if !out.should_process("Remove-ExchangeServer", &gone.name).await? {
        return Ok(());
    }
    let asked = ctx.computer.clone();
    ctx.write(move |rows| {
        let gone = removable(rows, &identity, &asked)?;
        Ok(rows.delete_server(&gone.name)?)
    })
    .await
}

/// The server, if it may go.
fn removable(
    rows: &(impl DirectoryRead + MailRead),
    text: &str,
    asked: &str,
) -> Result<Server, Error> {
    let found = server(rows, text, asked)?;
    let refused = |message: String| {
        Error::new(Category::InvalidOperation, "ServerInUse", message).target(&found.name)
    };
    if !found.version.starts_with("14.") {
        let message =
            format!("{} is a node of this organization; it cannot be removed so.", found.name);
        return Err(refused(message).advice("Take its roles out of tandem.toml instead."));
    }
    let is_here = |mailbox: &&Mailbox| mailbox.server.eq_ignore_ascii_case(&found.name);
    let here = rows.mailboxes()?.iter().filter(is_here).count();
    if here > 0 {
        let message = format!("{} still has mailboxes: {here}.", found.name);
        return Err(refused(message).advice(format!(
            "Move them first: Get-Mailbox -Server {} | New-MoveRequest -TargetDatabase \
             \"Mailbox Database {}\".",
            found.name,
            asked.split('.').next().unwrap_or(asked).to_uppercase()
        )));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_2010_only() {
        let read = |text: &str| version_of(text).ok();
        assert_eq!(read("14.3").as_deref(), Some(LEGACY));
        assert_eq!(read("Version 14.3 (Build 123.4)").as_deref(), Some(LEGACY));
        assert_eq!(read("14.1 (Build 218.15)").as_deref(), Some("14.1 (Build 218.15)"));
        for text in ["15.0", "14", "14.9", "8.3", "", "new", "14.x"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(name_of(" atl-ex-010 ").ok().as_deref(), Some("ATL-EX-010"));
        for text in ["", "atl-ex-010.litwareinc.com", "a b", "-a", "a-name-of-16-lett"] {
            assert!(name_of(text).is_err(), "{text}");
        }
    }
}
