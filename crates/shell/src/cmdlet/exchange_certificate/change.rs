//! `Test-ExchangeCertificateChange`, `Switch-ExchangeCertificate`: another certificate for instant
//! messaging, first rehearsed, then changed over to without dropping a chat.

use std::sync::Arc;

use store::directory::{DirectoryRead, DirectoryWrite as _, EventLevel, EventLogEntry};

use super::{computer, find};
use crate::cmdlet::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::drives::FilePath;
use crate::identity::lync_account;
use crate::im_certificate::{Check, ImCertificate, Verdict};
use crate::im_settings::{BACK_END, THUMBPRINT};
use crate::lang::{Category, Error, Object};
use crate::web_config;

/// Type of a check.
const CHECK: &str = "Tandem.ExchangeCertificateCheck";
/// Source of the events; their numbers are ours.
const SOURCE: &str = "MSExchange OWA";
const CHANGED: u32 = 1121;
const FELL_BACK: u32 = 1122;

const NEW: Parameter = Parameter::positional("Thumbprint", Kind::String)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help("Thumbprint of the new certificate, in any case, blanks ignored.");

pub(super) const TEST: Cmdlet = Cmdlet {
    synopsis: "Rehearses a change of the certificate for instant messaging.",
    description: "Ours. Opens a side connection to the pool with the new certificate, asks it with \
                  OPTIONS and a REGISTER without Contact, and shows whether both halves accept it. \
                  Nothing is changed, and the connection in use is not touched.",
    parameters: &[
        NEW,
        Parameter::named("Identity", Kind::Identity)
            .help("The person to ask for; the first one enabled for messaging if left out."),
    ],
    output: &[View::table(
        CHECK,
        &[
            Column::new("Half").width(9),
            Column::new("Check").width(48),
            Column::new("Result").width(10),
            Column::new("Seen"),
        ],
    )],
    examples: &[Example {
        text: "See whether both halves would accept a certificate",
        input: "Test-ExchangeCertificateChange (Get-ExchangeCertificate | Select-Object -First \
                1).Thumbprint | ForEach-Object { \"$($_.Half): $($_.Result)\" }",
        output: "Mail: Passed\nMessaging: Passed",
    }],
    ..Cmdlet::node("Test-ExchangeCertificateChange", |ctx, args, out| {
        Box::pin(test(ctx, args, out))
    })
};

pub(super) const SWITCH: Cmdlet = Cmdlet {
    synopsis: "Changes over to another certificate for instant messaging.",
    description: "Ours. Writes the thumbprint into Web.config and makes a second connection to the \
                  pool; when the pool has taken it, people move over to it and the old one ends \
                  later: no chat is dropped and nothing is recycled. If the pool does not take it, \
                  Web.config gets its old thumbprint back and the old connection stays in use. \
                  Events 1121 (changed) and 1122 (fell back) of MSExchange OWA tell of it.",
    parameters: &[NEW, Parameter::switch("Force").help("Asks no questions.")],
    examples: &[Example {
        text: "Change over to a renewed certificate",
        input: "$new = New-ExchangeCertificate -DomainName atl-owa-001.litwareinc.com -Services \
                None; appcmd set config \"Exchange Back End/owa\" /section:appSettings \
                \"/+[key='IMCertificateThumbprint',value='0000000000000000000000000000000000000000']\" \
                | Out-Null; Switch-ExchangeCertificate -Thumbprint $new.Thumbprint; \
                (Get-EventLog Application -Newest 1).InstanceId",
        output: "1121",
    }],
    ..Cmdlet::node_write("Switch-ExchangeCertificate", |ctx, args, out| {
        Box::pin(switch(ctx, args, out))
    })
};

fn web_app(ctx: &Ctx) -> Result<Arc<dyn ImCertificate>, Error> {
    ctx.im_certificate.clone().ok_or_else(|| {
        let message = "The web app does not run on this node.";
        Error::new(Category::ResourceUnavailable, "NoWebApp", message)
            .exception("InvalidOperationException")
            .advice("Type it on the node with the client-access role.")
    })
}

async fn test(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let web_app = web_app(ctx)?;
    let (wanted, asked) =
        (args.text("Thumbprint").unwrap_or_default().to_owned(), ctx.computer.clone());
    let person = args.text("Identity").map(str::to_owned);
    let (thumbprint, address) = ctx
        .read(move |rows| {
            let computer = computer(rows, None, &asked)?;
            let certificate = find(rows, &computer, &wanted)?;
            Ok((certificate.thumbprint, address(rows, person.as_deref())?))
        })
        .await?;
    let checks = web_app.rehearse(thumbprint, address).await.map_err(|why| {
        Error::refused("NotRehearsed", format!("The change could not be rehearsed: {why}."))
    })?;
    for check in checks {
        out.object(object(&check)).await;
    }
    Ok(())
}

/// The SIP address of a person, or of the first one enabled for messaging.
fn address(rows: &impl DirectoryRead, person: Option<&str>) -> Result<Option<String>, Error> {
    if let Some(person) = person {
        let found = rows.messaging_user(lync_account(rows, person)?.id)?;
        return Ok(found.map(|user| user.sip_address));
    }
    let users = rows.messaging_users()?;
    Ok(users.into_iter().find(|user| user.enabled).map(|user| user.sip_address))
}

fn object(check: &Check) -> Object {
    Object::new(CHECK)
        .with("Half", check.half)
        .with("Check", check.what)
        .with("Result", check.verdict.name())
        .with("Passed", check.verdict == Verdict::Passed)
        .with("Seen", &check.seen)
}

async fn switch(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let web_app = web_app(ctx)?;
    let (wanted, asked) =
        (args.text("Thumbprint").unwrap_or_default().to_owned(), ctx.computer.clone());
    let now_ms = ctx.now_ms();
    let certificate = ctx
        .read(move |rows| {
            let computer = computer(rows, None, &asked)?;
            find(rows, &computer, &wanted)
        })
        .await?;
    let thumbprint = certificate.thumbprint.clone();
    let unusable = match &certificate.key {
        None => Some("it has no private key"),
        Some(_) if certificate.not_after_ms < now_ms => Some("it has expired"),
        Some(_) if certificate.not_before_ms > now_ms => Some("it has not become valid yet"),
        Some(_) => None,
    };
    if let Some(why) = unusable {
        let message =
            format!("The certificate with thumbprint {thumbprint} cannot be used: {why}.");
        return Err(Error::refused("CertificateUnusable", message).target(&thumbprint));
    }
    let before = ctx.drives.read(&FilePath::new(BACK_END))?;
    with_thumbprint(&before, &thumbprint)?;
    out.about(&format!("{}\\{thumbprint}", certificate.computer));
    if !out.should_process("Switch-ExchangeCertificate", &thumbprint).await? {
        return Ok(());
    }
    ctx.note_first().await;
    // Whoever stops waiting does not leave it half done: it goes on by itself.
    let changing = tokio::spawn(change_over(ctx.clone(), web_app, thumbprint.clone()));
    let changed = changing.await.map_err(|error| {
        Error::refused("NotChanged", format!("The change broke off: {error}."))
    })??;
    match changed {
        Ok(message) => {
            out.verbose(message).await;
            Ok(())
        }
        Err(message) => {
            Err(Error::refused("FellBack", message).target(&thumbprint).advice(format!(
                "Test-ExchangeCertificateChange -Thumbprint {thumbprint} shows which half refuses \
                 it."
            )))
        }
    }
}

/// Names the certificate in `Web.config`, has the web app change over to it, and takes the name
/// back if that fails. What came of it, in a sentence.
async fn change_over(
    ctx: Ctx,
    web_app: Arc<dyn ImCertificate>,
    thumbprint: String,
) -> Result<Result<String, String>, Error> {
    let file = FilePath::new(BACK_END);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    ctx.drives.edit(&file, |bytes| {
        before = bytes.to_vec();
        after = with_thumbprint(bytes, &thumbprint)?;
        Ok::<_, Error>(after.clone())
    })?;
    let changed = web_app.change(thumbprint.clone()).await;
    if changed.is_err() {
        // Somebody else may have edited the file meanwhile: theirs stays.
        ctx.drives.edit(&file, |bytes| {
            let now = if bytes == after { before } else { bytes.to_vec() };
            Ok::<_, Error>(now)
        })?;
    } else if ctx.is_rehearsal {
        // Its event is written when it is done.
        return Ok(Ok(String::new()));
    }
    note_change(&ctx, &thumbprint, changed).await
}

/// Writes the event of a change that came about, or did not; the same as a sentence.
pub(crate) async fn note_change(
    ctx: &Ctx,
    thumbprint: &str,
    changed: Result<(), String>,
) -> Result<Result<String, String>, Error> {
    let (event_id, level, result) = match changed {
        Ok(()) => {
            let done = "Instant messaging changed over to the certificate";
            (CHANGED, EventLevel::Information, Ok(format!("{done} {thumbprint}.")))
        }
        Err(why) => {
            let message = format!(
                "The change to the certificate {thumbprint} did not come about, and the one \
                 before is still in use: {why}"
            );
            (FELL_BACK, EventLevel::Error, Err(message))
        }
    };
    let (Ok(message) | Err(message)) = &result;
    note(ctx, event_id, level, message.clone()).await?;
    Ok(result)
}

/// `Web.config` with another thumbprint and everything else as it was.
fn with_thumbprint(bytes: &[u8], thumbprint: &str) -> Result<Vec<u8>, Error> {
    let broken = |why: String| {
        Error::new(Category::InvalidData, "WebConfigUnusable", format!("Web.config: {why}."))
            .exception("ConfigurationErrorsException")
    };
    let text = std::str::from_utf8(bytes).map_err(|_| broken("it is not UTF-8 text".to_owned()))?;
    let edited = web_config::change_setting(text, THUMBPRINT, thumbprint).map_err(|error| {
        broken(error.to_string()).advice(
            "Integrate instant messaging first; this cmdlet changes a certificate that is in use.",
        )
    })?;
    Ok(edited.into_bytes())
}

async fn note(ctx: &Ctx, event_id: u32, level: EventLevel, message: String) -> Result<(), Error> {
    let entry = EventLogEntry {
        id: 0,
        log: "Application".to_owned(),
        source: SOURCE.to_owned(),
        event_id,
        level,
        time_ms: ctx.now_ms(),
        computer: ctx.computer.clone(),
        message,
    };
    ctx.write(move |rows| {
        rows.append_event(&entry)?;
        Ok(())
    })
    .await
}
