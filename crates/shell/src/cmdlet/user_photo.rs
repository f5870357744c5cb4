//! `Get-`, `Set-`, `Remove-UserPhoto`: the pictures of people (`cmdlets.md` §12.2).
//!
//! Owns the two steps: a preview that only administrators see, and saving it. Does not decode
//! pictures (`mailbox::photo`).

use ::mailbox::photo::{PictureError, squares};
use store::Writer;
use store::directory::{Account, DirectoryRead as _};
use store::mail::{
    MailRead as _, MailWrite as _, Mailbox, PhotoLife, PhotoSize, PhotoSquares, UserPhoto,
};
use tokio::sync::Semaphore;

use super::elsewhere::DOMAIN_CONTROLLER;
use super::mailbox::{DisplayNames, all, is_below, is_meant};
use super::recipient::{ANR, FILTER, RESULT_SIZE, SORT_BY, UNIT, show};
use super::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream, View};
use crate::filter::properties;
use crate::identity::{mailbox, mailboxes};
use crate::lang::{Category, Error, Object, Value};

/// Type of a photo.
const PHOTO: &str = "Microsoft.Exchange.Data.Storage.Management.UserPhotoConfiguration";

/// 48 × 48 pixels, half white and half black: what the examples bring.
macro_rules! picture {
    () => {
        "([Convert]::FromBase64String(\"iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAQAAAAB/ecQqAAAAEElEQVR42mP\
         4AAYMoxR1KAA7rw4QRbDEUgAAAABJRU5ErkJggg==\"))"
    };
}

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET, REMOVE];

/// Pictures are decoded one at a time: each takes a core and some hundred megabytes.
static DECODING: Semaphore = Semaphore::const_new(1);

const IDENTITY: Parameter = Parameter::positional("Identity", Kind::Identity)
    .mandatory()
    .from_pipeline()
    .from_property()
    .help(
        "Name, alias, mail address, user principal name, domain\\user, GUID or distinguished name.",
    );
const SCOPE: Parameter = Parameter::switch("IgnoreDefaultScope")
    .help("Accepted and without effect: there is one scope, the whole organisation.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows the photos of people.",
    description: "An error if the person named has none. PictureData is the largest square, as \
                  JPEG; write it to a file with Set-Content -Encoding Byte.",
    parameters: &[
        Parameter::positional("Identity", Kind::Identity)
            .from_pipeline()
            .from_property()
            .sets(&["Identity"])
            .help(
                "Name, alias, mail address, user principal name, domain\\user, GUID or \
                 distinguished name; everybody with a photo if left out or $null.",
            ),
        ANR,
        UNIT,
        Parameter::switch("Preview").help("The one that was brought and not saved yet."),
        FILTER.help("A condition, such as \"Identity -like '*Ken*'\"."),
        RESULT_SIZE,
        SORT_BY.values(&["Identity", "WhenChanged"]),
        DOMAIN_CONTROLLER,
        SCOPE,
    ],
    default_set: "Identity",
    output: &[View::list(PHOTO)],
    examples: &[Example {
        text: "Look at a photo before it is saved",
        input: concat!(
            "Set-UserPhoto \"Ken Myer\" -PictureData ",
            picture!(),
            " -Preview -Confirm:$False; (Get-UserPhoto \"Ken Myer\" -Preview).Identity"
        ),
        output: "litwareinc.com/Users/Ken Myer",
    }],
    ..Cmdlet::node("Get-UserPhoto", |ctx, args, out| Box::pin(get(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Gives somebody a photo.",
    description: "Takes JPEG and PNG up to 10 MB and 50 million pixels. The middle is cut out and \
                  kept as squares of 48, 96 and 648 pixels; notes in the file, such as where it \
                  was taken, are dropped. The page and EWS clients show it at once. In one step: \
                  -PictureData alone. In two: -PictureData with -Preview, look at it with \
                  Get-UserPhoto -Preview, then -Save or -Cancel.",
    impact: Impact::High,
    parameters: &[
        IDENTITY,
        Parameter::named("PictureData", Kind::Bytes)
            .alias(&["PictureStream"])
            .mandatory()
            .sets(&["Upload"])
            .help(
                "The file's bytes: ([Byte[]] $(Get-Content <file> -Encoding Byte -ReadCount 0)).",
            ),
        Parameter::switch("Preview")
            .sets(&["Upload"])
            .help("Only brings it; -Save makes it the one in use."),
        Parameter::switch("Save")
            .mandatory()
            .sets(&["Save"])
            .help("Makes the preview the photo in use."),
        Parameter::switch("Cancel").mandatory().sets(&["Cancel"]).help("Drops the preview."),
        DOMAIN_CONTROLLER,
        SCOPE,
    ],
    default_set: "Upload",
    examples: &[
        Example {
            text: "Give somebody a photo out of a file",
            input: concat!(
                "md C:\\Photos | Out-Null; ",
                "Set-Content C:\\Photos\\Kenmyer.png -Encoding Byte -Value ",
                picture!(),
                "; Set-UserPhoto -Identity \"Ken Myer\" -PictureData ([Byte[]] $(Get-Content -Path \
                 \"C:\\Photos\\Kenmyer.png\" -Encoding Byte -ReadCount 0)) -Confirm:$False; \
                 (Get-UserPhoto \"Ken Myer\").IsValid"
            ),
            output: "True",
        },
        Example {
            text: "The same in two steps",
            input: concat!(
                "$photo = ",
                picture!(),
                "; Set-UserPhoto \"Ken Myer\" -PictureData $photo -Preview -Confirm:$False; \
                 Set-UserPhoto \"Ken Myer\" -Save -Confirm:$False; \
                 (Get-UserPhoto \"Ken Myer\").IsValid"
            ),
            output: "True",
        },
    ],
    ..Cmdlet::node_write("Set-UserPhoto", |ctx, args, out| Box::pin(set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes somebody's photo away.",
    description: "The preview goes too. Everybody sees initials again.",
    impact: Impact::High,
    parameters: &[
        IDENTITY,
        Parameter::switch("ClearMailboxPhotoRecord")
            .help("Accepted and without effect: nothing is remembered of a removed photo."),
        DOMAIN_CONTROLLER,
        SCOPE,
    ],
    examples: &[Example {
        text: "Take a photo away",
        input: concat!(
            "Set-UserPhoto pilar -PictureData ",
            picture!(),
            " -Confirm:$False; Remove-UserPhoto pilar -Confirm:$False; @(Get-UserPhoto).Count"
        ),
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-UserPhoto", |ctx, args, out| Box::pin(remove(ctx, args, out)))
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let given = |name: &str| args.text(name).map(str::to_owned);
    let (identity, anr, unit) = (given("Identity"), given("Anr"), given("OrganizationalUnit"));
    let life = if args.flag("Preview") { PhotoLife::Preview } else { PhotoLife::InUse };
    let asked = ctx.computer.clone();
    let shown = ctx
        .read(move |rows| {
            let mut people = match &identity {
                Some(text) => mailboxes(rows, text, &asked)?,
                None => all(rows)?,
            };
            if let Some(anr) = &anr {
                people.retain(|(account, mailbox)| is_meant(account, mailbox, anr));
            }
            let (names, forest) = (DisplayNames::of(rows)?, rows.deployment()?.forest);
            if let Some(unit) = &unit {
                people.retain(|(account, _)| is_below(account, unit, &forest));
            }
            let mut shown = Vec::new();
            for (account, mailbox) in people {
                match rows.user_photo(mailbox.id, life, PhotoSize::Large)? {
                    Some(photo) => shown.push(object(&names.identity(&account, &forest), photo)),
                    None if identity.as_ref().is_some_and(|text| !text.contains('*')) => {
                        return Err(none(&account, life));
                    }
                    None => {}
                }
            }
            Ok(shown)
        })
        .await?;
    show(args, out, shown, properties::USER_PHOTO).await
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (account, mailbox) = named(ctx, args).await?;
    let name = &account.display_name;
    if args.flag("Save") || args.flag("Cancel") {
        return finish(ctx, args, out, &account, &mailbox).await;
    }
    let squares = decoded(args.bytes("PictureData").unwrap_or_default().to_vec()).await?;
    let life = if args.flag("Preview") { PhotoLife::Preview } else { PhotoLife::InUse };
    if !out.should_process("Set-UserPhoto", name).await? {
        return Ok(());
    }
    ctx.write(move |rows| {
        if life == PhotoLife::InUse {
            // The one that was only looked at is overtaken.
            rows.delete_user_photo(mailbox.id, PhotoLife::Preview)?;
        }
        Ok(rows.put_user_photo(mailbox.id, life, &squares)?)
    })
    .await
}

/// The second step: the preview is saved or dropped.
async fn finish(
    ctx: &Ctx,
    args: &Arguments,
    out: &mut Stream,
    account: &Account,
    mailbox: &Mailbox,
) -> Result<(), Error> {
    let (save, id) = (args.flag("Save"), mailbox.id);
    let (preview, in_use) = ctx
        .read(move |rows| {
            let is_there = |life| rows.user_photo(id, life, PhotoSize::Small).map(|p| p.is_some());
            Ok((is_there(PhotoLife::Preview)?, is_there(PhotoLife::InUse)?))
        })
        .await?;
    if !preview && save && !in_use {
        return Err(none(account, PhotoLife::Preview)
            .advice("Bring one first: Set-UserPhoto -PictureData <bytes> -Preview."));
    }
    if !preview {
        // Set-UserPhoto -PictureData without -Preview has saved it already.
        let what = if save { "to save; the photo in use stays" } else { "to cancel" };
        out.warn(format!("There is no preview of '{}' {what}.", account.display_name)).await;
        return Ok(());
    }
    if !out.should_process("Set-UserPhoto", &account.display_name).await? {
        return Ok(());
    }
    let write = move |rows: &mut Writer| {
        match save {
            true => rows.save_user_photo(id)?,
            false => rows.delete_user_photo(id, PhotoLife::Preview)?,
        };
        Ok(())
    };
    ctx.write(write).await
}

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let (account, mailbox) = named(ctx, args).await?;
    if !out.should_process("Remove-UserPhoto", &account.display_name).await? {
        return Ok(());
    }
    let removed = ctx
        .write(move |rows| {
            let preview = rows.delete_user_photo(mailbox.id, PhotoLife::Preview)?;
            Ok(rows.delete_user_photo(mailbox.id, PhotoLife::InUse)? || preview)
        })
        .await?;
    if !removed {
        return Err(none(&account, PhotoLife::InUse));
    }
    Ok(())
}

async fn named(ctx: &Ctx, args: &Arguments) -> Result<(Account, Mailbox), Error> {
    let identity = args.text("Identity").unwrap_or_default().to_owned();
    let asked = ctx.computer.clone();
    ctx.read(move |rows| mailbox(rows, &identity, &asked)).await
}

async fn decoded(picture: Vec<u8>) -> Result<PhotoSquares, Error> {
    let busy = || Error::new(Category::OperationStopped, "Stopping", "The node is stopping.");
    let turn = DECODING.acquire().await.map_err(|_| busy())?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        squares(&picture)
    });
    // A picture that a decoder stumbles over is no better than a damaged one.
    let done = done.await.unwrap_or_else(|_| Err(PictureError::damaged()));
    done.map_err(|error| {
        let (category, id) = match error {
            PictureError::TooManyBytes(_) | PictureError::TooManyPixels(..) => {
                (Category::LimitsExceeded, "PictureTooLarge")
            }
            _ => (Category::InvalidData, "PictureNotUsable"),
        };
        let message = format!("This cannot be a photo: {error}.");
        Error::new(category, id, message)
            .target("PictureData")
            .exception("UserPhotoProcessingException")
            .advice("Give it the bytes of a JPEG or PNG file, of at least 48 × 48 pixels.")
    })
}

fn none(account: &Account, life: PhotoLife) -> Error {
    let what = if life == PhotoLife::Preview { "no preview of a photo" } else { "no photo" };
    let message = format!("There is {what} stored for '{}'.", account.display_name);
    Error::new(Category::ObjectNotFound, "UserPhotoNotFound", message)
        .target(&account.display_name)
        .exception("UserPhotoNotFoundException")
}

fn object(identity: &str, photo: UserPhoto) -> Object {
    Object::new(PHOTO)
        .shown_as(identity)
        .with("Identity", identity)
        .with("PictureData", Value::Bytes(photo.bytes.as_ref().into()))
        .with("Thumbprint", photo.tag)
        .with("WhenChanged", Value::Time(photo.at_ms))
        .with("IsValid", true)
        .with("ObjectState", "New")
}
