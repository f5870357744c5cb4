//! A web half with two people, a temporary store, a scripted agent and a clock of its own.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use agent::handle::{Bounds, Driver, pair};
use agent::{Command, Event};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use mailbox::{NewMailbox, create_mailbox};
use serde_json::{Value, json};
use store::directory::{
    Account, Address, AddressKind, Certificate, CertificateStore, DirectoryRead, DirectoryWrite,
    EventLogEntry, EventQuery, MessagingUser, RegistryValue, Server, ServerRole,
};
use store::mail::{DEFAULT_WEB_SITE, ImType, MailRead, MailWrite, OwaVirtualDirectory};
use store::{Secret, SecretKey, Store, Uuid, Writer};
use tower::ServiceExt;

/// Longest wait for what must happen; on a machine with much else to do that takes seconds.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
pub(crate) const HOST: &str = "mail.litwareinc.com";
pub(crate) const ORIGIN: &str = "https://mail.litwareinc.com";
pub(crate) const COMPUTER: &str = "atl-owa-001.litwareinc.com";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const KEN: &str = "sip:kenmyer@litwareinc.com";
pub(crate) const PILAR: &str = "sip:pilar@litwareinc.com";
/// 2014-10-30, a working day.
pub(crate) const START_MS: i64 = 1_414_649_520_000;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) ctx: Arc<web::Ctx>,
    pub(crate) router: Router,
    pub(crate) driver: Driver,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) ken: Uuid,
    pub(crate) pilar: Uuid,
    pub(crate) files: PathBuf,
    _folder: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {} {text}", self.status))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl World {
    /// Instant messaging is integrated as the article says.
    pub(crate) async fn new() -> World {
        let world = World::bare().await;
        world.configure(&web_config(&thumbprint()));
        world
            .write(|tx| {
                let directory = tx.virtual_directory("ATL-CAS-001", DEFAULT_WEB_SITE)?;
                let mut directory = directory.expect("the demo has it");
                directory.im_type = ImType::Ocs;
                tx.put_virtual_directory(&directory)
            })
            .await;
        world
    }

    /// As setup leaves it: nothing of the article done.
    pub(crate) async fn bare() -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = folder.path().join("c");
        let owa = files.join("Program Files/Microsoft/Exchange Server/V15/ClientAccess/Owa");
        let ucma = files.join("Program Files/Microsoft UCMA 4.0/Runtime/SSP");
        std::fs::create_dir_all(&owa).expect("folders");
        std::fs::create_dir_all(&ucma).expect("folders");
        std::fs::write(ucma.join("Microsoft.Rtc.Internal.Ucweb.dll"), "provider").expect("a file");
        std::fs::write(owa.join("web.config"), "<configuration><appSettings/></configuration>")
            .expect("a file");
        let key = SecretKey::from_bytes([7; 32]);
        let store = Store::open(&folder.path().join("tandem.db"), key, START_MS).expect("a store");
        let (ken, pilar) = store.write(START_MS, make_organisation).await.expect("an organisation");
        let clock = Arc::new(AtomicI64::new(START_MS));
        let (handle, driver) = pair(Bounds::default());
        let config = web::Config {
            computer: COMPUTER.into(),
            front_end: Some("atl-cas-001.litwareinc.com".into()),
            files: files.clone(),
            pool_port: 5061,
            application_port: web::ApplicationPort::new(|_| Ok(Some(5199))),
            deployment: web::AskDeployment::new(|_| Ok(web::Deployment::default())),
            health_token: Some(web::HealthToken::new("secret")),
        };
        let now = Arc::clone(&clock);
        let ctx = web::Ctx::new(
            store.clone(),
            handle,
            config,
            Arc::new(move || now.load(Ordering::SeqCst)),
            Arc::new(|| web::Health {
                status: "ok".into(),
                roles: [("client-access".to_owned(), "ok".to_owned())].into(),
                warnings: vec![warning()],
            }),
        );
        let router = web::router(Arc::clone(&ctx));
        World { store, ctx, router, driver, clock, ken, pilar, files, _folder: folder }
    }

    /// Writes the real Web.config of the back end.
    pub(crate) fn configure(&self, text: &str) {
        let path = "Program Files/Microsoft/Exchange Server/V15/ClientAccess/Owa/web.config";
        std::fs::write(self.files.join(path), text).expect("a file");
    }

    /// Starts the loop of the web half.
    pub(crate) fn run(&self) -> tokio::task::JoinHandle<()> {
        tokio::spawn(web::run(Arc::clone(&self.ctx)))
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> store::Result<T> + Send + 'static,
    ) -> T {
        self.store.write(self.now_ms(), work).await.expect("a write")
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.expect("a body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A request as the page makes it.
    pub(crate) async fn page(
        &self,
        method: Method,
        path: &str,
        cookie: &str,
        body: Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header(header::HOST, HOST)
            .header("x-requested-with", "tandem");
        if !cookie.is_empty() {
            request = request.header(header::COOKIE, cookie);
        }
        let body = match method {
            Method::POST => {
                request = request
                    .header(header::ORIGIN, ORIGIN)
                    .header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            _ => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// Signs in; the cookie to be sent.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let body = json!({"username": name, "password": PASSWORD, "trusted": false});
        let answer = self.page(Method::POST, "/owa/auth/login", "", body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
        let cookie = answer.header("set-cookie");
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    /// Calls of one request; the answers in order.
    pub(crate) async fn api(&self, cookie: &str, calls: Value) -> Vec<(String, Value, String)> {
        let using = [
            "urn:ietf:params:jmap:core",
            "urn:ietf:params:jmap:mail",
            "urn:ietf:params:jmap:submission",
            "urn:ietf:params:jmap:principals",
            "urn:tandem:params:jmap:im",
        ];
        let body = json!({"using": using, "methodCalls": calls});
        let answer = self.page(Method::POST, "/jmap/api", cookie, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let responses = answer.json()["methodResponses"].clone();
        serde_json::from_value(responses).expect("method responses")
    }

    /// One call; its arguments.
    pub(crate) async fn call(&self, cookie: &str, method: &str, arguments: Value) -> Value {
        let mut answers = self.api(cookie, json!([[method, arguments, "0"]])).await;
        let (name, arguments, _) = answers.remove(0);
        assert_eq!(name, method, "{arguments}");
        arguments
    }

    /// Events of the log, oldest first: number and text.
    pub(crate) async fn events(&self) -> Vec<EventLogEntry> {
        let query = EventQuery::default();
        let mut events = self.store.read(move |r| r.events(&query)).await.expect("events");
        events.reverse();
        events
    }

    /// The next command that fits; others are passed over.
    pub(crate) async fn command(&mut self, fits: impl Fn(&Command) -> bool) -> Command {
        let wait = async {
            loop {
                let command = self.driver.commands.recv().await.expect("the handle lives");
                if fits(&command) {
                    return command;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the command comes")
    }

    pub(crate) fn agent_says(&self, event: Event) {
        let _ = self.driver.events.send(event);
    }
}

/// Looks until something holds, with a cap in time; lets everything else run in between.
pub(crate) async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let wait = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, wait).await;
    found.unwrap_or_else(|_| panic!("never: {what}"))
}

pub(crate) fn web_config(thumbprint: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\r\n<configuration>\r\n  <appSettings>\r\n    \
         <add key=\"IMCertificateThumbprint\" value=\"{thumbprint}\"/>\r\n    \
         <add key=\"IMServerName\" value=\"atl-cs-001.litwareinc.com\"/>\r\n  \
         </appSettings>\r\n</configuration>\r\n"
    )
}

fn make_organisation(tx: &mut Writer) -> store::Result<(Uuid, Uuid)> {
    tx.create_deployment("litwareinc.com", "litwareinc.com", "Litware")?;
    for (name, role) in
        [("ATL-CAS-001", ServerRole::ClientAccess), ("ATL-OWA-001", ServerRole::Mailbox)]
    {
        tx.put_server(&Server {
            name: name.into(),
            fqdn: format!("{}.litwareinc.com", name.to_lowercase()),
            version: "15.0 (Build 516.32)".into(),
            roles: vec![role],
            site: "Redmond".into(),
        })?;
        let server = name.into();
        tx.put_virtual_directory(&OwaVirtualDirectory {
            server,
            ..OwaVirtualDirectory::default()
        })?;
    }
    tx.put_registry_value(&RegistryValue {
        path: r"SYSTEM\CurrentControlSet\Services\MSExchange OWA\InstantMessaging".into(),
        name: "ImplementationDLLPath".into(),
        value: r"C:\Program Files\Microsoft UCMA 4.0\Runtime\SSP".into(),
    })?;
    tx.put_certificate(&certificate())?;
    let ken = make_person(tx, "kenmyer", "Ken Myer")?;
    let pilar = make_person(tx, "pilar", "Pilar Ackerman")?;
    Ok((ken, pilar))
}

/// The certificate of the web half's computer; the same in each test process.
/// What the node says of a certificate that runs out.
pub(crate) fn warning() -> web::CertificateWarning {
    web::CertificateWarning {
        text: "The certificate of HTTPS ends on 2026-12-05 at 08:00 UTC.".into(),
        used_for: vec!["HTTPS".into()],
        subject: "CN=atl-cas-001.litwareinc.com".into(),
        thumbprint: "AB12".into(),
        not_after_ms: 1_796_457_600_000,
        repair: vec!["first".into(), "second".into()],
    }
}

pub(crate) fn certificate() -> Certificate {
    static MADE: LazyLock<Certificate> = LazyLock::new(|| {
        let mut params =
            rcgen::CertificateParams::new(vec![COMPUTER.to_owned()]).expect("a host name");
        params.distinguished_name.push(rcgen::DnType::CommonName, COMPUTER);
        params.not_before = rcgen::date_time_ymd(2014, 1, 1);
        params.not_after = rcgen::date_time_ymd(2034, 1, 1);
        let key = rcgen::KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        let secret = Secret::new(key.serialize_der());
        let store = CertificateStore::My;
        Certificate::from_der(COMPUTER, store, made.der(), Some(secret)).expect("a certificate")
    });
    MADE.clone()
}

/// Its thumbprint.
pub(crate) fn thumbprint() -> String {
    certificate().thumbprint
}

pub(crate) fn make_person(tx: &mut Writer, sam: &str, name: &str) -> store::Result<Uuid> {
    let id = tx.new_id()?;
    let upn = format!("{sam}@litwareinc.com");
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    tx.put_account(&Account {
        id,
        sam: sam.into(),
        upn: upn.clone(),
        display_name: name.into(),
        first_name: first.into(),
        last_name: last.into(),
        enabled: true,
        time_zone: String::new(),
        language: "en-US".into(),
        created_ms: START_MS,
    })?;
    for kind in [AddressKind::Smtp, AddressKind::Sip] {
        let value = upn.clone();
        tx.put_address(&Address { account: id, kind, value, primary: true })?;
    }
    tx.set_password(id, PASSWORD)?;
    tx.put_messaging_user(&MessagingUser {
        account: id,
        sip_address: format!("sip:{upn}"),
        registrar_pool: "atl-cs-001.litwareinc.com".into(),
        enabled: true,
    })?;
    let new = NewMailbox { account: id, alias: sam.into(), server: "ATL-OWA-001".into() };
    create_mailbox(tx, &new)?;
    Ok(id)
}
