//! The settings that OWA virtual directories and mailbox policies have besides those of instant
//! messaging: a table, from which parameters, properties and the manual derive (`cmdlets.md` §9.3,
//! §9.5).
//!
//! Owns names, kinds and defaults, and how a value is kept in the store's `settings`. Read next:
//! `cmdlet/owa_virtual_directory`.

use serde_json::Map;

use crate::cmdlet::parameter::Names;
use crate::cmdlet::{Arguments, Kind, Parameter};
use crate::lang::{Error, Object, Value};

/// The settings of a directory or policy that are not at their default, by property name.
pub(crate) type Settings = Map<String, serde_json::Value>;

/// One setting.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    /// Name of parameter and property.
    pub name: &'static str,
    kind: Kind,
    default: Fallback,
    /// What it does here, for its help; empty if nothing.
    effect: &'static str,
}

/// What a setting is as long as nobody sets it.
#[derive(Clone, Copy)]
enum Fallback {
    Bool(bool),
    Number(i64),
    /// Position in the names.
    Name(usize),
    Text,
    List,
    /// Nothing is kept: a setting of earlier versions, for scripts that still give it.
    Former,
}

const fn setting(name: &'static str, kind: Kind, default: Fallback) -> Setting {
    Setting { name, kind, default, effect: "" }
}

const fn on(name: &'static str) -> Setting {
    setting(name, Kind::Bool, Fallback::Bool(true))
}

const fn off(name: &'static str) -> Setting {
    setting(name, Kind::Bool, Fallback::Bool(false))
}

const fn named(name: &'static str, names: &'static Names, default: usize) -> Setting {
    setting(name, Kind::Enum(names), Fallback::Name(default))
}

const fn number(name: &'static str, default: i64) -> Setting {
    setting(name, Kind::Int, Fallback::Number(default))
}

const fn text(name: &'static str) -> Setting {
    setting(name, Kind::String, Fallback::Text)
}

const fn list(name: &'static str) -> Setting {
    setting(name, Kind::MultiValued, Fallback::List)
}

const fn former(name: &'static str, kind: Kind) -> Setting {
    setting(name, kind, Fallback::Former)
}

/// The provider of instant messages.
pub(crate) static IM_TYPE: Names =
    Names { type_name: "InstantMessagingTypeOptions", names: &["None", "Ocs"] };

static ACTION: Names =
    Names { type_name: "AttachmentBlockingActions", names: &["Allow", "ForceSave", "Block"] };
static OFFLINE: Names = Names {
    type_name: "AllowOfflineOnEnum",
    names: &["PrivateComputersOnly", "NoComputers", "AllComputers"],
};
static CHARSET: Names = Names {
    type_name: "OutboundCharsetOptions",
    names: &["AutoDetect", "AlwaysUTF8", "UserLanguageChoice"],
};
static FRAMES: Names =
    Names { type_name: "WebPartsFrameOptions", names: &["None", "SameOrigin", "Deny"] };
static CLEANUP: Names = Names { type_name: "ClientAuthCleanupLevels", names: &["Low", "High"] };
static BEACONS: Names = Names {
    type_name: "WebBeaconFilterLevels",
    names: &["UserFilterChoice", "ForceFilter", "DisableFilter"],
};
static GZIP: Names = Names { type_name: "GzipLevel", names: &["Off", "Low", "High", "Error"] };
static LOGON: Names =
    Names { type_name: "LogonFormats", names: &["FullDomain", "PrincipalName", "UserName"] };
static REDIRECT: Names =
    Names { type_name: "LegacyRedirectTypeOptions", names: &["Silent", "Manual"] };
static TOKEN: Names = Names {
    type_name: "ExtendedProtectionTokenCheckingMode",
    names: &["None", "Allow", "Require"],
};

/// Settings that directories and policies share.
pub(crate) const SHARED: [Setting; 50] = [
    named("ActionForUnknownFileAndMIMETypes", &ACTION, 0),
    on("ActiveSyncIntegrationEnabled"),
    on("AllAddressListsEnabled"),
    on("AllowCopyContactsToDeviceAddressBook"),
    list("AllowedFileTypes"),
    list("AllowedMimeTypes"),
    named("AllowOfflineOn", &OFFLINE, 2),
    list("BlockedFileTypes"),
    list("BlockedMimeTypes"),
    on("CalendarEnabled"),
    on("ChangePasswordEnabled"),
    on("ClassicAttachmentsEnabled"),
    on("ContactsEnabled"),
    text("DefaultTheme"),
    on("DelegateAccessEnabled"),
    on("DirectFileAccessOnPrivateComputersEnabled"),
    on("DirectFileAccessOnPublicComputersEnabled"),
    on("DisplayPhotosEnabled").doing("Whether the page shows photos instead of initials."),
    on("ExplicitLogonEnabled"),
    off("ForceSaveAttachmentFilteringEnabled"),
    list("ForceSaveFileTypes"),
    list("ForceSaveMimeTypes"),
    off("ForceWacViewingFirstOnPrivateComputers"),
    off("ForceWacViewingFirstOnPublicComputers"),
    on("GlobalAddressListEnabled"),
    on("IRMEnabled"),
    on("JournalEnabled"),
    on("JunkEmailEnabled"),
    number("LogonAndErrorLanguage", 0),
    on("NotesEnabled"),
    on("OrganizationEnabled"),
    named("OutboundCharset", &CHARSET, 0),
    on("OWALightEnabled"),
    on("OWAMiniEnabled"),
    on("PremiumClientEnabled"),
    on("RemindersAndNotificationsEnabled"),
    on("ReportJunkEmailEnabled"),
    on("RulesEnabled"),
    on("SetPhotoEnabled").doing("Whether people may change their own photo in the settings."),
    text("SetPhotoURL"),
    on("SignaturesEnabled"),
    on("TasksEnabled"),
    on("TextMessagingEnabled"),
    on("ThemeSelectionEnabled"),
    on("UMIntegrationEnabled"),
    off("UseGB18030"),
    off("UseISO885915"),
    on("WacViewingOnPrivateComputersEnabled"),
    on("WacViewingOnPublicComputersEnabled"),
    named("WebPartsFrameOptionsType", &FRAMES, 1),
];

/// Settings of directories alone.
pub(crate) const DIRECTORY: [Setting; 24] = [
    off("AdfsAuthentication"),
    on("AnonymousFeaturesEnabled"),
    on("BasicAuthentication"),
    on("CalendarPublishingEnabled"),
    named("ClientAuthCleanupLevel", &CLEANUP, 1),
    text("DefaultDomain"),
    off("DigestAuthentication"),
    list("ExtendedProtectionFlags"),
    list("ExtendedProtectionSPNList"),
    named("ExtendedProtectionTokenChecking", &TOKEN, 0),
    list("ExternalAuthenticationMethods"),
    text("ExternalUrl"),
    text("FailbackUrl"),
    named("FilterWebBeaconsAndHtmlForms", &BEACONS, 0),
    on("FormsAuthentication"),
    named("GzipLevel", &GZIP, 1),
    on("IntegratedFeaturesEnabled"),
    text("InternalUrl"),
    off("IsPublic"),
    named("LegacyRedirectType", &REDIRECT, 0),
    named("LogonFormat", &LOGON, 0),
    on("RedirectToOptimalOWAServer"),
    number("UserContextTimeout", 60),
    off("WindowsAuthentication"),
];

/// Settings of policies alone.
pub(crate) const POLICY: [Setting; 4] = [
    off("OnSendAddinsEnabled"),
    off("PhoneticSupportEnabled"),
    on("WacExternalServicesEnabled"),
    off("WacOMEXEnabled"),
];

/// Settings of 2010 and earlier: taken and dropped, with a warning.
pub(crate) const FORMER: [Setting; 18] = [
    former("DefaultClientLanguage", Kind::Int),
    former("NotificationInterval", Kind::Int),
    former("PublicFoldersEnabled", Kind::Bool),
    former("RecoverDeletedItemsEnabled", Kind::Bool),
    former("RemoteDocumentsActionForUnknownServers", Kind::String),
    former("RemoteDocumentsAllowedServers", Kind::MultiValued),
    former("RemoteDocumentsBlockedServers", Kind::MultiValued),
    former("RemoteDocumentsInternalDomainSuffixList", Kind::MultiValued),
    former("SearchFoldersEnabled", Kind::Bool),
    former("SilverlightEnabled", Kind::Bool),
    former("SMimeEnabled", Kind::Bool),
    former("SpellCheckerEnabled", Kind::Bool),
    former("UNCAccessOnPrivateComputersEnabled", Kind::Bool),
    former("UNCAccessOnPublicComputersEnabled", Kind::Bool),
    former("WSSAccessOnPrivateComputersEnabled", Kind::Bool),
    former("WSSAccessOnPublicComputersEnabled", Kind::Bool),
    former("ExchwebProxyDestination", Kind::String),
    former("VirtualDirectoryType", Kind::String),
];

/// The warning that some of the arguments are settings of earlier versions.
pub(crate) fn former_warning(args: &Arguments) -> Option<String> {
    let given: Vec<&str> =
        FORMER.iter().map(|setting| setting.name).filter(|name| args.has(name)).collect();
    match given.as_slice() {
        [] => None,
        [one] => {
            Some(format!("{one} belongs to earlier versions and has no effect; it was not kept."))
        }
        several => Some(format!(
            "{} belong to earlier versions and have no effect; they were not kept.",
            several.join(", ")
        )),
    }
}

/// `-LogonFormat UserName` needs to know in which domain a user name is (`cmdlets.md` §9.3).
pub(crate) fn check_logon(settings: &Settings) -> Result<(), Error> {
    let text = |name: &str| settings.get(name).and_then(serde_json::Value::as_str);
    let is_name = text("LogonFormat") == Some("UserName");
    if !is_name || text("DefaultDomain").is_some_and(|domain| !domain.is_empty()) {
        return Ok(());
    }
    Err(Error::invalid_argument(
        "LogonFormat",
        "LogonFormat cannot be UserName while there is no DefaultDomain.",
    )
    .advice("Add -DefaultDomain litwareinc, the domain that user names are in."))
}

/// The parameters of a cmdlet: its own, then one for each setting.
#[expect(
    clippy::indexing_slicing,
    reason = "runs at compile time, where a wrong index is an error"
)]
pub(crate) const fn parameters<const N: usize>(
    own: &[Parameter],
    tables: &[&[Setting]],
) -> [Parameter; N] {
    let mut all = [Parameter::named("", Kind::Bool); N];
    let mut next = 0;
    while next < own.len() {
        all[next] = own[next];
        next += 1;
    }
    let mut table = 0;
    while table < tables.len() {
        let mut at = 0;
        while at < tables[table].len() {
            all[next] = tables[table][at].parameter();
            next += 1;
            at += 1;
        }
        table += 1;
    }
    all
}

impl Setting {
    /// What it does here.
    const fn doing(mut self, effect: &'static str) -> Setting {
        self.effect = effect;
        self
    }

    #[expect(clippy::indexing_slicing, reason = "the line before compares")]
    const fn parameter(&self) -> Parameter {
        let default = match self.default {
            Fallback::Bool(true) => "True",
            Fallback::Bool(false) => "False",
            Fallback::Name(at) => match self.kind {
                Kind::Enum(names) if at < names.names.len() => names.names[at],
                _ => "",
            },
            Fallback::Number(60) => "60",
            Fallback::Number(0) => "0",
            _ => "",
        };
        let help = match self.default {
            Fallback::Former => "Accepted and without effect: a setting of earlier versions.",
            _ if self.effect.is_empty() => "Kept and shown; it has no effect here.",
            _ => self.effect,
        };
        Parameter::named(self.name, self.kind).default(default).help(help)
    }

    /// The property's value.
    fn value(&self, settings: &Settings) -> Value {
        let kept = settings.get(self.name);
        match (self.kind, self.default) {
            (Kind::Enum(names), Fallback::Name(default)) => {
                let name = kept.and_then(serde_json::Value::as_str);
                let name = name.or(names.names.get(default).copied()).unwrap_or_default();
                let number = names.find(name).map_or(0, |(_, number)| number);
                Value::named(names.type_name, name, number)
            }
            (_, Fallback::Bool(default)) => {
                kept.and_then(serde_json::Value::as_bool).unwrap_or(default).into()
            }
            (_, Fallback::Number(default)) => {
                kept.and_then(serde_json::Value::as_i64).unwrap_or(default).into()
            }
            (_, Fallback::List) => Value::list(texts(kept)),
            _ => kept.and_then(serde_json::Value::as_str).map(str::to_owned).into(),
        }
    }

    /// Takes the argument of this name over into the settings, if it was given.
    fn take(&self, args: &Arguments, settings: &mut Settings) {
        if !args.has(self.name) {
            return;
        }
        let new = match self.kind {
            Kind::Bool => args.boolean(self.name).map(serde_json::Value::Bool),
            Kind::Int => args.integer(self.name).map(serde_json::Value::from),
            Kind::MultiValued => args
                .edit(self.name)
                .map(|edit| serde_json::Value::from(edit.apply(&texts(settings.get(self.name))))),
            _ => args.text(self.name).map(serde_json::Value::from),
        };
        match new {
            Some(new) => settings.insert(self.name.to_owned(), new),
            None => settings.remove(self.name),
        };
    }
}

fn texts(kept: Option<&serde_json::Value>) -> Vec<String> {
    let items = kept.and_then(serde_json::Value::as_array);
    items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Adds the properties of a table to an object.
pub(crate) fn show(object: Object, table: &[Setting], settings: &Settings) -> Object {
    table.iter().fold(object, |object, setting| object.with(setting.name, setting.value(settings)))
}

/// Takes all arguments of a table over; whether a property has another value than before.
pub(crate) fn take(args: &Arguments, table: &[Setting], settings: &mut Settings) -> bool {
    let mut changed = false;
    for setting in table {
        let before = format!("{:?}", comparable(&setting.value(settings)));
        setting.take(args, settings);
        changed |= before != format!("{:?}", comparable(&setting.value(settings)));
    }
    changed
}

/// A value whose debug form tells its contents.
fn comparable(value: &Value) -> Vec<Value> {
    match value {
        Value::List(list) => list.items().to_vec(),
        other => vec![other.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_become_properties() {
        let mut settings = Settings::new();
        let mut args = Arguments::new("");
        args.set_value("CalendarEnabled", Value::Bool(true));
        assert!(!take(&args, &SHARED, &mut settings), "a default set again is no change");
        args.set_value("CalendarEnabled", Value::Bool(false));
        args.set_value("BlockedFileTypes", Value::list([".exe"]));
        args.set_value("AllowOfflineOn", Value::named("AllowOfflineOnEnum", "NoComputers", 1));
        assert!(take(&args, &SHARED, &mut settings));
        assert!(!take(&args, &SHARED, &mut settings));
        let object = show(Object::custom(), &SHARED, &settings);
        assert!(matches!(object.get("CalendarEnabled"), Some(Value::Bool(false))));
        assert!(matches!(object.get("ContactsEnabled"), Some(Value::Bool(true))));
        assert_eq!(object.get("AllowOfflineOn").unwrap().as_str(), Some("NoComputers"));
        assert_eq!(object.get("OutboundCharset").unwrap().as_str(), Some("AutoDetect"));
    }

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<&str> = [&SHARED[..], &DIRECTORY[..], &POLICY[..], &FORMER[..]]
            .concat()
            .iter()
            .map(|s| s.name)
            .collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
