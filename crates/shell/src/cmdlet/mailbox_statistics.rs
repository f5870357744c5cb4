//! `Get-MailboxStatistics`, `Get-MailboxFolderStatistics`: how much is in a mailbox, and where.

use store::Uuid;
use store::directory::{Account, DirectoryRead as _};
use store::mail::{Folder, FolderRole, FolderSize, MailRead as _, Mailbox};

use super::elsewhere::DOMAIN_CONTROLLER;
use super::mailbox::{DisplayNames, all, database};
use super::parameter::Names;
use super::recipient::{FILTER, RESULT_SIZE, SORT_BY, show};
use super::{Arguments, Cmdlet, Column, Ctx, Example, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::identity::{mailbox, mailboxes, server};
use crate::lang::quantity::{byte_size, unlimited};
use crate::lang::{Error, Object, Value};

/// Type of a mailbox's numbers.
const STATISTICS: &str = "Microsoft.Exchange.Management.MapiTasks.Presentation.MailboxStatistics";
/// Type of a folder's numbers.
const FOLDER: &str = "Microsoft.Exchange.Management.Tasks.MailboxFolderConfiguration";
const COLUMNS: &[Column] = &[
    Column::new("DisplayName").width(24),
    Column::new("ItemCount").width(10).right(),
    Column::new("StorageLimitStatus").width(18),
    Column::new("LastLogonTime"),
];
/// The first of what a list shows; the names are Exchange's.
const FOLDER_SHOWN: &[&str] = &[
    "Name",
    "Identity",
    "FolderPath",
    "FolderType",
    "ItemsInFolder",
    "FolderSize",
    "ItemsInFolderAndSubfolders",
    "FolderAndSubfolderSize",
    "NewestItemReceivedDate",
    "OldestItemReceivedDate",
];

static SCOPE: Names = Names {
    type_name: "Microsoft.Exchange.Data.Storage.ElcFolderType",
    names: &[
        "All",
        "Inbox",
        "Drafts",
        "SentItems",
        "DeletedItems",
        "JunkEmail",
        "Archive",
        "ConversationHistory",
        "QuickContacts",
        "Personal",
    ],
};

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[STATISTICS_GET, FOLDERS_GET];

const NO_ARCHIVE: Parameter =
    Parameter::switch("Archive").help("There are no archives: gives nothing.");

const STATISTICS_GET: Cmdlet = Cmdlet {
    synopsis: "Shows how many items a mailbox has, how large they are, and the last sign-in.",
    description: "LastLogonTime is the newest sign-in to the page that has not ended yet; it is \
                  empty after the person has signed out everywhere. There are no limits, so \
                  StorageLimitStatus is NoChecking.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help("Whose mailbox, as Get-Mailbox takes it."),
        Parameter::named("Server", Kind::Identity)
            .sets(&["Server"])
            .help("All mailboxes on this server."),
        Parameter::named("Database", Kind::String)
            .sets(&["Database"])
            .help("All mailboxes in this database."),
        NO_ARCHIVE,
        FILTER.help("A condition, such as \"ItemCount -gt 100\"."),
        RESULT_SIZE,
        SORT_BY,
        DOMAIN_CONTROLLER,
    ],
    default_set: "Identity",
    output: &[View::table(STATISTICS, COLUMNS)],
    examples: &[
        Example {
            text: "Show the mailboxes of the server",
            input: "Get-MailboxStatistics -Server ATL-OWA-001",
            output: "DisplayName * ItemCount * StorageLimitStatus * LastLogonTime\n*\n\
                     Ken Myer * 0 * NoChecking\nPilar Ackerman * 0 * NoChecking",
        },
        Example {
            text: "Show the size of one mailbox",
            input: "Get-Mailbox kenmyer | Get-MailboxStatistics | Format-List DisplayName, \
                    TotalItemSize",
            output: "DisplayName : Ken Myer\nTotalItemSize : 0 B (0 bytes)",
        },
    ],
    ..Cmdlet::node("Get-MailboxStatistics", |ctx, args, out| Box::pin(statistics(ctx, args, out)))
};

const FOLDERS_GET: Cmdlet = Cmdlet {
    synopsis: "Shows the folders of a mailbox, how many items they have, and how large they are.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Whose mailbox, as Get-Mailbox takes it."),
        Parameter::named("FolderScope", Kind::Enum(&SCOPE))
            .default("All")
            .help("Only the folder of this kind; Personal: those that people made themselves."),
        Parameter::switch("IncludeOldestAndNewestItems")
            .help("When the oldest and the newest item came."),
        Parameter::switch("IncludeAnalysis").help("Accepted, without effect."),
        NO_ARCHIVE,
        DOMAIN_CONTROLLER,
    ],
    output: &[View::list_of(FOLDER, FOLDER_SHOWN)],
    examples: &[Example {
        text: "Show the inbox",
        input: "Get-MailboxFolderStatistics kenmyer -FolderScope Inbox | Format-List Identity, \
                FolderPath, FolderType, ItemsInFolder, FolderSize",
        output: "Identity : litwareinc.com/Users/Ken Myer\\Inbox\nFolderPath : /Inbox\n\
                 FolderType : Inbox\nItemsInFolder : 0\nFolderSize : 0 B (0 bytes)",
    }],
    ..Cmdlet::node("Get-MailboxFolderStatistics", |ctx, args, out| {
        Box::pin(folders(ctx, args, out))
    })
};

async fn statistics(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = |name: &str| args.text(name).map(str::to_owned);
    let (identity, of_server, in_database) =
        (given("Identity"), given("Server"), given("Database"));
    if identity.is_none() && of_server.is_none() && in_database.is_none() {
        let message = "Say whose: -Identity, or all of them: -Server or -Database.";
        return Err(Error::invalid_argument("Identity", message)
            .advice("Get-Mailbox | Get-MailboxStatistics shows everybody's."));
    }
    if args.flag("Archive") {
        return Ok(());
    }
    let asked = ctx.computer.clone();
    let found = ctx.read(move |rows| {
        let mut found = match &identity {
            Some(text) => mailboxes(rows, text, &asked)?,
            None => all(rows)?,
        };
        if let Some(text) = &of_server {
            let name = server(rows, text, &asked)?.name;
            found.retain(|(_, mailbox)| mailbox.server.eq_ignore_ascii_case(&name));
        }
        if let Some(name) = &in_database {
            found.retain(|(_, own)| database(&own.server).eq_ignore_ascii_case(name.trim()));
        }
        Ok(found)
    });
    let found = found.await?;
    let wanted: Vec<(Uuid, Uuid)> =
        found.iter().map(|(account, own)| (account.id, own.id)).collect();
    out.progress(format!("Counting in {} mailboxes", wanted.len()), None);
    let numbers = ctx.mail.read(move |rows| {
        let of = |(account, own): &(Uuid, Uuid)| {
            let last = rows.web_sessions(*account)?.iter().map(|it| it.created_ms).max();
            Ok((rows.folder_sizes(*own)?, last))
        };
        wanted.iter().map(of).collect::<store::Result<Vec<_>>>()
    });
    let numbers = numbers.await?;
    let all = found.iter().zip(&numbers);
    let shown = all.map(|((account, own), (sizes, last))| of_mailbox(account, own, sizes, *last));
    let shown: Vec<Object> = shown.collect();
    show(args, out, shown, properties::MAILBOX_STATISTICS).await
}

fn of_mailbox(account: &Account, own: &Mailbox, sizes: &[FolderSize], last: Option<i64>) -> Object {
    let items: i64 = sizes.iter().map(|size| size.items).sum();
    let bytes: i64 = sizes.iter().map(|size| size.bytes).sum();
    Object::new(STATISTICS)
        .shown_as(&account.display_name)
        .with("DisplayName", &account.display_name)
        .with("ItemCount", items)
        .with("StorageLimitStatus", "NoChecking")
        .with("LastLogonTime", last.map(Value::Time))
        .with("TotalItemSize", unlimited(Some(bytes.unsigned_abs())))
        .with("TotalItemSizeInBytes", bytes)
        .with("AssociatedItemCount", 0)
        .with("DeletedItemCount", 0)
        .with("TotalDeletedItemSize", unlimited(Some(0)))
        .with("LastLoggedOnUserAccount", last.map(|_| account.upn.clone()))
        .with("LegacyDN", Value::Null)
        .with("DisconnectDate", Value::Null)
        .with("DisconnectReason", Value::Null)
        .with("IsArchiveMailbox", false)
        .with("IsQuarantined", false)
        .with("MailboxGuid", own.id)
        .with("ServerName", own.server.to_uppercase())
        .with("Database", database(&own.server))
        .with("DatabaseName", database(&own.server))
        .with("Identity", own.id)
}

async fn folders(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    if args.flag("Archive") {
        return Ok(());
    }
    let (identity, asked) =
        (args.text("Identity").unwrap_or_default().to_owned(), ctx.computer.clone());
    let scope = args.text("FolderScope").unwrap_or("All").to_owned();
    let with_dates = args.flag("IncludeOldestAndNewestItems");
    let (own, owner, all) = ctx
        .read(move |rows| {
            let (account, own) = mailbox(rows, &identity, &asked)?;
            let owner = DisplayNames::of(rows)?.identity(&account, &rows.deployment()?.forest);
            Ok((own.id, owner, rows.folders(own.id)?))
        })
        .await?;
    let sizes = ctx.mail.read(move |rows| rows.folder_sizes(own)).await?;
    let tree = Tree { all, sizes };
    for folder in &tree.all {
        if scope == "All" || kind_of(folder) == scope {
            out.object(tree.object(folder, &owner, with_dates)).await;
        }
    }
    Ok(())
}

/// Exchange's name for what a folder is for.
fn kind_of(folder: &Folder) -> &'static str {
    match folder.role {
        Some(FolderRole::Inbox) => "Inbox",
        Some(FolderRole::Drafts) => "Drafts",
        Some(FolderRole::Sent) => "SentItems",
        Some(FolderRole::Trash) => "DeletedItems",
        Some(FolderRole::Junk) => "JunkEmail",
        Some(FolderRole::Archive) => "Archive",
        Some(FolderRole::ConversationHistory) => "ConversationHistory",
        Some(FolderRole::QuickContacts) => "QuickContacts",
        None => "Personal",
    }
}

/// The folders of a mailbox, with their numbers.
struct Tree {
    all: Vec<Folder>,
    sizes: Vec<FolderSize>,
}

impl Tree {
    fn parent(&self, folder: &Folder) -> Option<&Folder> {
        self.all.iter().find(|other| Some(other.id) == folder.parent)
    }

    /// The names from the top. A circle, which the store does not allow, would end.
    fn path(&self, folder: &Folder) -> Vec<String> {
        let mut names = vec![folder.name.clone()];
        let mut at = folder;
        while let Some(parent) = self.parent(at) {
            names.insert(0, parent.name.clone());
            at = parent;
            if names.len() > self.all.len() {
                break;
            }
        }
        names
    }

    fn size(&self, id: Uuid) -> (i64, i64) {
        let own = self.sizes.iter().find(|size| size.folder == id);
        own.map_or((0, 0), |size| (size.items, size.bytes))
    }

    /// Items and bytes of the folder and of those below.
    fn whole(&self, folder: &Folder) -> (i64, i64) {
        let path = self.path(folder);
        let below = self.all.iter().filter(|other| self.path(other).starts_with(&path));
        below
            .map(|other| self.size(other.id))
            .fold((0, 0), |(items, bytes), (more, larger)| (items + more, bytes + larger))
    }

    fn object(&self, folder: &Folder, owner: &str, with_dates: bool) -> Object {
        let path = self.path(folder);
        let ((items, bytes), (all_items, all_bytes)) = (self.size(folder.id), self.whole(folder));
        let size = self.sizes.iter().find(|size| size.folder == folder.id && with_dates);
        let below = self.all.iter().any(|other| other.parent == Some(folder.id));
        Object::new(FOLDER)
            .shown_as(&folder.name)
            .with("Name", &folder.name)
            .with("Identity", format!("{owner}\\{}", path.join("\\")))
            .with("FolderPath", format!("/{}", path.join("/")))
            .with("FolderId", folder.id)
            .with("FolderType", kind_of(folder))
            .with("ItemsInFolder", items)
            .with("UnreadItemsInFolder", folder.unread)
            .with("FolderSize", byte_size(bytes.unsigned_abs()))
            .with("ItemsInFolderAndSubfolders", all_items)
            .with("FolderAndSubfolderSize", byte_size(all_bytes.unsigned_abs()))
            .with("HasSubfolders", below)
            .with("NewestItemReceivedDate", size.and_then(|it| it.newest_ms).map(Value::Time))
            .with("OldestItemReceivedDate", size.and_then(|it| it.oldest_ms).map(Value::Time))
    }
}
