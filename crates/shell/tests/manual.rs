//! The manual in the repository is the one the table gives.

use std::path::Path;

#[test]
fn the_manual_is_up_to_date() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/admin/cmdlets.md");
    let kept = std::fs::read_to_string(page).unwrap_or_default();
    let is_same = kept == shell::help::manual();
    assert!(is_same, "docs/admin/cmdlets.md is old: run `cargo run -p shell --example manual`");
}
