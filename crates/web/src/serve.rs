//! Binds the address, then serves until told to end.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use axum_server::{Handle, tls_rustls::RustlsConfig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{WebState, app::Settings, router};

/// How long running requests may take once the program ends.
const DRAIN: Duration = Duration::from_secs(5);

/// A connection that says nothing for this long is closed.
const FIRST_REQUEST: Duration = Duration::from_secs(20);

/// Where and how the pages are served.
#[derive(Debug, Clone)]
pub struct WebOptions {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Certificate and key, to serve TLS.
    pub tls: Option<TlsFiles>,
    /// A proxy in front does TLS and sets `X-Forwarded-For`; it must pass `Host` on.
    pub behind_tls_proxy: bool,
}

/// A certificate chain and its private key, both in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), tls: None, behind_tls_proxy: false }
    }
}

impl WebOptions {
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            secure: self.tls.is_some() || self.behind_tls_proxy,
            behind_proxy: self.behind_tls_proxy,
            loopback_hosts_only: self.listen.ip().is_loopback() && !self.behind_tls_proxy,
        }
    }
}

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Passwords would cross the network in the clear.
    #[error(
        "{0} can be reached from other machines, and passwords would cross the network in the clear; set tls_certificate and tls_key, or behind_tls_proxy = true if a proxy in front does TLS, or listen on 127.0.0.1"
    )]
    NeedsTls(SocketAddr),
    /// Somebody has the port.
    #[error("{0} is taken by another program; stop it, or choose another port (0 takes a free one)")]
    PortTaken(SocketAddr),
    /// The system refuses the address.
    #[error(
        "cannot listen on {address}: {reason}; check the address and whether the port may be used (below 1024 needs rights)"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        reason: io::Error,
    },
    /// Certificate or key cannot be used.
    #[error(
        "cannot use certificate {certificate} with key {key}: {reason}; both must be PEM files and belong together"
    )]
    Tls {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: io::Error,
    },
    /// The server ended by itself.
    #[error("the server ended: {0}")]
    Ended(io::Error),
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    secure: bool,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Where it listens; the port that was found when 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for a browser.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Returns when the server has ended: after `shutdown`, or because it failed.
    ///
    /// # Errors
    /// The server ended by itself.
    pub async fn wait(self) -> Result<(), ServeError> {
        match self.task.await {
            Ok(result) => result.map_err(ServeError::Ended),
            Err(error) => Err(ServeError::Ended(io::Error::other(error))),
        }
    }
}

/// Binds and starts serving; returns once the port is open. When `shutdown` is cancelled the live streams end and running
/// requests get five seconds.
///
/// # Errors
/// The address is not allowed or not free, or certificate and key cannot be used.
pub async fn serve(
    mut state: WebState,
    options: &WebOptions,
    shutdown: CancellationToken,
) -> Result<Server, ServeError> {
    let listen = options.listen;
    if !listen.ip().is_loopback() && options.tls.is_none() && !options.behind_tls_proxy {
        return Err(ServeError::NeedsTls(listen));
    }
    let tls = match &options.tls {
        Some(files) => Some(load_tls(files).await?),
        None => None,
    };
    let listener = bind(listen)?;
    let address = listener.local_addr().map_err(|reason| ServeError::Bind { address: listen, reason })?;
    state.shutdown = shutdown.clone();
    let service = router(state, options).into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let task = match tls {
        Some(config) => {
            let server = axum_server::from_tcp_rustls(listener, config).map_err(ServeError::Ended)?;
            tokio::spawn(server.first_request_timeout(FIRST_REQUEST).handle(handle.clone()).serve(service))
        }
        None => {
            let server = axum_server::from_tcp(listener).map_err(ServeError::Ended)?;
            tokio::spawn(server.first_request_timeout(FIRST_REQUEST).handle(handle.clone()).serve(service))
        }
    };
    tokio::spawn(async move {
        shutdown.cancelled().await;
        handle.graceful_shutdown(Some(DRAIN));
    });
    Ok(Server { address, secure: options.tls.is_some(), task })
}

fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|reason| match reason.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortTaken(address),
        _ => ServeError::Bind { address, reason },
    })
}

async fn load_tls(files: &TlsFiles) -> Result<RustlsConfig, ServeError> {
    // The process may have chosen its provider already; either is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(&files.certificate, &files.key).await.map_err(|reason| ServeError::Tls {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestApp;

    #[tokio::test]
    async fn other_machines_need_tls() {
        let test = TestApp::new().await;
        let options = WebOptions { listen: SocketAddr::from(([0, 0, 0, 0], 0)), ..WebOptions::default() };
        let error = serve(test.state.clone(), &options, CancellationToken::new()).await.unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, ServeError::NeedsTls(_)));
        for key in ["tls_certificate", "tls_key", "behind_tls_proxy"] {
            assert!(message.contains(key), "{message}");
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_told_and_shutdown_ends_the_server() {
        let test = TestApp::new().await;
        let shutdown = CancellationToken::new();
        let options = WebOptions { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..WebOptions::default() };
        let server = serve(test.state.clone(), &options, shutdown.clone()).await.unwrap();
        let taken = WebOptions { listen: server.address(), ..WebOptions::default() };
        let error = serve(test.state.clone(), &taken, CancellationToken::new()).await.unwrap_err();
        assert!(matches!(error, ServeError::PortTaken(_)));
        shutdown.cancel();
        server.wait().await.unwrap();
    }

    #[tokio::test]
    async fn a_missing_certificate_is_told_with_its_path() {
        let test = TestApp::new().await;
        let files = TlsFiles { certificate: "/nowhere/cert.pem".into(), key: "/nowhere/key.pem".into() };
        let options = WebOptions { tls: Some(files), ..WebOptions::default() };
        let error = serve(test.state.clone(), &options, CancellationToken::new()).await.unwrap_err();
        assert!(error.to_string().contains("/nowhere/cert.pem"));
    }
}
