//! A client that trusts the proxy's authority and nobody else, and a browser made of it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use jumpcloud_sim::proxy::Proxy;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        &self.body
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// One request without a body to a port, past any TLS.
pub(crate) async fn plain(address: SocketAddr, line: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    exchange(&mut stream, &format!("{line}\r\nhost: {address}"), "").await
}

/// A connection to a host through the proxy.
pub(crate) async fn connect(proxy: &Proxy, host: &str) -> io::Result<TlsStream<TcpStream>> {
    connect_trusting(proxy, proxy.authority(), host).await
}

/// The same by somebody who trusts another authority.
pub(crate) async fn connect_trusting(proxy: &Proxy, pem: &str, host: &str) -> io::Result<TlsStream<TcpStream>> {
    tls(tunnel(proxy, host).await, pem, host).await
}

/// The same by somebody who means to speak to another host.
pub(crate) async fn connect_as(proxy: &Proxy, host: &str, meant: &str) -> io::Result<TlsStream<TcpStream>> {
    tls(tunnel(proxy, host).await, proxy.authority(), meant).await
}

async fn tunnel(proxy: &Proxy, host: &str) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let ask = format!("CONNECT {host}:443 HTTP/1.1\r\nhost: {host}:443\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    stream
}

async fn tls(stream: TcpStream, pem: &str, name: &str) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
    connector.connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
}

/// One request and its answer; the head is without what says how long the body is.
pub(crate) async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), head: &str, body: &str) -> Answer {
    let request = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut status = lines.next().unwrap().splitn(3, ' ').skip(1).map(str::to_owned);
    let (status, reason) = (status.next().unwrap().parse().unwrap(), status.next().unwrap());
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut answer = Answer { status, reason, headers: lines.filter_map(pair).collect(), body: String::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    answer
}

/// Somebody's browser behind the proxy: it keeps the cookies of each host apart.
pub(crate) struct Browser<'a> {
    proxy: &'a Proxy,
    headers: String,
    cookies: BTreeMap<(String, String), String>,
    /// Every address that was asked for.
    pub(crate) visited: Vec<String>,
    /// Everything that came back: headers and bodies.
    pub(crate) read: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(proxy: &'a Proxy) -> Self {
        let (cookies, visited) = (BTreeMap::new(), Vec::new());
        Self { proxy, headers: String::new(), cookies, visited, read: String::new() }
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("\r\n{name}: {value}");
        self
    }

    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.send("GET", url, "").await
    }

    pub(crate) async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", url, &form).await
    }

    /// Types an address at the portal, authenticates with another where that leads, and gives the page at the end.
    pub(crate) async fn sign_in(&mut self, portal: &str, typed: &str, primary: &str) -> String {
        let issuer = self.post(portal, &[("email", typed)]).await.expect(302);
        let login = self.get(issuer.header("location").unwrap()).await.expect(302);
        let login = login.header("location").unwrap().to_owned();
        self.get(&login).await.expect(200);
        let (page, query) = login.split_once('?').unwrap();
        let challenge = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "login_challenge").unwrap().1;
        let form = [("login_challenge", &*challenge), ("email", primary), ("password", "correct horse")];
        let back = self.post(page, &form).await.expect(302);
        self.get(back.header("location").unwrap()).await.expect(200).body
    }

    async fn send(&mut self, method: &str, url: &str, body: &str) -> Answer {
        let (host, path) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')).expect(url);
        self.visited.push(url.to_owned());
        let mut stream = connect(self.proxy, host).await.unwrap();
        let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}{}", self.headers);
        if !body.is_empty() {
            head += "\r\ncontent-type: application/x-www-form-urlencoded";
        }
        for ((_, name), value) in self.cookies.iter().filter(|((of, _), _)| of == host) {
            head += &format!("\r\ncookie: {name}={value}");
        }
        let answer = exchange(&mut stream, &head, body).await;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
            self.cookies.insert((host.to_owned(), name.to_owned()), value.to_owned());
        }
        self.read += &format!("{answer:?}\n");
        answer
    }
}
