//! `Set-`, `Get-`, `Remove-UserPhoto` as administrators use them (`cmdlets.md` §12.2).

#![allow(clippy::unwrap_used, reason = "a test")]

mod fixture;

use fixture::Organisation;

/// 48 × 48 pixels, half white and half black.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAQAAAAB/ecQqAAAAEElEQVR42mP4AAYMoxR1KAA7rw\
                       4QRbDEUgAAAABJRU5ErkJggg==";

/// An organisation, and the picture in a file of the client's.
fn with_file() -> (Organisation, String) {
    use base64::Engine as _;
    let organisation = Organisation::new(false);
    let path = organisation.folder.path().join("Kenmyer.png");
    std::fs::write(&path, base64::engine::general_purpose::STANDARD.decode(PICTURE).unwrap())
        .unwrap();
    let path = path.to_str().unwrap().to_owned();
    (organisation, path)
}

#[test]
fn the_guides_expression_with_a_file_of_the_clients() {
    let (organisation, path) = with_file();
    let said = organisation.run(&format!(
        "Set-UserPhoto -Identity \"Ken Myer\" -PictureData ([Byte[]] $(Get-Content -Path \
         \"{path}\" -Encoding Byte -ReadCount 0)) -Confirm:$False\n\
         $photo = Get-UserPhoto kenmyer\n\
         '{{0}} {{1}} {{2}}' -f $photo.Identity, $photo.PictureData[0], $photo.PictureData[1]\n\
         Set-Content '{path}.jpg' -Value $photo.PictureData -Encoding Byte"
    ));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert_eq!(said.out.trim(), "litwareinc.com/Users/Ken Myer 255 216");
    let written = std::fs::read(format!("{path}.jpg")).unwrap();
    assert!(written.starts_with(&[0xff, 0xd8, 0xff]), "no JPEG");
    // The page is told.
    let audit = organisation.run("(Search-AdminAuditLog -Cmdlets Set-UserPhoto).ObjectModified");
    assert!(!audit.out.contains("iVBOR") && !audit.out.contains("137 80"), "{}", audit.out);
}

#[test]
fn a_stream_of_a_file() {
    let (organisation, path) = with_file();
    let said = organisation.run(&format!(
        "$stream = [System.IO.File]::OpenRead('{path}'); Set-UserPhoto kenmyer -PictureStream \
         $stream -Confirm:$False; (Get-UserPhoto kenmyer).Identity"
    ));
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert_eq!(said.out.trim(), "litwareinc.com/Users/Ken Myer");
}

#[test]
fn two_steps() {
    let (organisation, path) = with_file();
    let bring = format!(
        "Set-UserPhoto kenmyer -Preview -Confirm:$False -PictureData (gc {path} \
                         -Encoding Byte -ReadCount 0)"
    );
    let run = |text: &str| organisation.run(text);
    assert_eq!(run(&bring).code, 0);
    let none = run("Get-UserPhoto kenmyer");
    assert!(none.err.contains("There is no photo stored for 'Ken Myer'."), "{}", none.err);
    assert!(none.err.contains("UserPhotoNotFoundException"), "{}", none.err);
    assert_eq!(run("(Get-UserPhoto kenmyer -Preview).IsValid").out.trim(), "True");
    assert_eq!(run("Set-UserPhoto kenmyer -Cancel -Confirm:$False").err, "");
    assert!(run("Get-UserPhoto kenmyer -Preview").err.contains("no preview"));
    // Nothing to save, and nothing in use.
    let said = run("Set-UserPhoto kenmyer -Save -Confirm:$False");
    assert!(said.err.contains("no preview of a photo"), "{}", said.err);
    let said = run(&format!("{bring}; Set-UserPhoto kenmyer -Save -Confirm:$False"));
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(run("@(Get-UserPhoto).Count").out.trim(), "1");
    // Saved already: a script that saves twice goes on.
    let said = run("Set-UserPhoto kenmyer -Save -Confirm:$False");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(format!("{}{}", said.out, said.err).contains("There is no preview of 'Ken Myer'"));
    assert_eq!(run("Remove-UserPhoto kenmyer -Confirm:$False").err, "");
    assert!(run("Remove-UserPhoto kenmyer -Confirm:$False").err.contains("no photo stored"));
}

#[test]
fn what_is_no_picture_and_what_does_not_go_together() {
    let (organisation, path) = with_file();
    let run = |text: &str| organisation.run(text);
    let said = run("Set-UserPhoto kenmyer -PictureData 1,2,3 -Confirm:$False");
    assert!(said.err.contains("neither a JPEG nor a PNG"), "{}", said.err);
    let said = run(&format!(
        "Set-UserPhoto kenmyer -PictureData (gc {path} -Encoding Byte -ReadCount 0) -Save"
    ));
    assert!(said.err.contains("Parameter set cannot be resolved"), "{}", said.err);
    // It asks by itself, as in Exchange; nobody answers here.
    let said =
        run(&format!("Set-UserPhoto kenmyer -PictureData (gc {path} -Encoding Byte -ReadCount 0)"));
    assert_ne!(said.code, 0);
    assert!(run("Get-UserPhoto kenmyer").err.contains("no photo"), "nothing was written");
    let said = run("Get-UserPhoto nobody");
    assert!(said.err.contains("object 'nobody' couldn't be found"), "{}", said.err);
    assert_eq!(run("Get-UserPhoto $null").out.trim(), "");
}
