//! `[text.encoding]::UTF8` and its kin: texts to bytes and back.

use crate::lang::object::Object;
use crate::lang::text::to_text;
use crate::lang::value::Value;

const UTF8: &str = "System.Text.UTF8Encoding";
const ASCII: &str = "System.Text.ASCIIEncoding";
const UNICODE: &str = "System.Text.UnicodeEncoding";
const WESTERN: &str = "System.Text.SBCSCodePageEncoding";

/// An encoding by the name of the property, or of the encoding itself.
pub(in crate::lang::eval) fn encoding(name: &str) -> Option<Value> {
    let (kind, shown, web) = match name.to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" | "65001" => (UTF8, "Unicode (UTF-8)", "utf-8"),
        "ascii" | "us-ascii" | "20127" => (ASCII, "US-ASCII", "us-ascii"),
        "unicode" | "utf-16" | "1200" => (UNICODE, "Unicode", "utf-16"),
        "default" | "windows-1252" | "iso-8859-1" | "1252" | "28591" => {
            (WESTERN, "Western European (Windows)", "Windows-1252")
        }
        _ => return None,
    };
    Some(Value::Object(
        Object::new(kind)
            .shown_as(kind)
            .with("BodyName", web)
            .with("EncodingName", shown)
            .with("WebName", web),
    ))
}

/// A method of an encoding; none if it is another type or it has no such method.
pub(in crate::lang::eval) fn method(kind: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    let [given, ..] = arguments else { return None };
    match name {
        "getbytes" => encoded(kind, &to_text(given)).map(|bytes| Value::Bytes(bytes.into())),
        "getbytecount" => encoded(kind, &to_text(given)).map(|bytes| Value::from(bytes.len())),
        "getstring" => {
            let bytes = crate::lang::bind::coerce(crate::cmdlet::Kind::Bytes, given, None);
            match bytes {
                Ok(Value::Bytes(bytes)) => decoded(kind, &bytes).map(Value::from),
                _ => None,
            }
        }
        _ => None,
    }
}

fn encoded(kind: &str, text: &str) -> Option<Vec<u8>> {
    let single =
        |c: char, most: u32| u8::try_from(u32::from(c)).ok().filter(|_| u32::from(c) <= most);
    Some(match kind {
        UTF8 => text.as_bytes().to_vec(),
        ASCII => text.chars().map(|c| single(c, 0x7f).unwrap_or(b'?')).collect(),
        WESTERN => text.chars().map(|c| single(c, 0xff).unwrap_or(b'?')).collect(),
        UNICODE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => return None,
    })
}

fn decoded(kind: &str, bytes: &[u8]) -> Option<String> {
    Some(match kind {
        UTF8 => String::from_utf8_lossy(bytes).into_owned(),
        ASCII => bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect(),
        WESTERN => bytes.iter().map(|b| char::from(*b)).collect(),
        UNICODE => {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_le_bytes))
                .collect();
            String::from_utf16_lossy(&units)
        }
        _ => return None,
    })
}
