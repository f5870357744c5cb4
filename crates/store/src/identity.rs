//! Folding of names and addresses.
