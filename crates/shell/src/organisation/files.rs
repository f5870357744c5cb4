//! The files of the demo's `C:` drive.

use std::fs;
use std::io;
use std::path::Path;

/// The folder of the provider of instant messages, which the registry value names.
pub(crate) const PROVIDER_FOLDER: &str = r"C:\Program Files\Microsoft UCMA 4.0\Runtime\SSP";

const PROVIDER: &str = "Tandem's provider of instant messages.\r\n\
     Its presence says that the Unified Communications Managed API 4.0 Runtime is installed; the \
     code is built into the server.\r\n";
const APPCMD: &str = "Tandem's appcmd: type its name in the shell.\r\n";

const EXCHANGE: &str = "Program Files/Microsoft/Exchange Server/V15";
const UCMA: &str = "Program Files/Microsoft UCMA 4.0/Runtime/SSP";
const IIS: &str = "Windows/System32/inetsrv";

/// Whether a folder of `C:` is one that the node makes, or holds one: the node looks there.
pub(crate) fn is_own_folder(path: &str) -> bool {
    let path = path.get(2..).unwrap_or_default().replace('\\', "/").to_lowercase();
    let wanted = path.trim_matches('/');
    let owa =
        [format!("{EXCHANGE}/ClientAccess/Owa"), format!("{EXCHANGE}/FrontEnd/HttpProxy/owa")];
    owa.iter().map(String::as_str).chain([UCMA, IIS]).any(|own| {
        let own = own.to_lowercase();
        wanted.is_empty()
            || own.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Makes the folders and files below the root of `C:`. What is there already stays.
///
/// # Errors
/// The folder cannot be written.
pub fn create_files(c: &Path) -> io::Result<()> {
    let back_end = include_str!("back_end.config");
    let front_end = include_str!("front_end.config");
    for (folder, name, text) in [
        (format!("{EXCHANGE}/ClientAccess/Owa"), "web.config", windows(back_end)),
        (format!("{EXCHANGE}/FrontEnd/HttpProxy/owa"), "web.config", windows(front_end)),
        (UCMA.to_owned(), "Microsoft.Rtc.Internal.Ucweb.dll", PROVIDER.to_owned()),
        (IIS.to_owned(), "appcmd.exe", APPCMD.to_owned()),
    ] {
        let folder = c.join(folder);
        fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        if !file.exists() {
            fs::write(file, text)?;
        }
    }
    Ok(())
}

/// Windows line ends.
fn windows(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drives::{DrivePath, Drives};
    use crate::web_config::{add_setting, settings};

    #[test]
    fn the_files_are_where_the_article_looks() {
        let dir = tempfile::tempdir().unwrap();
        create_files(dir.path()).unwrap();
        create_files(dir.path()).unwrap();
        let drives = Drives { c: dir.path().to_owned() };
        let read = |path: &str| match DrivePath::parse(path) {
            Some(DrivePath::File(path)) => String::from_utf8(drives.read(&path).unwrap()).unwrap(),
            _ => panic!("{path}"),
        };
        read(&format!(r"{PROVIDER_FOLDER}\Microsoft.Rtc.Internal.Ucweb.dll"));
        read(r"C:\Windows\System32\Inetsrv\Appcmd.exe");
        let owa = r"C:\Program Files\Microsoft\Exchange Server\V15\ClientAccess\Owa\Web.config";
        let text = read(owa);
        assert!(settings(&text).unwrap().iter().all(|setting| !setting.key.starts_with("IM")));
        assert!(text.lines().count() > 20 && text.contains("\r\n  <appSettings>\r\n"));
        assert_eq!(settings(&add_setting(&text, "IMServerName", "x").unwrap()).unwrap().len(), 6);
        let front = read(
            r"C:\Program Files\Microsoft\Exchange Server\V15\FrontEnd\HttpProxy\owa\web.config",
        );
        assert_eq!(settings(&front).unwrap().len(), 3);
    }
}
