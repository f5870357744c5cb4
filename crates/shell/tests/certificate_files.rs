//! Certificates and keys as files, exchanged with OpenSSL both ways: PKCS #12 with RSA and ECDSA
//! keys, PKCS #7, bare keys. What OpenSSL says of a file is the judge.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a test; its helpers are not marked as one"
)]

mod fixture;

use std::process::Command;

use fixture::Organisation;

/// A folder with an authority, one below it, and what that one has signed.
struct Files(tempfile::TempDir);

impl Files {
    /// None without OpenSSL, which is said aloud.
    fn new() -> Option<Files> {
        if Command::new("openssl").arg("version").output().is_err() {
            eprintln!("SKIPPED: there is no openssl command");
            return None;
        }
        let files = Files(tempfile::tempdir().unwrap());
        let authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
        std::fs::write(files.path("ca.ext"), authority).unwrap();
        let names = "subjectAltName=DNS:mail.contoso.com\nextendedKeyUsage=serverAuth\n";
        std::fs::write(files.path("end.ext"), names).unwrap();
        files.key("root", "EC -pkeyopt ec_paramgen_curve:P-256");
        files.openssl(
            "req -x509 -new -key root.key -days 3650 -subj /CN=Contoso-Root -out root.pem",
        );
        files.signed("between", "EC -pkeyopt ec_paramgen_curve:P-256", "Contoso-Between", "root");
        files.signed("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "mail.contoso.com", "between");
        files.signed("ec", "EC -pkeyopt ec_paramgen_curve:P-384", "mail.contoso.com", "between");
        Some(files)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn try_openssl(&self, words: &str) -> Result<String, String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let done =
            Command::new("openssl").args(&words).current_dir(self.0.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        match done.status.success() {
            true => Ok(said),
            false => Err(format!("{words:?}: {}", String::from_utf8_lossy(&done.stderr))),
        }
    }

    fn openssl(&self, words: &str) -> String {
        self.try_openssl(words).unwrap()
    }

    fn key(&self, name: &str, kind: &str) {
        self.openssl(&format!("genpkey -algorithm {kind} -out {name}.key"));
    }

    fn signed(&self, name: &str, kind: &str, subject: &str, by: &str) {
        self.key(name, kind);
        self.openssl(&format!("req -new -key {name}.key -subj /CN={subject} -out {name}.req"));
        let extensions = if name == "between" { "ca.ext" } else { "end.ext" };
        self.openssl(&format!(
            "x509 -req -in {name}.req -CA {by}.pem -CAkey {by}.key -CAcreateserial -days 365 \
             -extfile {extensions} -out {name}.pem"
        ));
    }

    fn thumbprint(&self, name: &str) -> String {
        let said = self.openssl(&format!("x509 -in {name}.pem -noout -fingerprint -sha1"));
        said.rsplit('=').next().unwrap().trim().replace(':', "")
    }

    fn pfx(&self, name: &str, more: &str) -> String {
        self.openssl(&format!(
            "pkcs12 -export -in {name}.pem -inkey {name}.key -certfile between.pem -passout \
             pass:Pa55word -out {name}.pfx {more}"
        ));
        self.at(&format!("{name}.pfx"))
    }
}

const PASSWORD: &str = "$password = ConvertTo-SecureString 'Pa55word' -AsPlainText -Force; ";

#[test]
fn pkcs12_of_openssl_is_imported() {
    let Some(files) = Files::new() else { return };
    let old = "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1";
    for (name, more) in [("rsa", ""), ("ec", ""), ("rsa", old), ("ec", old)] {
        let organisation = Organisation::new(false);
        let pfx = files.pfx(name, more);
        for (password, said) in [
            ("", "its password was not given"),
            ("-Password (ConvertTo-SecureString 'other' -AsPlainText -Force)", "is not the one"),
        ] {
            let refused =
                organisation.run(&format!("Import-ExchangeCertificate -FileName {pfx} {password}"));
            assert_ne!(refused.code, 0);
            assert!(refused.err.contains(said), "{}", refused.err);
        }
        let shown = organisation.quiet(&format!(
            "{PASSWORD} Import-ExchangeCertificate -FileName {pfx} -Password $password | \
             ForEach-Object {{ \"$($_.Thumbprint) $($_.HasPrivateKey) $($_.CertificateDomains)\" }}"
        ));
        assert_eq!(shown.trim(), format!("{} True mail.contoso.com", files.thumbprint(name)));
        let between = organisation.quiet("(Get-ChildItem Cert:\\LocalMachine\\CA).Subject");
        assert_eq!(between.trim(), "CN=Contoso-Between", "{name} {more}");
        let again = organisation.run(&format!(
            "{PASSWORD} Import-ExchangeCertificate -FileName {pfx} -Password $password"
        ));
        assert!(again.err.contains("already exists"), "{}", again.err);
    }
}

#[test]
fn openssl_reads_what_is_exported() {
    let Some(files) = Files::new() else { return };
    let organisation = Organisation::new(false);
    for name in ["rsa", "ec"] {
        let (pfx, copy) = (files.pfx(name, ""), files.at("copy.pfx"));
        let thumbprint = files.thumbprint(name);
        organisation.quiet(&format!(
            "{PASSWORD} Import-ExchangeCertificate -FileName {pfx} -Password $password \
             -PrivateKeyExportable $true | Out-Null\n\
             $new = ConvertTo-SecureString 'N3w' -AsPlainText -Force\n\
             $file = Export-ExchangeCertificate -Thumbprint {thumbprint} -BinaryEncoded -Password \
             $new\n[System.IO.File]::WriteAllBytes('{copy}', $file.FileData)"
        ));
        let inside = files.openssl("pkcs12 -in copy.pfx -passin pass:N3w -nodes");
        assert_eq!(inside.matches("BEGIN CERTIFICATE").count(), 2, "with the one above it");
        files.openssl("pkcs12 -in copy.pfx -passin pass:N3w -nodes -nocerts -out copy.key");
        let of_key = files.openssl("pkey -in copy.key -pubout");
        let of_certificate = files.openssl(&format!("x509 -in {name}.pem -noout -pubkey"));
        assert_eq!(of_key, of_certificate);
        assert!(files.try_openssl("pkcs12 -in copy.pfx -passin pass:no -nodes").is_err());
        // And what we have written we read.
        organisation.quiet(&format!(
            "Remove-ExchangeCertificate {thumbprint} -Confirm:$false\n\
             $new = ConvertTo-SecureString 'N3w' -AsPlainText -Force\n\
             Import-ExchangeCertificate -FileName {copy} -Password $new | Out-Null"
        ));
        let kept = organisation.run(&format!(
            "{PASSWORD} Export-ExchangeCertificate -Thumbprint {thumbprint} -BinaryEncoded \
             -Password $password"
        ));
        assert!(kept.err.contains("is not exportable"), "{}", kept.err);
    }
}

#[test]
fn the_2013_form_writes_files_of_the_server() {
    let organisation = Organisation::new(false);
    let shown = organisation.quiet(&format!(
        "{PASSWORD} $made = New-ExchangeCertificate -DomainName mail.litwareinc.com -Services None \
         -PrivateKeyExportable $true\nExport-ExchangeCertificate $made.Thumbprint -FileName \
         C:\\out.pfx -BinaryEncoded -Password $password\nRemove-ExchangeCertificate \
         $made.Thumbprint -Confirm:$false\n(Import-ExchangeCertificate -FileName C:\\out.pfx \
         -Password $password).Thumbprint -eq $made.Thumbprint"
    ));
    assert_eq!(shown.trim(), "True");
}

#[test]
fn keys_and_chains_in_every_form() {
    let Some(files) = Files::new() else { return };
    let read = |name: &str| std::fs::read_to_string(files.path(name)).unwrap();
    for (name, bare) in [("rsa", "rsa -traditional"), ("ec", "ec")] {
        let organisation = Organisation::new(false);
        files.openssl(&format!("{bare} -in {name}.key -out bare.key"));
        // The key first, then the chain upside down.
        let all = read("bare.key") + &read("between.pem") + &read(&format!("{name}.pem"));
        std::fs::write(files.path("all.pem"), all).unwrap();
        let shown = organisation.quiet(&format!(
            "(Import-ExchangeCertificate -FileName {}).Thumbprint",
            files.at("all.pem")
        ));
        assert_eq!(shown.trim(), files.thumbprint(name));
    }
    let organisation = Organisation::new(false);
    for form in ["DER", "PEM"] {
        files.openssl(&format!(
            "crl2pkcs7 -nocrl -certfile between.pem -certfile root.pem -outform {form} -out all.p7b"
        ));
        let shown = organisation.quiet(&format!(
            "(Import-Certificate -FilePath {} -CertStoreLocation Cert:\\LocalMachine\\CA | \
             Measure-Object).Count",
            files.at("all.p7b")
        ));
        assert_eq!(shown.trim(), "2", "{form}");
    }
    let said = organisation.run(&format!(
        "Import-Certificate -FilePath {} -CertStoreLocation Cert:\\CurrentUser\\Root",
        files.at("root.pem")
    ));
    assert!(said.err.contains("no store of certificates"), "{}", said.err);
}

#[test]
fn an_answer_of_another_authority_completes_a_request_of_the_registrar() {
    let Some(files) = Files::new() else { return };
    let organisation = Organisation::new(false);
    organisation.quiet(&format!(
        "Request-CsCertificate -New -Type Default -Output C:\\lync.req\n\
         Get-Content C:\\lync.req | Set-Content {}",
        files.at("lync.req")
    ));
    let subject = files.openssl("req -in lync.req -noout -verify -subject -text");
    assert!(subject.contains("DNS:sip.litwareinc.com"), "{subject}");
    files.openssl(
        "x509 -req -in lync.req -copy_extensions copyall -CA between.pem -CAkey between.key -days 90 \
         -CAcreateserial -out lync.pem",
    );
    let said = organisation.run(&format!(
        "$own = Import-CsCertificate -Path {}\n$own.Issuer\nSet-CsCertificate -Type Default \
         -Thumbprint $own.Thumbprint",
        files.at("lync.pem")
    ));
    assert_eq!(said.out.trim(), "CN=Contoso-Between");
    // OpenSSL's clock is ahead of this organisation's.
    assert!(said.err.contains("cannot be assigned: it has not become valid yet"), "{}", said.err);
}

#[test]
fn a_certificate_in_use_stays() {
    let organisation = Organisation::new(false);
    let said = organisation.run(
        "Get-ExchangeCertificate | Where-Object Services -match IIS | Remove-ExchangeCertificate \
         -Confirm:$false",
    );
    assert!(said.err.contains("in use for SMTP"), "{}", said.err);
    let config = std::fs::read_to_string(organisation.web_config()).unwrap();
    let made = organisation.quiet(
        "(New-ExchangeCertificate -DomainName mail.litwareinc.com -Services None).Thumbprint",
    );
    let made = made.trim();
    let setting = format!("<add key=\"IMCertificateThumbprint\" value=\"{made}\"/></appSettings>");
    std::fs::write(organisation.web_config(), config.replace("</appSettings>", &setting)).unwrap();
    let said = organisation.run(&format!("Remove-Item Cert:\\LocalMachine\\My\\{made} 3>&1"));
    assert!((said.out + &said.err).contains("Web.config names this certificate"));
    let said = organisation.run("Remove-CsCertificate -Type OAuthTokenIssuer -Force");
    assert!(said.err.contains("No certificate is assigned"), "{}", said.err);
}
