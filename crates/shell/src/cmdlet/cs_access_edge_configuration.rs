//! `Get-`, `Set-CsAccessEdgeConfiguration`: whether people of other organisations are spoken with
//! at all. Which of them is `cs_allowed_domain`.

use store::messaging::AccessEdgeConfiguration;

use super::scoped::{
    self, FILTER, FORCE, GET_IDENTITY, IDENTITY, INSTANCE, LOCAL_STORE, Noun, truth,
};
use super::{Arguments, Cmdlet, Example, Kind, Parameter, View};
use crate::lang::{Error, Object};

/// Type of the configuration.
const CONFIGURATION: &str =
    "Microsoft.Rtc.Management.WritableConfig.Settings.Edge.AccessEdgeConfiguration";

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

/// What there is in Lync and not here: they are `False`, and cannot be made otherwise.
const NEVER: [(&str, &str); 5] = [
    ("AllowOutsideUsers", "people sign in from everywhere as they do here"),
    ("AllowAnonymousUsers", "there are no conferences to join without a name"),
    ("BeClearingHouse", "nothing is ever passed on between two other organizations"),
    ("EnablePartnerDiscovery", "only domains that New-CsAllowedDomain names are looked for"),
    ("EnableArchivingDisclaimer", "nobody is told that conversations are archived"),
];

const GET: Cmdlet = Cmdlet {
    synopsis: "Shows whether people of other organizations are spoken with.",
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(CONFIGURATION)],
    examples: &[Example {
        text: "Show whether it is on",
        input: "(Get-CsAccessEdgeConfiguration).AllowFederatedUsers",
        output: "False",
    }],
    ..Cmdlet::node("Get-CsAccessEdgeConfiguration", |ctx, args, out| {
        Box::pin(scoped::get::<AccessEdgeConfiguration>(ctx, args, out))
    })
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Says whether people of other organizations are spoken with.",
    description: "Off until it is turned on, and then only with the domains that \
                  New-CsAllowedDomain names. Turned off, connections with all of them end at \
                  once. There is no server at the edge: the registrar itself speaks with theirs, \
                  over TLS.",
    parameters: &[
        IDENTITY,
        INSTANCE,
        Parameter::named("AllowFederatedUsers", Kind::Bool)
            .help("Whether people here may speak with those of allowed domains."),
        Parameter::switch("UseDnsSrvRouting")
            .help("Accepted: DNS is what is asked where an allowed domain names no host."),
        Parameter::named("AllowOutsideUsers", Kind::Bool).help("Refused unless $False."),
        Parameter::named("AllowAnonymousUsers", Kind::Bool).help("Refused unless $False."),
        Parameter::named("BeClearingHouse", Kind::Bool).help("Refused unless $False."),
        Parameter::named("EnablePartnerDiscovery", Kind::Bool).help("Refused unless $False."),
        Parameter::named("EnableArchivingDisclaimer", Kind::Bool).help("Refused unless $False."),
        FORCE,
    ],
    examples: &[Example {
        text: "Let people speak with those of contoso.com",
        input: "Set-CsAccessEdgeConfiguration -AllowFederatedUsers $True -UseDnsSrvRouting; \
                New-CsAllowedDomain -Identity contoso.com | Select-Object Domain; \
                (Get-CsAccessEdgeConfiguration -Identity Global).AllowFederatedUsers",
        output: "Domain\n------\ncontoso.com\nTrue",
    }],
    ..Cmdlet::node_write("Set-CsAccessEdgeConfiguration", |ctx, args, out| {
        Box::pin(scoped::set::<AccessEdgeConfiguration>(ctx, args, out))
    })
};

impl Noun for AccessEdgeConfiguration {
    const NOUN: &'static str = "CsAccessEdgeConfiguration";
    const TYPE: &'static str = CONFIGURATION;
    const IS_POLICY: bool = false;
    const SERVICE: Option<&'static str> = None;

    fn change(&mut self, args: &Arguments) -> Result<(), Error> {
        for (name, why) in NEVER {
            if args.flag(name) {
                let message = format!("{name} cannot be True: {why}.");
                return Err(Error::invalid_argument(name, message)
                    .advice(format!("Leave -{name} out, or say $False.")));
            }
        }
        self.allow_federated_users =
            args.boolean("AllowFederatedUsers").unwrap_or(self.allow_federated_users);
        Ok(())
    }

    fn shown(&self, object: Object) -> Object {
        let object = object.with("AllowFederatedUsers", self.allow_federated_users);
        NEVER.iter().fold(object, |object, (name, _)| object.with(name, false))
    }

    fn take(&mut self, object: &Object) -> Result<(), Error> {
        truth(object, "AllowFederatedUsers", &mut self.allow_federated_users);
        Ok(())
    }
}
