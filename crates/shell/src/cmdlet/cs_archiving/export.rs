//! `Export-CsArchivingData`: archived texts as files, one for each pair of people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use store::messaging::{ArchivedText, MessagingRead as _, MessagingWrite as _};

use crate::cmdlet::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Stream};
use crate::drives::{DrivePath, FilePath};
use crate::lang::{Category, Error};
use crate::limits::ARCHIVED_TEXTS_MAX;

pub(super) const EXPORT: Cmdlet = Cmdlet {
    synopsis: "Writes archived texts to files, one for each pair of people.",
    description: "The files are mail messages (.eml) on the node's C: drive. What was exported \
                  is marked so, for -PurgeExportedArchivesOnly.",
    impact: Impact::Medium,
    parameters: &[
        Parameter::positional("Identity", Kind::Identity).help("Accepted: there is one archive."),
        Parameter::named("StartDate", Kind::Time).mandatory().help("From when."),
        Parameter::named("EndDate", Kind::Time)
            .default("now")
            .help("Until when, that moment not included."),
        Parameter::named("OutputFolder", Kind::String)
            .mandatory()
            .help("A folder on C:; it is made if it is not there."),
        Parameter::named("UserUri", Kind::String)
            .help("Only conversations of this person, given as a SIP address."),
        Parameter::switch("Force").help("Asks no questions."),
    ],
    examples: &[Example {
        text: "Export everything since a day",
        input: "Export-CsArchivingData -StartDate 11/1/2026 -OutputFolder C:\\ArchivingExports \
                -WarningAction SilentlyContinue",
        output: "",
    }],
    ..Cmdlet::node_write("Export-CsArchivingData", |ctx, args, out| {
        Box::pin(export(ctx, args, out))
    })
};

async fn export(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let from_ms = args.time_ms("StartDate").unwrap_or_default();
    let until_ms = args.time_ms("EndDate").unwrap_or_else(|| ctx.now_ms().saturating_add(1));
    let folder = args.text("OutputFolder").unwrap_or_default().to_owned();
    let user = args.text("UserUri").map(|text| text.trim().to_lowercase());
    let mut texts = ctx
        .read(move |rows| Ok(rows.archived_texts(from_ms, until_ms, ARCHIVED_TEXTS_MAX + 1)?))
        .await?;
    if texts.len() > ARCHIVED_TEXTS_MAX as usize {
        let message = format!("More than {ARCHIVED_TEXTS_MAX} texts are archived in that time.");
        return Err(Error::new(Category::LimitsExceeded, "TooManyTexts", message)
            .advice("Export shorter times, one after the other, with -StartDate and -EndDate."));
    }
    if let Some(user) = &user {
        let is = |uri: &str| uri.trim_start_matches("sip:") == user.trim_start_matches("sip:");
        texts.retain(|text| is(&text.sender) || is(&text.recipient));
    }
    let files = conversations(&texts)
        .into_iter()
        .enumerate()
        .map(|(at, (pair, texts))| Ok((file(&folder, at + 1)?, eml(&pair, &texts))))
        .collect::<Result<Vec<_>, Error>>()?;
    // An empty archive still says whether the folder will do.
    file(&folder, 1)?;
    if !out.should_process("Export-CsArchivingData", &folder).await? {
        return Ok(());
    }
    if files.is_empty() {
        out.warn("Nothing is archived in that time.").await;
    }
    for (at, (file, text)) in files.iter().enumerate() {
        out.progress(
            format!("{at} of {} conversations written", files.len()),
            share(at, files.len()),
        );
        ctx.drives.write_in_folder(file, text.as_bytes())?;
        out.verbose(format!("Wrote {file}.")).await;
    }
    // Of one person's conversations only: the others have not been exported.
    if user.is_none() {
        ctx.write(move |rows| Ok(rows.mark_archive_exported(from_ms, until_ms)?)).await?;
    }
    Ok(())
}

/// So many of so many, in hundredths.
fn share(done: usize, all: usize) -> Option<u8> {
    u8::try_from(done.saturating_mul(100).checked_div(all)?).ok()
}

fn file(folder: &str, number: usize) -> Result<FilePath, Error> {
    let path = format!("{}\\conversation-{number:05}.eml", folder.trim_end_matches('\\'));
    match DrivePath::parse(&path) {
        Some(DrivePath::File(file)) => Ok(file),
        _ => Err(Error::invalid_argument(
            "OutputFolder",
            format!("\"{folder}\" is not a folder on the C: drive of the server."),
        )
        .advice("Write -OutputFolder C:\\ArchivingExports.")),
    }
}

/// The texts of each pair of people, in order.
fn conversations(texts: &[ArchivedText]) -> BTreeMap<[&str; 2], Vec<&ArchivedText>> {
    let mut pairs: BTreeMap<[&str; 2], Vec<&ArchivedText>> = BTreeMap::new();
    for text in texts {
        let mut pair = [text.sender.as_str(), text.recipient.as_str()];
        pair.sort_unstable();
        pairs.entry(pair).or_default().push(text);
    }
    pairs
}

/// A mail message (RFC 5322) with a conversation in it.
fn eml(pair: &[&str; 2], texts: &[&ArchivedText]) -> String {
    let [first, second] = pair.map(|uri| uri.trim_start_matches("sip:"));
    let moment = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    let started = texts.first().map_or(0, |text| text.at_ms);
    let date = moment(started).strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mut eml = format!(
        "From: <{first}>\r\nTo: <{second}>\r\nDate: {date}\r\nSubject: Conversation between \
         {first} and {second}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; \
         charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    );
    for text in texts {
        let at = moment(text.at_ms).strftime("%Y-%m-%d %H:%M:%S UTC");
        let body = String::from_utf8_lossy(&text.body);
        let sender = text.sender.trim_start_matches("sip:");
        let lines: Vec<&str> = body.lines().collect();
        let _ = write!(eml, "{at} {sender}: {}\r\n", lines.join("\r\n    "));
    }
    eml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_one_message() {
        let text = |sender: &str, recipient: &str, at_ms, body: &str| ArchivedText {
            at_ms,
            sender: sender.to_owned(),
            recipient: recipient.to_owned(),
            call_id: "x".to_owned(),
            content_type: "text/plain".to_owned(),
            body: body.as_bytes().to_vec(),
        };
        let (ken, pilar, ann) = ("sip:ken@a.b", "sip:pilar@a.b", "sip:ann@a.b");
        let texts =
            [text(pilar, ken, 0, "Hi"), text(ken, pilar, 1000, "Hi\ntwo"), text(ann, ken, 2, "x")];
        let pairs = conversations(&texts);
        assert_eq!(pairs.len(), 2);
        let (pair, texts) = pairs.last_key_value().unwrap();
        assert_eq!(
            eml(pair, texts).split_once("\r\n\r\n").unwrap().1,
            "1970-01-01 00:00:00 UTC pilar@a.b: Hi\r\n1970-01-01 00:00:01 UTC ken@a.b: Hi\r\n    \
             two\r\n"
        );
        assert!(eml(pair, texts).contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"));
    }
}
