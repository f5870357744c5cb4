//! `Test-CsExStorageConnectivity`: whether what happens in the messaging half can be filed in
//! somebody's mailbox.

use store::directory::DirectoryRead as _;
use store::mail::{FolderRole, MailRead as _, MailWrite as _};

use super::{STORAGE_OUTPUT, STORAGE_SHOWN, storage_object};
use crate::cmdlet::parameter::Names;
use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Kind, Parameter, Stream, View};
use crate::identity::lync_users;
use crate::lang::Error;
use crate::synthetic::Failure;

static FOLDER: Names =
    Names { type_name: "StoreFolder", names: &["ConversationHistory", "Inbox", "Dumpster"] };
static BINDING: Names = Names { type_name: "StoreBinding", names: &["NetNamedPipe", "NetTCP"] };

pub(super) const TEST: Cmdlet = Cmdlet {
    synopsis: "Tests whether items can be written to somebody's mailbox.",
    description: "Writes a short item, as conversations are filed, and reads it again. A failure \
                  is a result, not an error.",
    parameters: &[
        Parameter::positional("SipUri", Kind::String)
            .mandatory()
            .from_pipeline()
            .help("SIP address of the mailbox's owner."),
        Parameter::named("Folder", Kind::Enum(&FOLDER))
            .default("ConversationHistory")
            .help("Where it is written; there is no Dumpster."),
        Parameter::switch("DeleteItem").help("Removes the item again."),
        Parameter::named("Binding", Kind::Enum(&BINDING))
            .help("Accepted: both halves share one store."),
        Parameter::named("HostNameStorageService", Kind::String)
            .help("Accepted: both halves share one store."),
        Parameter::switch("UseCache").help("Accepted: there is no cache."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    output: &[View::list_of(STORAGE_OUTPUT, STORAGE_SHOWN)],
    examples: &[Example {
        text: "Test somebody's mailbox and leave nothing behind",
        input: "Test-CsExStorageConnectivity -SipUri \"sip:kenmyer@litwareinc.com\" -DeleteItem",
        output: "Target Fqdn * : atl-owa-001.litwareinc.com\nResult * : Success\nLatency *\n\
                 Error Message :\nDiagnosis *",
    }],
    ..Cmdlet::node_write("Test-CsExStorageConnectivity", |ctx, args, out| {
        Box::pin(test(ctx, args, out))
    })
};

async fn test(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let text = args.text("SipUri").unwrap_or_default().trim().to_owned();
    let bare = text.strip_prefix("sip:").unwrap_or(&text);
    let wanted = format!("sip:{bare}");
    let (account, server) = ctx
        .read(move |rows| {
            let Some((account, _)) = lync_users(rows, &wanted)?.into_iter().next() else {
                return Err(Error::lync_object_not_found(&wanted));
            };
            let mailbox = rows.mailbox_of(account.id)?;
            let server = match mailbox {
                Some(mailbox) => rows.server(&mailbox.server)?,
                None => None,
            };
            Ok((account, server))
        })
        .await?;
    if !out.should_process("Test-CsExStorageConnectivity", &account.display_name).await? {
        return Ok(());
    }
    let fail = |error: &str, diagnosis: String| Failure { error: error.to_owned(), diagnosis };
    let target = server.as_ref().map_or("", |server| server.fqdn.as_str()).to_owned();
    let role = match args.number_of("Folder") {
        Some(1) => Some(FolderRole::Inbox),
        Some(2) => None,
        _ => Some(FolderRole::ConversationHistory),
    };
    let outcome = match (server, role) {
        (None, _) => Err(fail("The user has no mailbox.", account.upn.clone())),
        (_, None) => Err(fail("There is no Dumpster.", "use ConversationHistory or Inbox".into())),
        (Some(server), _) if !server.version.starts_with("15.") => Err(fail(
            "The mailbox is on a server that takes no items of the messaging server.",
            format!("New-MoveRequest {} moves it away from {}", account.upn, server.name),
        )),
        (Some(_), Some(role)) => {
            let begun = ctx.now_ms();
            let (id, deletes) = (account.id, args.flag("DeleteItem"));
            let written = ctx.write(move |rows| {
                let item = mailbox::missed::file_probe(rows, id, role)
                    .map_err(|error| Error::from(store::Error::caller(error)))?;
                if let (Some(item), true) = (item, deletes) {
                    rows.destroy_message(item)?;
                }
                Ok(item)
            });
            match written.await {
                Ok(Some(item)) => {
                    out.verbose(format!("The item is {item}.")).await;
                    Ok(ctx.now_ms().saturating_sub(begun).max(0))
                }
                Ok(None) => Err(fail("The item could not be read again.", String::new())),
                Err(error) => Err(fail("The item could not be written.", error.message)),
            }
        }
    };
    out.object(storage_object(&target, outcome)).await;
    Ok(())
}
