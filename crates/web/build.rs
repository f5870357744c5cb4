//! Makes sure the folder of the built page exists: rust-embed needs it, and a checkout in which
//! nobody has built the page yet must compile.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist");
    if let Err(error) = std::fs::create_dir_all(&folder) {
        println!("cargo::warning={} cannot be made: {error}", folder.display());
    }
}
