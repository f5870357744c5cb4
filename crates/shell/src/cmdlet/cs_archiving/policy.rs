//! `Get-`, `New-`, `Set-`, `Remove-`, `Grant-CsArchivingPolicy`: whose texts are archived.

use store::messaging::ArchivingPolicy;

use crate::cmdlet::scoped::{
    self, FILTER, FORCE, GET_IDENTITY, IDENTITY, IN_MEMORY, INSTANCE, LOCAL_STORE, NEW_IDENTITY,
    Noun, ONE_IDENTITY, PASS_THRU, POLICY_NAME, USER, truth,
};
use crate::cmdlet::{Arguments, Cmdlet, Example, Kind, Parameter, View};
use crate::lang::{Error, Object};

/// Type of a policy.
const POLICY: &str = "Microsoft.Rtc.Management.WritableConfig.Policy.Im.ImArchivingPolicy";

const ABOUT: &str = "Settings and policy must both be on: see Set-CsArchivingConfiguration.";
const INTERNAL: Parameter = Parameter::named("ArchiveInternal", Kind::Bool)
    .default("False")
    .help("Whether texts with people of this deployment are archived.");
const EXTERNAL: Parameter = Parameter::named("ArchiveExternal", Kind::Bool)
    .default("False")
    .help("The same with people of other organizations; there are no such conversations yet.");
const DESCRIPTION: Parameter = Parameter::named("Description", Kind::String).help("Any text.");

pub(super) const GET: Cmdlet = Cmdlet {
    synopsis: "Lists the archiving policies.",
    description: ABOUT,
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(POLICY)],
    examples: &[Example {
        text: "Show all policies",
        input: "Get-CsArchivingPolicy",
        output: "Identity * : Global\nDescription * :\nArchiveInternal : False\n\
                 ArchiveExternal : False",
    }],
    ..Cmdlet::node("Get-CsArchivingPolicy", |ctx, args, out| {
        Box::pin(scoped::get::<ArchivingPolicy>(ctx, args, out))
    })
};

pub(super) const NEW: Cmdlet = Cmdlet {
    synopsis: "Makes an archiving policy.",
    description: ABOUT,
    parameters: &[NEW_IDENTITY, INTERNAL, EXTERNAL, DESCRIPTION, IN_MEMORY, FORCE],
    output: &[View::list(POLICY)],
    examples: &[Example {
        text: "A policy for people who are archived",
        input: "New-CsArchivingPolicy -Identity \"RedmondArchivingPolicy\" -ArchiveInternal $True \
                -Description \"Traders\"",
        output: "Identity * : Tag:RedmondArchivingPolicy\nDescription * : Traders\n\
                 ArchiveInternal : True\nArchiveExternal : False",
    }],
    ..Cmdlet::node_write("New-CsArchivingPolicy", |ctx, args, out| {
        Box::pin(scoped::new::<ArchivingPolicy>(ctx, args, out))
    })
};

pub(super) const SET: Cmdlet = Cmdlet {
    synopsis: "Changes an archiving policy.",
    description: ABOUT,
    parameters: &[IDENTITY, INSTANCE, INTERNAL, EXTERNAL, DESCRIPTION, FORCE],
    examples: &[Example {
        text: "Archive everybody who has no other policy",
        input: "Set-CsArchivingPolicy -ArchiveInternal $True; (Get-CsArchivingPolicy \
                global).ArchiveInternal",
        output: "True",
    }],
    ..Cmdlet::node_write("Set-CsArchivingPolicy", |ctx, args, out| {
        Box::pin(scoped::set::<ArchivingPolicy>(ctx, args, out))
    })
};

pub(super) const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes an archiving policy.",
    description: "The global one gets its defaults instead.",
    parameters: &[ONE_IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove a policy",
        input: "New-CsArchivingPolicy Traders > $null; Remove-CsArchivingPolicy -Identity \
                Traders; (Get-CsArchivingPolicy).Identity",
        output: "Global",
    }],
    ..Cmdlet::node_write("Remove-CsArchivingPolicy", |ctx, args, out| {
        Box::pin(scoped::remove::<ArchivingPolicy>(ctx, args, out))
    })
};

pub(super) const GRANT: Cmdlet = Cmdlet {
    synopsis: "Grants people an archiving policy.",
    description: "It goes before the policy of their site and the global one.",
    parameters: &[USER, POLICY_NAME, PASS_THRU],
    examples: &[Example {
        text: "Archive what somebody writes and gets",
        input: "New-CsArchivingPolicy Traders -ArchiveInternal $True > $null; \
                Grant-CsArchivingPolicy -Identity \"Ken Myer\" -PolicyName Traders -PassThru | \
                ForEach-Object { $_.ArchivingPolicy }",
        output: "Traders",
    }],
    ..Cmdlet::node_write("Grant-CsArchivingPolicy", |ctx, args, out| {
        Box::pin(scoped::grant::<ArchivingPolicy>(ctx, args, out))
    })
};

impl Noun for ArchivingPolicy {
    const NOUN: &'static str = "CsArchivingPolicy";
    const TYPE: &'static str = POLICY;
    const IS_POLICY: bool = true;
    const SERVICE: Option<&'static str> = None;

    fn change(&mut self, args: &Arguments) -> Result<(), Error> {
        self.archive_internal = args.boolean("ArchiveInternal").unwrap_or(self.archive_internal);
        self.archive_external = args.boolean("ArchiveExternal").unwrap_or(self.archive_external);
        if args.has("Description") {
            args.text("Description").unwrap_or_default().clone_into(&mut self.description);
        }
        Ok(())
    }

    fn shown(&self, object: Object) -> Object {
        object
            .with("Description", &self.description)
            .with("ArchiveInternal", self.archive_internal)
            .with("ArchiveExternal", self.archive_external)
    }

    fn take(&mut self, object: &Object) -> Result<(), Error> {
        truth(object, "ArchiveInternal", &mut self.archive_internal);
        truth(object, "ArchiveExternal", &mut self.archive_external);
        if let Some(text) = object.get("Description") {
            text.as_str().unwrap_or_default().clone_into(&mut self.description);
        }
        Ok(())
    }
}
