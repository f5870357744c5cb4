//! Writes `docs/troubleshooting.md` from the sixteen links.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/troubleshooting.md");
    std::fs::write(page, web::troubleshooting())
}
