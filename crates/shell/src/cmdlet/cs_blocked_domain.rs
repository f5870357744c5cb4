//! `Get-`, `New-`, `Set-`, `Remove-CsBlockedDomain`: SIP domains of other organisations that are
//! shut out whatever else is said. Read next: `cs_allowed_domain`, which does the work.

use store::messaging::{ForeignDomain, Listed};

use super::cs_allowed_domain::{
    COMMENT, FILTER, FORCE, GET_IDENTITY, IDENTITY, LOCAL_STORE, NEW_DOMAIN, NEW_IDENTITY, Noun,
};
use super::{Cmdlet, Example, View};
use crate::lang::Object;

/// Type of a blocked domain.
const DOMAIN: &str = "Microsoft.Rtc.Management.WritableConfig.Settings.Edge.BlockedDomain";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE];

const NOUN: Noun = Noun { listed: Listed::Blocked, name: "CsBlockedDomain", show: object };

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the SIP domains of other organizations that are blocked.",
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(DOMAIN)],
    examples: &[Example {
        text: "Show why domains are blocked",
        input: "New-CsBlockedDomain spim.example -Comment 'Advertising' > $null; \
                (Get-CsBlockedDomain).Comment",
        output: "Advertising",
    }],
    ..Cmdlet::node("Get-CsBlockedDomain", |ctx, args, out| Box::pin(NOUN.get(ctx, args, out)))
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Blocks a SIP domain of another organization.",
    description: "Goes before New-CsAllowedDomain: a domain on both lists is blocked, so that it \
                  can be shut out for a while without losing what is said of it. A domain on \
                  neither list is not spoken with either.",
    parameters: &[NEW_IDENTITY, NEW_DOMAIN, COMMENT, FORCE],
    output: &[View::list(DOMAIN)],
    examples: &[Example {
        text: "Shut a domain out",
        input: "New-CsBlockedDomain -Identity contoso.com -Comment 'Until the incident is over'",
        output: "Identity : contoso.com\nDomain * : contoso.com\n\
                 Comment * : Until the incident is over",
    }],
    ..Cmdlet::node_write("New-CsBlockedDomain", |ctx, args, out| Box::pin(NOUN.add(ctx, args, out)))
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what is said of a blocked domain.",
    parameters: &[IDENTITY, COMMENT.or_empty(), FORCE],
    examples: &[Example {
        text: "Say why it is blocked",
        input: "New-CsBlockedDomain contoso.com > $null; Set-CsBlockedDomain contoso.com -Comment \
                'Ask Pia'; (Get-CsBlockedDomain contoso.com).Comment",
        output: "Ask Pia",
    }],
    ..Cmdlet::node_write("Set-CsBlockedDomain", |ctx, args, out| Box::pin(NOUN.set(ctx, args, out)))
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Takes a SIP domain of another organization from those that are blocked.",
    description: "It is spoken with again only if New-CsAllowedDomain has allowed it.",
    parameters: &[IDENTITY, FORCE],
    examples: &[Example {
        text: "Let a domain in again",
        input: "New-CsBlockedDomain contoso.com > $null; Remove-CsBlockedDomain -Identity \
                contoso.com; @(Get-CsBlockedDomain).Count",
        output: "0",
    }],
    ..Cmdlet::node_write("Remove-CsBlockedDomain", |ctx, args, out| {
        Box::pin(NOUN.remove(ctx, args, out))
    })
};

fn object(domain: &ForeignDomain) -> Object {
    Object::new(DOMAIN)
        .with("Identity", &domain.domain)
        .with("Domain", &domain.domain)
        .with("Comment", &domain.comment)
}
