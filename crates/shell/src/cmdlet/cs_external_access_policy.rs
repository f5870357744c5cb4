//! `Get-`, `New-`, `Set-`, `Remove-`, `Grant-CsExternalAccessPolicy`: who may speak with people of
//! other organisations.

use store::messaging::ExternalAccessPolicy;

use super::scoped::{
    self, FILTER, FORCE, GET_IDENTITY, IDENTITY, IN_MEMORY, INSTANCE, LOCAL_STORE, NEW_IDENTITY,
    Noun, ONE_IDENTITY, PASS_THRU, POLICY_NAME, USER, truth,
};
use super::{Arguments, Cmdlet, Example, Kind, Parameter, View};
use crate::lang::{Error, Object};

/// Type of a policy.
const POLICY: &str =
    "Microsoft.Rtc.Management.WritableConfig.Policy.ExternalAccess.ExternalAccessPolicy";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, NEW, SET, REMOVE, GRANT];

const ABOUT: &str = "People here may write to and call those of allowed SIP domains, and the other \
                     way round, once Set-CsAccessEdgeConfiguration says so. \
                     EnableFederationAccess says who may. Unlike in Lync Server the global policy \
                     lets everybody: whom a policy leaves out is nobody for other organizations \
                     (404), and is refused (403) what they write there. In force at once.";
const ENABLE: Parameter = Parameter::named("EnableFederationAccess", Kind::Bool)
    .default("True")
    .help("Whether they may speak with people of other organizations.");
const DESCRIPTION: Parameter = Parameter::named("Description", Kind::String).help("Any text.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the policies about speaking with other organizations.",
    description: ABOUT,
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(POLICY)],
    examples: &[
        Example {
            text: "Show all policies",
            input: "Get-CsExternalAccessPolicy",
            output: "Identity * : Global\nDescription * :\nEnableFederationAccess : True",
        },
        Example {
            text: "Show the policies that let nobody out",
            input: "New-CsExternalAccessPolicy Inside -EnableFederationAccess $False > $null; \
                    Get-CsExternalAccessPolicy | Where-Object { -not $_.EnableFederationAccess } \
                    | ForEach-Object { $_.Identity }",
            output: "Tag:Inside",
        },
    ],
    ..Cmdlet::node("Get-CsExternalAccessPolicy", |ctx, args, out| {
        Box::pin(scoped::get::<ExternalAccessPolicy>(ctx, args, out))
    })
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes a policy about speaking with other organizations.",
    description: ABOUT,
    parameters: &[NEW_IDENTITY, ENABLE, DESCRIPTION, IN_MEMORY, FORCE],
    output: &[View::list(POLICY)],
    examples: &[Example {
        text: "A policy for a site that speaks with nobody outside",
        input: "New-CsExternalAccessPolicy -Identity site:Redmond -EnableFederationAccess $False",
        output: "Identity * : Site:Redmond\nDescription * :\nEnableFederationAccess : False",
    }],
    ..Cmdlet::node_write("New-CsExternalAccessPolicy", |ctx, args, out| {
        Box::pin(scoped::new::<ExternalAccessPolicy>(ctx, args, out))
    })
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes a policy about speaking with other organizations.",
    description: ABOUT,
    parameters: &[IDENTITY, INSTANCE, ENABLE, DESCRIPTION, FORCE],
    examples: &[Example {
        text: "Nobody, but for those who are granted another policy",
        input: "Set-CsExternalAccessPolicy Global -EnableFederationAccess $False; \
                (Get-CsExternalAccessPolicy Global).EnableFederationAccess",
        output: "False",
    }],
    ..Cmdlet::node_write("Set-CsExternalAccessPolicy", |ctx, args, out| {
        Box::pin(scoped::set::<ExternalAccessPolicy>(ctx, args, out))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes a policy about speaking with other organizations.",
    description: "The global one gets its defaults instead.",
    parameters: &[ONE_IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove all policies of sites",
        input: "New-CsExternalAccessPolicy site:Redmond > $null; Get-CsExternalAccessPolicy \
                -Filter site:* | Remove-CsExternalAccessPolicy; \
                (Get-CsExternalAccessPolicy).Identity",
        output: "Global",
    }],
    ..Cmdlet::node_write("Remove-CsExternalAccessPolicy", |ctx, args, out| {
        Box::pin(scoped::remove::<ExternalAccessPolicy>(ctx, args, out))
    })
};

const GRANT: Cmdlet = Cmdlet {
    synopsis: "Grants people a policy about speaking with other organizations.",
    description: "It goes before the policies of their site and the global one.",
    parameters: &[USER, POLICY_NAME, PASS_THRU],
    examples: &[Example {
        text: "Grant a policy",
        input: "New-CsExternalAccessPolicy Inside -EnableFederationAccess $False > $null; \
                Grant-CsExternalAccessPolicy -Identity \"Ken Myer\" -PolicyName Inside; \
                (Get-CsUser \"Ken Myer\").ExternalAccessPolicy",
        output: "Inside",
    }],
    ..Cmdlet::node_write("Grant-CsExternalAccessPolicy", |ctx, args, out| {
        Box::pin(scoped::grant::<ExternalAccessPolicy>(ctx, args, out))
    })
};

impl Noun for ExternalAccessPolicy {
    const NOUN: &'static str = "CsExternalAccessPolicy";
    const TYPE: &'static str = POLICY;
    const IS_POLICY: bool = true;
    const SERVICE: Option<&'static str> = None;

    fn change(&mut self, args: &Arguments) -> Result<(), Error> {
        let may = args.boolean("EnableFederationAccess");
        self.enable_federation_access = may.unwrap_or(self.enable_federation_access);
        if args.has("Description") {
            args.text("Description").unwrap_or_default().clone_into(&mut self.description);
        }
        Ok(())
    }

    fn shown(&self, object: Object) -> Object {
        object
            .with("Description", &self.description)
            .with("EnableFederationAccess", self.enable_federation_access)
    }

    fn take(&mut self, object: &Object) -> Result<(), Error> {
        truth(object, "EnableFederationAccess", &mut self.enable_federation_access);
        if let Some(text) = object.get("Description") {
            text.as_str().unwrap_or_default().clone_into(&mut self.description);
        }
        Ok(())
    }
}
