//! Writes the manual of all cmdlets, `docs/admin/cmdlets.md`, from the table.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/admin/cmdlets.md");
    if let Some(folder) = page.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(page, shell::help::manual())
}
