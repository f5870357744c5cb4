//! The pages in the repository are those that the tables give.

use std::path::Path;

#[test]
fn the_manual_is_up_to_date() {
    for (name, made) in
        [("cmdlets.md", shell::help::manual()), ("mistakes.md", shell::mistakes::page())]
    {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/admin").join(name);
        let kept = std::fs::read_to_string(page).unwrap_or_default();
        assert!(kept == made, "{name} is old: run `cargo run -p shell --example manual`");
    }
}
