//! The language: text to syntax tree (`lex`, `parse`, `ast`), tree to objects (`eval`, `bind`,
//! `pipe`), objects to text (`format`). It knows cmdlets only as entries of a table; it uses
//! neither store nor messaging nor mail. Read next: `value`, `parse`, `eval`.

mod absent;
pub mod address;
pub mod ast;
pub mod bind;
mod collate;
pub mod culture;
pub mod declared;
pub mod enums;
pub mod error;
pub mod eval;
pub mod format;
pub mod host;
mod hosted;
pub mod lex;
pub mod list;
pub mod moment;
pub mod number;
pub mod numeric;
pub mod object;
pub mod operate;
pub mod operator;
pub(crate) mod page;
pub mod parse;
pub mod pattern;
pub mod pipe;
pub mod progress;
pub mod property;
pub mod proxy_address;
pub mod quantity;
pub mod scope;
mod screen;
pub mod shell;
pub mod text;
pub mod textual;
pub mod transcript;
pub mod typed;
pub mod types;
pub mod value;
pub mod version;
pub mod width;
pub mod xml;
mod zone;

pub(crate) use absent::instead_of_type;
pub(crate) use hosted::size;
pub(crate) use screen::is_of_host;

pub use error::{Category, Error};
pub use object::{List, ListKind, Map, Object};
pub use shell::Shell;
pub use value::{Clock, Enumerated, Secret, Value};
