//! Of whom a call is, for the audit log: the `Identity` of the person as the `Get-` cmdlet of that
//! half shows it, however they were named.

use store::Reader;
use store::directory::{DirectoryRead as _, distinguished_name};

use crate::cmdlet::{Arguments, Cmdlet, Ctx, DisplayNames};
use crate::identity::{account, lync_account};
use crate::lang::Error;

/// Cmdlets about one person, and the parameter that names them.
const PERSONAL: &[(&str, &str)] = &[
    ("Set-Mailbox", "Identity"),
    ("Enable-Mailbox", "Identity"),
    ("Disable-Mailbox", "Identity"),
    ("Remove-Mailbox", "Identity"),
    ("Set-CASMailbox", "Identity"),
    ("Set-User", "Identity"),
    ("Set-UserPhoto", "Identity"),
    ("Remove-UserPhoto", "Identity"),
    ("New-MoveRequest", "Identity"),
    ("Remove-MoveRequest", "Identity"),
    ("Enable-CsUser", "Identity"),
    ("Disable-CsUser", "Identity"),
    ("Set-CsUser", "Identity"),
    ("Move-CsUser", "Identity"),
    ("Grant-CsUserServicesPolicy", "Identity"),
    ("Grant-CsArchivingPolicy", "Identity"),
    ("Grant-CsExternalAccessPolicy", "Identity"),
    ("Test-CsExStorageConnectivity", "SipUri"),
];

/// The person's identity; none if the call is about nobody, or about somebody who is not there.
pub(super) async fn of_call(ctx: &Ctx, cmdlet: &Cmdlet, arguments: &Arguments) -> Option<String> {
    let (_, parameter) = PERSONAL.iter().find(|(name, _)| *name == cmdlet.name)?;
    let text = arguments.text(parameter)?.to_owned();
    let is_lync = cmdlet.name.contains("-Cs");
    ctx.read(move |rows| identity(rows, &text, is_lync)).await.ok()
}

fn identity(rows: &Reader, text: &str, is_lync: bool) -> Result<String, Error> {
    let forest = rows.deployment()?.forest;
    if is_lync {
        let bare = text.trim();
        let of_address = lync_account(rows, &format!("sip:{bare}"));
        let found = lync_account(rows, bare).or(of_address)?;
        let names = DisplayNames::of(rows)?;
        return Ok(match names.is_unique(&found) {
            true => distinguished_name(&found, &forest),
            false => found.id.to_string(),
        });
    }
    let found = account(rows, text, "")?;
    Ok(DisplayNames::of(rows)?.identity(&found, &forest))
}
