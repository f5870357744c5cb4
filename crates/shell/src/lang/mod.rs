//! The language: text to syntax tree (`lex`, `parse`, `ast`), tree to objects (`eval`, `bind`,
//! `pipe`), objects to text (`format`). It knows cmdlets only as entries of a table; it uses
//! neither store nor messaging nor mail. Read next: `value`, `parse`, `eval`.

pub mod ast;
pub mod error;
pub mod lex;
pub mod numeric;
pub mod object;
pub mod operate;
pub mod parse;
pub mod pattern;
pub mod text;
pub mod types;
pub mod value;

pub use error::{Category, Error};
pub use object::{List, Map, Object};
pub use value::{Enumerated, Secret, Value};
