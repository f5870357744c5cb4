//! `[xml]`: documents as objects over our own value.

use super::error::{Category, Error};
use super::object::Object;
use super::value::Value;

/// Reads a document.
///
/// # Errors
/// If it is not well-formed.
pub fn parse(_value: &Value) -> Result<Value, Error> {
    Err(Error::new(Category::NotImplemented, "TypeNotFound", "Unable to find type [xml]."))
}

/// A member of an element.
pub fn member(_object: &Object, _name: &str) -> Option<Value> {
    None
}

/// Sets a member of an element; false if the object is none.
///
/// # Errors
/// If the element has no such member.
pub fn set_member(_object: &Object, _name: &str, _value: &Value) -> Result<bool, Error> {
    Ok(false)
}

/// Calls a method of an element; none if the object is none or has no such method.
///
/// # Errors
/// If the method fails.
pub fn call(
    _shell: &mut super::shell::Shell,
    _object: &Object,
    _name: &str,
    _arguments: &[Value],
) -> super::pipe::Outcome<Option<Value>> {
    Ok(None)
}

/// The names of an element's members; none if the object is none.
pub fn names(_object: &Object) -> Option<Vec<std::sync::Arc<str>>> {
    None
}
