//! `Remove-Item`: a file on the mapped `C:` drive, or a certificate out of a store of this machine.

use store::directory::{Certificate, CertificateStore, DirectoryRead as _, DirectoryWrite as _};

use super::certificate::store_of;
use super::child_item::{no_provider, not_found};
use super::exchange_certificate::{refuse_used, warn_if_configured};
use super::item_filter::{EXCLUDE, FILTER, INCLUDE, Wanted};
use super::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Rights, Stream};
use crate::drives::{DriveError, DrivePath, FilePath, wildcard};
use crate::lang::Error;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[REMOVE];

const REMOVE: Cmdlet = Cmdlet {
    aliases: &["del", "erase", "rd", "ri", "rm"],
    synopsis: "Removes a file or folder, or a certificate from a store.",
    description: "A root that is taken out of Cert:\\LocalMachine\\Root ends the connections whose \
                  certificates depend on it within seconds. A certificate in use stays. \
                  A folder that is not empty needs -Recurse; those that the node makes on C: stay.",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .alias(&["LiteralPath", "FullName", "PSPath"])
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Files or folders, or Cert:\\LocalMachine\\<store>\\<thumbprint>."),
        Parameter::switch("Recurse").help("A folder with everything in it."),
        FILTER,
        INCLUDE,
        EXCLUDE,
        Parameter::switch("Force").help("Accepted: nothing is hidden or read-only."),
    ],
    examples: &[
        Example {
            text: "What is not there cannot be removed",
            input: "Remove-Item ./no-such-file -Force -ErrorAction SilentlyContinue; $?",
            output: "False",
        },
        Example {
            text: "Remove a file",
            input: "Set-Content C:\\note.txt one; Remove-Item C:\\note.txt; Test-Path C:\\note.txt",
            output: "False",
        },
        Example {
            text: "Trust an authority no more",
            input: "Get-ChildItem Cert:\\LocalMachine\\Root | Remove-Item; (Get-ChildItem \
                    Cert:\\LocalMachine\\Root | Measure-Object).Count",
            output: "0",
        },
    ],
    rights: Rights::Write,
    impact: Impact::Medium,
    ..Cmdlet::by_path(
        "Remove-Item",
        &["Path"],
        |ctx, args, out| Box::pin(remove(ctx, args, out)),
        crate::generic::REMOVE_ITEM,
    )
};

async fn remove(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    for text in args.texts("Path").unwrap_or_default() {
        match DrivePath::parse(&text) {
            Some(DrivePath::File(path)) => file(ctx, args, out, &path).await?,
            Some(DrivePath::Certificates(parts)) => certificates(ctx, out, &text, &parts).await?,
            _ => return Err(no_provider(&text, "C: and Cert:")),
        }
    }
    Ok(())
}

async fn file(ctx: &Ctx, args: &Arguments, out: &mut Stream, path: &FilePath) -> Result<(), Error> {
    let wanted = Wanted::of(args);
    for item in ctx.drives.matching(path)? {
        if !wanted.takes(item.path.name()) {
            continue;
        }
        let full = item.path.to_string();
        let what = if item.folder { "Remove Directory" } else { "Remove File" };
        out.about(&full);
        if !out.should_process(what, &full).await? {
            continue;
        }
        if !item.folder {
            ctx.note_first().await;
            ctx.drives.remove(&item.path)?;
            ctx.seen().forget(&item.path);
            continue;
        }
        if crate::organisation::is_own_folder(&full) {
            let why = "the node makes it and looks there".to_owned();
            return Err(DriveError::Denied { path: full, why }.into());
        }
        if !args.flag("Recurse") && !ctx.drives.list(&item.path)?.is_empty() {
            return Err(crate::generic::has_children(&full));
        }
        ctx.note_first().await;
        ctx.drives.remove_folder(&item.path)?;
    }
    Ok(())
}

async fn certificates(
    ctx: &Ctx,
    out: &mut Stream,
    text: &str,
    parts: &[String],
) -> Result<(), Error> {
    let [machine, store, wanted] = parts else { return Err(not_found(text)) };
    let known = machine.eq_ignore_ascii_case("LocalMachine").then(|| store_of(store)).flatten();
    let Some((store, name)) = known else { return Err(not_found(text)) };
    let computers = match store {
        CertificateStore::My => vec![ctx.computer.to_lowercase()],
        CertificateStore::Root | CertificateStore::Ca | CertificateStore::Trust => {
            ctx.computers.clone()
        }
    };
    let wanted = wanted.clone();
    let found = ctx
        .read(move |rows| {
            let mut found: Vec<Certificate> = Vec::new();
            for computer in &computers {
                let held = rows.certificates(computer, store)?.into_iter();
                found.extend(held.filter(|own| wildcard(&wanted, &own.thumbprint)));
            }
            for own in found.iter().filter(|own| own.store == CertificateStore::My) {
                refuse_used(rows, own)?;
            }
            Ok(found)
        })
        .await?;
    if found.is_empty() {
        return Err(not_found(text));
    }
    let mut thumbprints: Vec<String> = found.iter().map(|own| own.thumbprint.clone()).collect();
    thumbprints.sort();
    thumbprints.dedup();
    for thumbprint in thumbprints {
        let target = format!("Cert:\\LocalMachine\\{name}\\{thumbprint}");
        if store == CertificateStore::My {
            warn_if_configured(ctx, out, &thumbprint).await;
        }
        if !out.should_process("Remove Certificate", &target).await? {
            continue;
        }
        let held = found.iter().filter(|own| own.thumbprint == thumbprint);
        let held: Vec<String> = held.map(|own| own.computer.clone()).collect();
        ctx.write(move |rows| {
            for computer in &held {
                rows.delete_certificate(computer, store, &thumbprint)?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
