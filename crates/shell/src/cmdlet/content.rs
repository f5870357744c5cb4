//! `Get-Content`, `Set-Content`: text files on the mapped `C:` drive.

use super::child_item::no_provider;
use super::parameter::Names;
use super::{Arguments, Cmdlet, Ctx, Example, Impact, Kind, Parameter, Rights, Stream};
use crate::drives::{DrivePath, FilePath};
use crate::im_settings::after_write;
use crate::lang::types::whole;
use crate::lang::{Error, Value};

/// The values of `-Encoding`.
static ENCODING: Names = Names {
    type_name: "FileSystemCmdletProviderEncoding",
    names: &["Default", "UTF8", "Unicode", "BigEndianUnicode", "ASCII", "Byte"],
};
const UTF8: i64 = 1;
const UNICODE: i64 = 2;
const BIG_ENDIAN: i64 = 3;
const ASCII: i64 = 4;
const BYTE: i64 = 5;

/// The cmdlets of this noun.
pub(super) const CMDLETS: &[Cmdlet] = &[GET, SET];

const GET: Cmdlet = Cmdlet {
    aliases: &["cat", "gc", "type"],
    synopsis: "Reads a text file, line by line.",
    description: "UTF-8 unless the file begins with another byte order mark.",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .alias(&["LiteralPath", "PSPath"])
            .mandatory()
            .from_pipeline()
            .from_property()
            .help("Files of the client's, or on C:; the last part of a path may have *."),
        Parameter::switch("Raw").help("The whole text as one string."),
        Parameter::named("TotalCount", Kind::Int)
            .alias(&["Head", "First"])
            .help("Only so many lines from the beginning."),
        Parameter::named("Tail", Kind::Int)
            .alias(&["Last"])
            .help("Only so many lines from the end."),
        Parameter::named("Encoding", Kind::Enum(&ENCODING))
            .help("Byte gives bytes; the others are recognised by the file itself."),
        Parameter::named("ReadCount", Kind::Int).help("Accepted: the result is the same."),
    ],
    examples: &[
        Example {
            text: "See which settings the page reads",
            input: "Get-Content 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\ClientAccess\\\
                    Owa\\Web.config' | Where-Object { $_ -like '*<add key=*' }",
            output: "    <add key=\"MaxAttachmentSizeInKB\" value=\"35840\" />",
        },
        Example {
            text: "Read one setting through the accelerator for XML",
            input: "([xml](Get-Content 'C:\\Program Files\\Microsoft\\Exchange Server\\V15\\\
                    ClientAccess\\Owa\\Web.config')).configuration.appSettings.add | Where-Object \
                    { $_.key -like 'UserContext*' } | ForEach-Object { $_.value }",
            output: "60",
        },
    ],
    ..Cmdlet::by_path(
        "Get-Content",
        &["Path"],
        |ctx, args, out| Box::pin(get(ctx, args, out)),
        crate::generic::CONTENT,
    )
};

const SET: Cmdlet = Cmdlet {
    aliases: &["sc"],
    synopsis: "Replaces a text file.",
    description: "The file is replaced as a whole: a reader sees the old text or the new one. \
                  UTF-8 without a byte order mark unless -Encoding says otherwise, lines end as \
                  in Windows. A changed Web.config takes effect when MSExchangeOWAAppPool is \
                  recycled. A file that this shell has read and somebody else has changed since is \
                  left alone, with an error; so it is by Out-File, > and [xml] Save().",
    parameters: &[
        Parameter::positional("Path", Kind::StringList)
            .alias(&["LiteralPath", "PSPath"])
            .mandatory()
            .from_property()
            .help("Files on C:, in folders that are there."),
        Parameter::named("Value", Kind::AnyList)
            .at(1)
            .mandatory()
            .or_empty()
            .from_pipeline()
            .help("The new text: a string, or one per line."),
        Parameter::named("Encoding", Kind::Enum(&ENCODING))
            .default("UTF-8")
            .help("UTF8 writes a byte order mark, as Windows PowerShell does."),
        Parameter::switch("NoNewline").help("Nothing is put between and after the strings."),
        Parameter::switch("Force")
            .help("Also if somebody else has changed the file since this shell read it."),
    ],
    examples: &[Example {
        text: "Write a file and read it again",
        input: "Set-Content C:\\note.txt 'one', 'two'; Get-Content c:\\NOTE.TXT",
        output: "one\ntwo",
    }],
    rights: Rights::Write,
    impact: Impact::Medium,
    ..Cmdlet::by_path(
        "Set-Content",
        &["Path"],
        |ctx, args, out| Box::pin(set(ctx, args, out)),
        crate::generic::SET_CONTENT,
    )
    .gathering("Value")
};

async fn get(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    for text in args.texts("Path").unwrap_or_default() {
        let path = on_c(&text)?;
        for item in ctx.drives.matching(&path)?.into_iter().filter(|item| !item.folder) {
            let bytes = ctx.drives.read(&item.path)?;
            ctx.seen().saw(&item.path, &bytes);
            show(args, out, &bytes).await;
        }
    }
    Ok(())
}

async fn show(args: &Arguments, out: &mut Stream, bytes: &[u8]) {
    if args.number_of("Encoding") == Some(BYTE) {
        out.object(Value::Bytes(bytes.into())).await;
        return;
    }
    let text = decode(bytes);
    if args.flag("Raw") {
        out.object(text).await;
        return;
    }
    let count = |name: &str| args.integer(name).and_then(|count| usize::try_from(count).ok());
    let lines: Vec<&str> = text.lines().collect();
    let from = count("Tail").map_or(0, |tail| lines.len().saturating_sub(tail));
    let most = count("TotalCount").unwrap_or(usize::MAX);
    for line in lines.iter().skip(from).take(most) {
        out.object(*line).await;
    }
}

async fn set(ctx: &Ctx, args: &Arguments, out: &mut Stream) -> Result<(), Error> {
    let bytes = encoded(args);
    for text in args.texts("Path").unwrap_or_default() {
        let path = on_c(&text)?;
        let path = ctx.drives.item(&path).map_or(path, |item| item.path);
        out.about(&path.to_string());
        if out.should_process("Set Content", &format!("Path: {path}")).await? {
            let (seen, is_forced) = (ctx.seen(), args.flag("Force"));
            let check =
                |now: Option<&[u8]>| if is_forced { Ok(()) } else { seen.check(&path, now) };
            // Looked at before there is a row in the audit log, and again under the lock.
            check(ctx.drives.read(&path).ok().as_deref())?;
            if let Some((folder, _)) = path.split_last()
                && !ctx.drives.item(&folder).is_ok_and(|item| item.folder)
            {
                return Err(crate::client::local::no_folder(&path.to_string()));
            }
            ctx.note_first().await;
            let before = ctx.drives.replace(&path, &bytes, check)?.unwrap_or_default();
            seen.saw(&path, &bytes);
            let (before, after) = (decode(&before), decode(&bytes));
            for warning in after_write(ctx, &path, &before, &after).await? {
                out.warn(warning).await;
            }
        }
    }
    Ok(())
}

fn on_c(text: &str) -> Result<FilePath, Error> {
    match DrivePath::parse(text) {
        Some(DrivePath::File(path)) => Ok(path),
        _ => Err(no_provider(text, "C:")),
    }
}

/// Text from bytes: by the byte order mark, else UTF-8; what is neither is replaced by U+FFFD.
fn decode(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(read)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn encoded(args: &Arguments) -> Vec<u8> {
    let encoding = args.number_of("Encoding");
    let values: Vec<Value> = match args.value("Value") {
        Some(Value::List(list)) => list.items().to_vec(),
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![other.clone()],
    };
    if let [Value::Bytes(bytes)] = values.as_slice() {
        return bytes.to_vec();
    }
    if encoding == Some(BYTE) {
        let byte = |value: &Value| match value {
            number if number.is_number() => whole(number).and_then(|n| u8::try_from(n).ok()),
            _ => None,
        };
        return values.iter().filter_map(byte).collect();
    }
    let lines = values.iter().map(text_of);
    let text: String = if args.flag("NoNewline") {
        lines.collect()
    } else {
        lines.map(|line| line + "\r\n").collect()
    };
    match encoding {
        Some(UTF8) => [&[0xef, 0xbb, 0xbf], text.as_bytes()].concat(),
        Some(UNICODE) => wide(&text, [0xff, 0xfe], u16::to_le_bytes),
        Some(BIG_ENDIAN) => wide(&text, [0xfe, 0xff], u16::to_be_bytes),
        Some(ASCII) => text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }).collect(),
        _ => text.into_bytes(),
    }
}

fn wide(text: &str, mark: [u8; 2], write: fn(u16) -> [u8; 2]) -> Vec<u8> {
    mark.into_iter().chain(text.encode_utf16().flat_map(write)).collect()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Number(number) => number.text(),
        Value::Object(object) => object.shown().unwrap_or_default().to_owned(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_there_and_back() {
        for encoding in ["Default", "UTF8", "Unicode", "BigEndianUnicode"] {
            let (name, number) = ENCODING.find(encoding).unwrap();
            let mut args = Arguments::new("");
            args.set_value("Value", Value::list(["größe", "zwei"]));
            args.set_value("Encoding", Value::named(ENCODING.type_name, name, number));
            assert_eq!(decode(&encoded(&args)), "größe\r\nzwei\r\n", "{encoding}");
        }
        let mut args = Arguments::new("");
        args.set_value("Value", Value::from("a\nb"));
        args.set_value("NoNewline", Value::Bool(true));
        assert_eq!(encoded(&args), b"a\nb");
        args.set_value("Value", Value::Bytes(vec![0, 255].into()));
        assert_eq!(encoded(&args), [0, 255]);
        assert_eq!(decode(b"a\xffb"), "a\u{fffd}b");
    }
}
