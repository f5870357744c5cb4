//! The admin shell's language: no text makes the parser panic, and what it says about a text that
//! is not finished holds.

use std::sync::Arc;

use shell::lang::ast::{Source, Span};
use shell::lang::parse::parse;

/// What a script that is read alone may still be refused for inside a block: it is nested deeper,
/// or its last line is one that a brace does not end.
const NESTING_IDS: &[&str] = &["ScriptTooComplicated", "ScriptTooLong"];

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { file: None, text: text.to_owned() })
}

pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let own = source(&text);
    match parse(&own) {
        Ok(block) => {
            assert_eq!(block.span, Span::new(0, text.len()));
            // A script is also the body of a block: what stands in braces is read alike.
            let braced = format!("& {{\n{text}\n}}");
            let inner = parse(&source(&braced));
            let is_nesting = |id| NESTING_IDS.contains(&id);
            assert!(inner.as_ref().err().is_none_or(|e| is_nesting(e.id)), "{text}");
        }
        Err(error) => {
            let place = own.place(error.span);
            assert!(place.line >= 1 && place.column >= 1 && place.length >= 1);
            let record = error.into_error(&own);
            let _ = shell::lang::format::error_text(&record);
        }
    }
}
