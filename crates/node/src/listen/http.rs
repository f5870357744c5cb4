//! HTTPS: TLS with the client access server's certificate, then the web crate's router. The
//! metrics have HTTP without TLS.

use std::sync::Arc;

use axum::{Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use web::ClientAddress;

use super::body;
use super::lingering::Lingering;
use super::places::{self, Bounds, Places};
use crate::identity::Identities;
use crate::{limits, metrics};

/// Accepts HTTPS until the task is dropped.
pub async fn https(
    listener: TcpListener,
    computer: String,
    identities: Arc<Identities>,
    router: Router,
    bounds: Bounds,
) {
    let router = router.layer(middleware::from_fn(body::guard));
    let places = Places::new("https", bounds);
    loop {
        let (stream, address) = places::accept(&listener).await;
        let Some(place) = places.take(address.ip()) else { continue };
        let _ = stream.set_nodelay(true);
        let config = match identities.serving_https(&computer) {
            Ok(config) => config,
            Err(error) => {
                tracing::error!(%computer, %error, "no TLS identity for HTTPS");
                continue;
            }
        };
        let router = router.clone().layer(axum::Extension(ClientAddress(address.ip())));
        tokio::spawn(async move {
            serve(stream, config, router, "https").await;
            drop(place);
        });
    }
}

/// Serves one connection of the door of this name.
pub(super) async fn serve(
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    router: Router,
    door: &'static str,
) {
    let accepted = TlsAcceptor::from(config).accept(Lingering::from(stream));
    let Ok(Ok(stream)) = tokio::time::timeout(limits::HANDSHAKE, accepted).await else {
        return metrics::refused(door, "handshake");
    };
    converse(stream, router).await;
}

/// Accepts HTTP without TLS until the task is dropped: for the metrics, at a door of this name.
pub async fn plain(listener: TcpListener, door: &'static str, router: Router) {
    let most = limits::METRICS_CONNECTIONS;
    let places = Places::new(door, Bounds { all: most, per_address: most });
    loop {
        let (stream, address) = places::accept(&listener).await;
        let Some(place) = places.take(address.ip()) else { continue };
        let router = router.clone();
        tokio::spawn(async move {
            converse(Lingering::from(stream), router).await;
            drop(place);
        });
    }
}

async fn converse<S>(stream: S, router: Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HTTP_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // An error here is the browser's going away in the middle.
    let _ = connection.await;
}
