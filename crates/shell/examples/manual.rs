//! Writes the manual of all cmdlets, `docs/admin/cmdlets.md`, and the page of mistakes,
//! `docs/admin/mistakes.md`, from their tables.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/admin");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("mistakes.md"), shell::mistakes::page())?;
    std::fs::write(folder.join("cmdlets.md"), shell::help::manual())
}
