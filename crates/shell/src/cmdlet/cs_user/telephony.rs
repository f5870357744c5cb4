//! What `Set-CsUser` takes in Lync about calls and archives of Exchange, and what of it has a
//! meaning here.

use crate::cmdlet::elsewhere::refuse;
use crate::cmdlet::parameter::Names;
use crate::cmdlet::{Arguments, Kind, Parameter};
use crate::lang::Error;

static ARCHIVING: Names = Names {
    type_name: "ExchangeArchivingPolicy",
    names: &["Uninitialized", "UseLyncArchivingPolicy", "NoArchiving", "ArchivingToExchange"],
};

pub(super) const LINE_URI: Parameter = line("LineURI");
pub(super) const LINE_SERVER_URI: Parameter = line("LineServerURI");
pub(super) const PRIVATE_LINE: Parameter = line("PrivateLine");
pub(super) const VOICE: Parameter = off("EnterpriseVoiceEnabled");
pub(super) const VOICE_MAIL: Parameter = off("HostedVoiceMail");
pub(super) const CALL_CONTROL: Parameter = off("RemoteCallControlTelephonyEnabled");
pub(super) const AUDIO_VIDEO: Parameter = off("AudioVideoDisabled");
pub(super) const EXCHANGE: Parameter =
    Parameter::named("ExchangeArchivingPolicy", Kind::Enum(&ARCHIVING)).help(
        "Uninitialized and UseLyncArchivingPolicy are how it is: the archiving policy decides. \
         The others are refused.",
    );

const fn line(name: &'static str) -> Parameter {
    Parameter::named(name, Kind::String).help("Refused unless empty: there are no lines.")
}

const fn off(name: &'static str) -> Parameter {
    Parameter::named(name, Kind::Bool).help("Refused if $True: this server governs no calls.")
}

/// Refuses what would have to have an effect.
pub(super) fn check(args: &Arguments) -> Result<(), Error> {
    let calls = "calls go between SIP clients by themselves. Leave it out, or give $False.";
    refuse(
        args,
        &[
            ("EnterpriseVoiceEnabled", calls),
            ("HostedVoiceMail", calls),
            ("RemoteCallControlTelephonyEnabled", calls),
            ("AudioVideoDisabled", calls),
        ],
    )?;
    let lines = "there are no lines. Set-User -Phone puts a number on the person's card.";
    for name in ["LineURI", "LineServerURI", "PrivateLine"] {
        if args.text(name).is_some_and(|text| !text.is_empty()) {
            refuse(args, &[(name, lines)])?;
        }
    }
    match args.number_of("ExchangeArchivingPolicy") {
        Some(2 | 3) => refuse(
            args,
            &[(
                "ExchangeArchivingPolicy",
                "the messaging server keeps the archive. Grant-CsArchivingPolicy says who is \
                 archived.",
            )],
        ),
        _ => Ok(()),
    }
}
