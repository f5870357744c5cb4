//! `docs/troubleshooting.md` says what the links say.

#[test]
fn the_page_is_up_to_date() {
    let page = include_str!("../../../docs/troubleshooting.md");
    assert!(
        page == web::troubleshooting(),
        "docs/troubleshooting.md is old: run `cargo run -p web --example troubleshooting`"
    );
}
