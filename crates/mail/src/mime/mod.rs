//! Messages: reading, composing, and their text.

pub mod compose;
mod nested;
pub mod read;
pub mod text;
