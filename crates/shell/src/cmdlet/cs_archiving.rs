//! `CsArchivingPolicy`, `CsArchivingConfiguration`, `Export-CsArchivingData`: whose texts are
//! archived, for how long, and how they come out again.
//!
//! The registrar archives a text before it delivers it (`im/archive`).

mod export;
mod policy;

use store::messaging::ArchivingConfiguration;

use super::elsewhere::refuse;
use super::parameter::Names;
use super::scoped::{
    self, FILTER, FORCE, GET_IDENTITY, IDENTITY, IN_MEMORY, INSTANCE, LOCAL_STORE, NEW_IDENTITY,
    Noun, ONE_IDENTITY, truth,
};
use super::{Arguments, Cmdlet, Example, Kind, Parameter, View};
use crate::lang::{Error, Object, Value};

/// Type of a configuration.
const CONFIGURATION: &str =
    "Microsoft.Rtc.Management.WritableConfig.Settings.Archiving.ArchivingSettings";
/// The values of `-EnableArchiving`.
static MODE: Names =
    Names { type_name: "EnableArchiving", names: &["None", "ImOnly", "ImAndWebConf"] };

/// The cmdlets of these nouns.
pub(super) const CMDLETS: &[Cmdlet] = &[
    GET,
    NEW,
    SET,
    REMOVE,
    policy::GET,
    policy::NEW,
    policy::SET,
    policy::REMOVE,
    policy::GRANT,
    export::EXPORT,
];

const ABOUT: &str = "Instant messages are archived if EnableArchiving is ImOnly or ImAndWebConf \
                     (there are no conferences) and the archiving policy of one of the two people \
                     has ArchiveInternal. A text is archived before it is delivered. \
                     Export-CsArchivingData writes archived texts to files.";
const ENABLE: Parameter = Parameter::named("EnableArchiving", Kind::Enum(&MODE))
    .default("None")
    .help("Whether anything is archived.");
const EXCHANGE: Parameter = Parameter::named("EnableExchangeArchiving", Kind::Bool)
    .default("False")
    .help("Refused if $True: the messaging server keeps the archive.");
const BLOCK: Parameter = Parameter::named("BlockOnArchiveFailure", Kind::Bool)
    .default("False")
    .help("Whether a text that cannot be archived is refused instead of delivered.");
const DUPLICATES: Parameter = Parameter::named("ArchiveDuplicateMessages", Kind::Bool)
    .help("Accepted and without effect: a text is archived once.");
const CACHE: Parameter = Parameter::named("CachePurgingInterval", Kind::Int)
    .help("Accepted and without effect: there is no cache.");
const PURGING: Parameter = Parameter::named("EnablePurging", Kind::Bool)
    .default("False")
    .help("Whether old texts are removed, when another one is archived.");
const DAYS: Parameter = Parameter::named("KeepArchivingDataForDays", Kind::Int)
    .default("14")
    .help("How old, from 1 to 2562 days.");
const EXPORTED: Parameter = Parameter::named("PurgeExportedArchivesOnly", Kind::Bool)
    .default("False")
    .help("Whether only texts that were exported are removed.");
const HOUR: Parameter = Parameter::named("PurgeHourOfDay", Kind::Int)
    .help("Accepted and without effect: old texts go when another one is archived.");

const GET: Cmdlet = Cmdlet {
    synopsis: "Lists what may be archived, and for how long it is kept.",
    description: ABOUT,
    parameters: &[GET_IDENTITY, FILTER, LOCAL_STORE],
    default_set: "Identity",
    output: &[View::list(CONFIGURATION)],
    examples: &[
        Example {
            text: "Show all settings",
            input: "Get-CsArchivingConfiguration",
            output: "Identity * : Global\nEnableArchiving * : None\n\
                     EnableExchangeArchiving * : False\nBlockOnArchiveFailure * : False\n\
                     KeepArchivingDataForDays * : 14",
        },
        Example {
            text: "Find sites that refuse texts when the archive fails",
            input: "New-CsArchivingConfiguration site:Redmond -BlockOnArchiveFailure $True > $null; \
                    Get-CsArchivingConfiguration | Where-Object {$_.BlockOnArchiveFailure -eq \
                    $True} | ForEach-Object { $_.Identity }",
            output: "Site:Redmond",
        },
    ],
    ..Cmdlet::node("Get-CsArchivingConfiguration", |ctx, args, out| {
        Box::pin(scoped::get::<ArchivingConfiguration>(ctx, args, out))
    })
};

const NEW: Cmdlet = Cmdlet {
    synopsis: "Says for a site what may be archived.",
    description: ABOUT,
    parameters: &[
        NEW_IDENTITY,
        ENABLE,
        EXCHANGE,
        BLOCK,
        DUPLICATES,
        CACHE,
        PURGING,
        DAYS,
        EXPORTED,
        HOUR,
        IN_MEMORY,
        FORCE,
    ],
    output: &[View::list(CONFIGURATION)],
    examples: &[Example {
        text: "Archive instant messages in one site",
        input: "New-CsArchivingConfiguration -Identity \"site:Redmond\" -EnableArchiving ImOnly | \
                Select-Object Identity, EnableArchiving",
        output: "Identity EnableArchiving\n*\nSite:Redmond ImOnly",
    }],
    ..Cmdlet::node_write("New-CsArchivingConfiguration", |ctx, args, out| {
        Box::pin(scoped::new::<ArchivingConfiguration>(ctx, args, out))
    })
};

const SET: Cmdlet = Cmdlet {
    synopsis: "Changes what may be archived, and for how long it is kept.",
    description: ABOUT,
    parameters: &[
        IDENTITY, INSTANCE, ENABLE, EXCHANGE, BLOCK, DUPLICATES, CACHE, PURGING, DAYS, EXPORTED,
        HOUR, FORCE,
    ],
    examples: &[Example {
        text: "Archive instant messages everywhere and keep them for a year",
        input: "Set-CsArchivingConfiguration -EnableArchiving ImOnly -EnablePurging $True \
                -KeepArchivingDataForDays 365; (Get-CsArchivingConfiguration).EnableArchiving",
        output: "ImOnly",
    }],
    ..Cmdlet::node_write("Set-CsArchivingConfiguration", |ctx, args, out| {
        Box::pin(scoped::set::<ArchivingConfiguration>(ctx, args, out))
    })
};

const REMOVE: Cmdlet = Cmdlet {
    synopsis: "Removes what was said for a site.",
    description: "The global settings get their defaults instead: nothing is archived then.",
    parameters: &[ONE_IDENTITY, FORCE],
    examples: &[Example {
        text: "Remove the settings of all sites",
        input: "New-CsArchivingConfiguration site:Redmond > $null; Get-CsArchivingConfiguration \
                -Filter site:* | Remove-CsArchivingConfiguration; \
                (Get-CsArchivingConfiguration).Identity",
        output: "Global",
    }],
    ..Cmdlet::node_write("Remove-CsArchivingConfiguration", |ctx, args, out| {
        Box::pin(scoped::remove::<ArchivingConfiguration>(ctx, args, out))
    })
};

impl Noun for ArchivingConfiguration {
    const NOUN: &'static str = "CsArchivingConfiguration";
    const TYPE: &'static str = CONFIGURATION;
    const IS_POLICY: bool = false;
    const SERVICE: Option<&'static str> = None;

    fn change(&mut self, args: &Arguments) -> Result<(), Error> {
        refuse(
            args,
            &[(
                "EnableExchangeArchiving",
                "the messaging server keeps the archive, because nothing here searches mailboxes \
                 of other people. Use Export-CsArchivingData.",
            )],
        )?;
        if let Some(mode) = args.number_of("EnableArchiving") {
            self.enable_archiving = u8::try_from(mode).unwrap_or_default();
        }
        let give = |slot: &mut bool, name: &str| *slot = args.boolean(name).unwrap_or(*slot);
        give(&mut self.block_on_archive_failure, "BlockOnArchiveFailure");
        give(&mut self.enable_purging, "EnablePurging");
        give(&mut self.purge_exported_archives_only, "PurgeExportedArchivesOnly");
        if let Some(days) = args.integer("KeepArchivingDataForDays") {
            self.keep_archiving_data_for_days = read_days(days)?;
        }
        Ok(())
    }

    fn shown(&self, object: Object) -> Object {
        let number = usize::from(self.enable_archiving);
        let mode = MODE.names.get(number).copied().unwrap_or("None");
        object
            .with(
                "EnableArchiving",
                Value::named(MODE.type_name, mode, i64::from(self.enable_archiving)),
            )
            .with("EnableExchangeArchiving", false)
            .with("BlockOnArchiveFailure", self.block_on_archive_failure)
            .with("EnablePurging", self.enable_purging)
            .with("KeepArchivingDataForDays", i64::from(self.keep_archiving_data_for_days))
            .with("PurgeExportedArchivesOnly", self.purge_exported_archives_only)
    }

    fn take(&mut self, object: &Object) -> Result<(), Error> {
        match object.get("EnableArchiving") {
            Some(Value::Enum(named)) => {
                self.enable_archiving = u8::try_from(named.number).unwrap_or_default();
            }
            Some(value) => {
                let text = crate::lang::text::to_text(&value);
                let (_, mode) = MODE.find(&text).ok_or_else(|| {
                    Error::invalid_argument("EnableArchiving", format!("\"{text}\" is no mode."))
                        .advice("Use None, ImOnly or ImAndWebConf.")
                })?;
                self.enable_archiving = u8::try_from(mode).unwrap_or_default();
            }
            None => {}
        }
        truth(object, "BlockOnArchiveFailure", &mut self.block_on_archive_failure);
        truth(object, "EnablePurging", &mut self.enable_purging);
        truth(object, "PurgeExportedArchivesOnly", &mut self.purge_exported_archives_only);
        if let Some(Value::Int(days)) = object.get("KeepArchivingDataForDays") {
            self.keep_archiving_data_for_days = read_days(days)?;
        }
        Ok(())
    }
}

fn read_days(days: i64) -> Result<u16, Error> {
    match u16::try_from(days) {
        Ok(days @ 1..=2562) => Ok(days),
        _ => Err(Error::invalid_argument(
            "KeepArchivingDataForDays",
            format!("{days} is not a number of days from 1 to 2562."),
        )),
    }
}
