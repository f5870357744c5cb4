//! What `-Identity` takes, by the names Lync and Exchange give its types (`cmdlets.md` §1.3, §1.4).

use super::{Signature, Spec, Target};
use crate::cmdlet::Kind;

/// Nouns and the type of their identity; the first that fits counts. `*` at the end stands for the
/// rest of a noun.
const TYPES: [(&str, &str); 17] = [
    ("CsUser*Policy", "Microsoft.Rtc.Management.Xds.XdsIdentity"),
    ("CsUser", "Microsoft.Rtc.Management.AD.UserIdParameter"),
    ("CsUserPoolInfo", "Microsoft.Rtc.Management.AD.UserIdParameter"),
    ("CsAdUser", "Microsoft.Rtc.Management.AD.UserIdParameter"),
    ("Cs*Policy", "Microsoft.Rtc.Management.Xds.XdsIdentity"),
    ("Cs*Configuration", "Microsoft.Rtc.Management.Xds.XdsIdentity"),
    (
        "CsTrustedApplication",
        "Microsoft.Rtc.Management.Deploy.Internal.ExternalApplicationIdentity",
    ),
    ("Cs*", "Microsoft.Rtc.Management.Xds.XdsGlobalRelativeIdentity"),
    ("*VirtualDirectory", "Microsoft.Exchange.Configuration.Tasks.VirtualDirectoryIdParameter"),
    ("*MailboxPolicy", "Microsoft.Exchange.Configuration.Tasks.MailboxPolicyIdParameter"),
    ("*Mailbox*", "Microsoft.Exchange.Configuration.Tasks.MailboxIdParameter"),
    ("UserPhoto", "Microsoft.Exchange.Configuration.Tasks.MailboxIdParameter"),
    ("User", "Microsoft.Exchange.Configuration.Tasks.UserIdParameter"),
    ("Recipient", "Microsoft.Exchange.Configuration.Tasks.RecipientIdParameter"),
    ("*Server", "Microsoft.Exchange.Configuration.Tasks.ServerIdParameter"),
    ("RoleGroup*", "Microsoft.Exchange.Configuration.Tasks.RoleGroupIdParameter"),
    ("UMDialPlan", "Microsoft.Exchange.Configuration.Tasks.UMDialPlanIdParameter"),
];

impl Signature {
    /// The type of what a parameter takes, as .NET spells it.
    pub(super) fn type_of(&self, target: Target) -> String {
        match target {
            Target::Own(at) => match self.specs.get(at) {
                Some(spec) if spec.kind == Kind::Identity && spec.type_name.is_none() => {
                    of_cmdlet(&self.name).to_owned()
                }
                spec => spec.map_or_else(String::new, Spec::full_type),
            },
            Target::Common("OutBuffer") => "System.Int32".to_owned(),
            Target::Common(name) if name.ends_with("Action") => {
                "System.Management.Automation.ActionPreference".to_owned()
            }
            Target::Common(_) => "System.String".to_owned(),
        }
    }
}

/// The type of a cmdlet's identity; a text's where no name is known.
fn of_cmdlet(cmdlet: &str) -> &'static str {
    let (verb, noun) = cmdlet.split_once('-').unwrap_or(("", cmdlet));
    // Who is granted a policy is a person.
    if verb == "Grant" {
        return "Microsoft.Rtc.Management.AD.UserIdParameter";
    }
    let fits = |(pattern, _): &&(&str, &str)| crate::lang::text::is_like(noun, pattern, false);
    TYPES.iter().find(fits).map_or("System.String", |(_, name)| name)
}
