//! `Get-`, `New-`, `Set-`, `Remove-`, `Grant-CsUserServicesPolicy`: who may have the unified
//! contact store.

use store::messaging::UserServicesPolicy;

use super::scoped::{
    self, FILTER, FORCE, GET_IDENTITY, IDENTITY, IN_MEMORY, INSTANCE, LOCAL_STORE, NEW_IDENTITY,
    Noun, ONE_IDENTITY, PASS_THRU, POLICY_NAME, USER, truth,
};
use super::{Arguments, Cmdlet, Example, Kind, Parameter, View};
use crate::lang::{Error, Object};

/// Type of a policy.
const POLICY: &str =
    "Microsoft.Rtc.Management.WritableConfig.Policy.UserServices.UserServicesPolicy";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE, GRANT];

const ABOUT: &str = "Contacts and groups are one list, kept in the mailbox, for the web app and \
                     SIP clients alike. UcsAllowed says who may have it so. With $False the \
                     messaging server keeps the list of SIP clients by itself: what is in the \
                     mailbox stays there and is shown in the web app, and each list goes its own \
                     way until the policy allows one list again; then it is the mailbox's. \
                     Debug-CsUnifiedContactStore shows where somebody's list is.";
const UCS_ALLOWED: Parameter = Parameter::named("UcsAllowed", Kind::Bool)
    .default("True")
    .help("Whether contacts may be kept in the mailbox.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the policies about the unified contact store.",
    description: ABOUT,
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(POLICY)],
    examples: &[
        Example {
            text: "Show all policies",
            input: "Get-CsUserServicesPolicy",
            output: "Identity * : Global\nUcsAllowed : True",
        },
        Example {
            text: "Show the policies that can be granted",
            input: "New-CsUserServicesPolicy RedmondUserServicesPolicy > $null; \
                    Get-CsUserServicesPolicy -Filter \"tag:*\" | ForEach-Object { $_.Identity }",
            output: "Tag:RedmondUserServicesPolicy",
        },
    ],
    ..Cmdlet::node("Get-CsUserServicesPolicy", |ctx, args, out| {
        Box::pin(scoped::get::<UserServicesPolicy>(ctx, args, out))
    })
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a policy about the unified contact store.",
    description: ABOUT,
    parameters: &[NEW_IDENTITY, UCS_ALLOWED, IN_MEMORY, FORCE],
    output: &[View::list(POLICY)],
    examples: &[
        Example {
            text: "A policy for a site",
            input: "New-CsUserServicesPolicy -Identity \"site:Redmond\" -UcsAllowed $True",
            output: "Identity * : Site:Redmond\nUcsAllowed : True",
        },
        Example {
            text: "A policy made in memory and saved later",
            input: "$x = New-CsUserServicesPolicy -Identity site:Redmond -InMemory; \
                    $x.UcsAllowed = $False; Set-CsUserServicesPolicy -Instance $x; \
                    (Get-CsUserServicesPolicy site:Redmond).UcsAllowed",
            output: "False",
        },
    ],
    ..Cmdlet::node_write("New-CsUserServicesPolicy", |ctx, args, out| {
        Box::pin(scoped::new::<UserServicesPolicy>(ctx, args, out))
    })
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a policy about the unified contact store.",
    description: ABOUT,
    parameters: &[IDENTITY, INSTANCE, UCS_ALLOWED, FORCE],
    examples: &[
        Example {
            text: "Change the global policy",
            input: "Set-CsUserServicesPolicy -UcsAllowed $False; \
                    (Get-CsUserServicesPolicy global).UcsAllowed",
            output: "False",
        },
        Example {
            text: "Change all policies",
            input: "New-CsUserServicesPolicy Sales > $null; Get-CsUserServicesPolicy | \
                    Set-CsUserServicesPolicy -UcsAllowed $False; \
                    (Get-CsUserServicesPolicy).UcsAllowed",
            output: "False\nFalse",
        },
    ],
    ..Cmdlet::node_write("Set-CsUserServicesPolicy", |ctx, args, out| {
        Box::pin(scoped::set::<UserServicesPolicy>(ctx, args, out))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a policy about the unified contact store.",
    description: "The global one gets its defaults instead.",
    parameters: &[ONE_IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove all policies of sites",
        input: "New-CsUserServicesPolicy site:Redmond > $null; Get-CsUserServicesPolicy -Filter \
                site:* | Remove-CsUserServicesPolicy; (Get-CsUserServicesPolicy).Identity",
        output: "Global",
    }],
    ..Cmdlet::node_write("Remove-CsUserServicesPolicy", |ctx, args, out| {
        Box::pin(scoped::remove::<UserServicesPolicy>(ctx, args, out))
    })
};

const GRANT: Cmdlet = Cmdlet {
    synopsis: "Grants people a policy about the unified contact store.",
    description: "It goes before the policies of their service, their site and the global one.",
    parameters: &[USER, POLICY_NAME, PASS_THRU],
    examples: &[
        Example {
            text: "Grant a policy",
            input: "New-CsUserServicesPolicy RedmondUserServicesPolicy > $null; \
                    Grant-CsUserServicesPolicy -Identity \"Ken Myer\" -PolicyName \
                    \"RedmondUserServicesPolicy\"; (Get-CsUser \"Ken Myer\").UserServicesPolicy",
            output: "RedmondUserServicesPolicy",
        },
        Example {
            text: "Take the policy from everybody",
            input: "Get-CsUser | Grant-CsUserServicesPolicy -PolicyName $Null",
            output: "",
        },
    ],
    ..Cmdlet::node_write("Grant-CsUserServicesPolicy", |ctx, args, out| {
        Box::pin(scoped::grant::<UserServicesPolicy>(ctx, args, out))
    })
};

impl Noun for UserServicesPolicy {
    const NOUN: &'static str = "CsUserServicesPolicy";
    const TYPE: &'static str = POLICY;
    const IS_POLICY: bool = true;
    const SERVICE: Option<&'static str> = Some("UserServer");

    fn change(&mut self, args: &Arguments) -> Result<(), Error> {
        self.ucs_allowed = args.boolean("UcsAllowed").unwrap_or(self.ucs_allowed);
        Ok(())
    }

    fn shown(&self, object: Object) -> Object {
        object.with("UcsAllowed", self.ucs_allowed)
    }

    fn take(&mut self, object: &Object) -> Result<(), Error> {
        truth(object, "UcsAllowed", &mut self.ucs_allowed);
        Ok(())
    }

    fn warning(&self) -> Option<&'static str> {
        (!self.ucs_allowed).then_some(
            "The messaging server keeps the contact lists of SIP clients by itself from now on, \
             apart from those in the mailboxes, which stay and are shown in the web app.",
        )
    }
}
