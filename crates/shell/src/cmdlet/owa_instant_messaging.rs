//! `Test-OwaInstantMessaging`: whether instant messaging works for somebody in the web app, and
//! what is broken if it does not (design.md §6). The judgement is the web app's.

use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::{lync_account, mailbox};
use crate::im_links::{ImLink, ImLinkResult};
use crate::lang::{Category, Error, Object, Value};

/// Type of the whole result.
const RESULT: &str = "Tandem.OwaInstantMessagingTestResult";
/// Type of one link's result.
const LINK: &str = "Tandem.OwaInstantMessagingLinkResult";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[TEST];

const COLUMNS: &[Column] = &[
    Column::new("Link").width(4).right(),
    Column::new("Result").width(10),
    Column::new("Name").width(38),
    Column::new("Seen"),
];

const TEST: Cmdlet = Cmdlet {
    synopsis: "Tests whether instant messaging works for somebody in Outlook Web App.",
    description: "It works if sixteen links hold. Links 1 to 6 judge the registry, Web.config and \
                  the certificate as they are now, 7 whether they were loaded since the last edit, \
                  8 to 11 try the messaging server over a connection of their own (which changes \
                  nothing that anybody could see), 12 to 16 the settings of the person. The first \
                  broken link is named with what was seen and the commands that repair it, ready \
                  to be typed. A broken link is no error of the cmdlet.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("The person: name, alias, mail address, user principal name or GUID."),
        Parameter::switch("Detailed").help("One object for each of the sixteen links."),
    ],
    output: &[View::list(RESULT), View::table(LINK, COLUMNS)],
    examples: &[
        Example {
            text: "See what is wrong before anything is set up",
            input: "Test-OwaInstantMessaging -Identity \"Ken Myer\"",
            output: "Identity * : kenmyer@litwareinc.com\nResult * : Failed\n\
                     FirstFailedLink : 2\nName * : IMServerName set\n\
                     Seen * : no key IMServerName in <appSettings>*\n\
                     Repair * : *Appcmd.exe set config*",
        },
        Example {
            text: "Show every link of everybody that does not hold",
            input: "Get-Mailbox | Test-OwaInstantMessaging -Detailed -WarningAction \
                    SilentlyContinue | Where-Object Result -eq Failed | Format-Table Identity, \
                    Link, Name",
            output: "Identity * Link Name\n*\nkenmyer@litwareinc.com * 2 IMServerName set",
        },
    ],
    ..Cmdlet::node("Test-OwaInstantMessaging", |ctx, args, out| Box::pin(test(ctx, args, out)))
};

async fn test(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let (text, asked) = (identity.clone(), ctx.computer.clone());
    let account = ctx
        .read(move |rows| match mailbox(rows, &text, &asked) {
            Ok((account, _)) => Ok(account),
            // Somebody without a mailbox can be tested, too.
            Err(error) => lync_account(rows, &text).map_err(|_| error),
        })
        .await?;
    let ask = ctx.im_links.as_ref().ok_or_else(|| {
        unavailable("this node does not run the web app")
            .advice("Use the shell of the node with the role client-access.")
    })?;
    out.progress(format!("Trying the links of {}", account.display_name), None);
    let links = match ask(account.id).await {
        Ok(Some(links)) => links,
        Ok(None) => return Err(Error::exchange_object_not_found(&identity, &ctx.computer)),
        Err(why) => return Err(unavailable(&why)),
    };
    let failed = links.iter().find(|link| link.result == ImLinkResult::Failed);
    if !args.flag("Detailed") {
        out.object(summary(&account.upn, failed)).await;
        return Ok(());
    }
    for link in &links {
        out.object(detail(&account.upn, link)).await;
    }
    if let Some(link) = failed {
        let ImLink { number, error, repair, .. } = link;
        out.warn(format!("Link {number}: {error} To repair it: {repair}")).await;
    }
    Ok(())
}

fn unavailable(why: &str) -> Error {
    let message = format!("Instant messaging of Outlook Web App cannot be tested: {why}.");
    Error::new(Category::ResourceUnavailable, "InstantMessagingUntested", message)
        .exception("InvalidOperationException")
}

fn summary(identity: &str, failed: Option<&ImLink>) -> Object {
    let result = if failed.is_some() { ImLinkResult::Failed } else { ImLinkResult::Passed };
    let text = |part: fn(&ImLink) -> &String| match failed {
        Some(link) => Value::from(part(link)),
        None => Value::Null,
    };
    let number = failed.map(|link| i64::from(link.number));
    Object::new(RESULT)
        .with("Identity", identity)
        .with("Result", result.name())
        .with("FirstFailedLink", number)
        .with("Name", text(|link| &link.name))
        .with("Error", text(|link| &link.error))
        .with("Seen", text(|link| &link.seen))
        .with("Repair", text(|link| &link.repair))
}

fn detail(identity: &str, link: &ImLink) -> Object {
    Object::new(LINK)
        .with("Identity", identity)
        .with("Link", i64::from(link.number))
        .with("Name", &link.name)
        .with("Result", link.result.name())
        .with("Error", &link.error)
        .with("Seen", &link.seen)
        .with("Repair", &link.repair)
}
