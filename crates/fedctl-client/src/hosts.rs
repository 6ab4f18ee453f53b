//! Where an organisation lives: the hosts of the three regions, and the sandbox.

use reqwest::Url;

use crate::error::HostError;

/// Where an identity provider of the United States sends people back to (documented).
const US_CALLBACK: &str = "https://login.jumpcloud.com/oauth/callback";

/// A region of JumpCloud. Data, keys and hosts of one region are unknown to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    /// United States.
    Us,
    /// European Union.
    Eu,
    /// India.
    In,
}

/// Which of the hosts a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// API v1 and v2; gets the key.
    Console,
    /// The OIDC issuer; never gets the key.
    Issuer,
    /// Directory Insights; gets the key. The console host does not serve its paths (observed).
    Insights,
    /// Where service accounts get their tokens; gets their secret (observed).
    Oauth,
}

/// The addresses that [`Hosts::custom`] checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostUrls {
    /// Base of API v1 and v2.
    pub console: Url,
    /// Base of the OIDC issuer.
    pub issuer: Url,
    /// Base of Directory Insights.
    pub insights: Url,
    /// Base of the token endpoint of service accounts.
    pub oauth: Url,
    /// Where an identity provider sends people back to.
    pub callback: Url,
    /// Where else it may send them back to: nobody has published that of this region.
    pub other_callback: Option<Url>,
}

/// The checked hosts of one organisation: all of them HTTPS, or all of them one sandbox on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    urls: HostUrls,
    sandbox: bool,
}

impl Hosts {
    /// The known hosts of a region.
    ///
    /// Certainty: console from the published API descriptions and observed; insights observed; issuer observed in the
    /// US by many and in EU and IN by one client each; token hosts of service accounts observed in all three; callback
    /// documented for the US. For EU and IN nobody has published it: it is *inferred* from the pattern, and the other one is
    /// that of the US.
    pub fn of(region: Region) -> Self {
        let infix = match region {
            Region::Us => "",
            Region::Eu => "eu.",
            Region::In => "in.",
        };
        let url = |text: String| Url::parse(&text).expect("built from constants");
        let urls = HostUrls {
            console: url(format!("https://console.{infix}jumpcloud.com")),
            issuer: url(format!("https://oauth.id.{infix}jumpcloud.com")),
            insights: url(format!("https://api.{infix}jumpcloud.com")),
            oauth: url(format!("https://admin-oauth.id.{infix}jumpcloud.com")),
            callback: url(format!("https://login.{infix}jumpcloud.com/oauth/callback")),
            other_callback: (region != Region::Us).then(|| url(US_CALLBACK.to_owned())),
        };
        Self { urls, sandbox: false }
    }

    /// One simulator that plays all hosts, at a loopback *literal* such as `http://127.0.0.1:8480`.
    ///
    /// # Errors
    /// Any other host: a name, even `localhost`, can be made to mean another machine.
    pub fn sandbox(base: &Url) -> Result<Self, HostError> {
        plain_base(base)?;
        if !is_loopback(base) {
            return Err(HostError::NotLoopback { url: base.to_string() });
        }
        let mut callback = base.clone();
        callback.set_path("/oauth/callback");
        let base = || base.clone();
        let urls = HostUrls {
            console: base(),
            issuer: base(),
            insights: base(),
            oauth: base(),
            callback,
            other_callback: None,
        };
        Ok(Self { urls, sandbox: true })
    }

    /// Hosts that the operator names, such as a gateway. They are never a sandbox.
    ///
    /// # Errors
    /// A url that is not HTTPS, is on this machine, or has more than scheme, host and port (the callback may have a
    /// path).
    pub fn custom(urls: HostUrls) -> Result<Self, HostError> {
        let bases = [&urls.console, &urls.issuer, &urls.insights, &urls.oauth];
        for base in bases {
            plain_base(base)?;
        }
        for url in bases.into_iter().chain([&urls.callback]).chain(&urls.other_callback) {
            if url.scheme() != "https" {
                return Err(HostError::NotHttps { url: url.to_string() });
            }
            if is_loopback(url) {
                return Err(HostError::Loopback { url: url.to_string() });
            }
        }
        Ok(Self { urls, sandbox: false })
    }

    /// Whether the sandbox plays these hosts.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// The base of a host, without a path.
    pub fn base(&self, host: Host) -> &Url {
        match host {
            Host::Console => &self.urls.console,
            Host::Issuer => &self.urls.issuer,
            Host::Insights => &self.urls.insights,
            Host::Oauth => &self.urls.oauth,
        }
    }

    /// Where an identity provider sends people back to.
    pub fn callback(&self) -> &Url {
        &self.urls.callback
    }

    /// Where else it may send them back to, as long as nobody has published which.
    pub fn other_callback(&self) -> Option<&Url> {
        self.urls.other_callback.as_ref()
    }
}

fn plain_base(base: &Url) -> Result<(), HostError> {
    let plain = matches!(base.scheme(), "http" | "https")
        && base.has_host()
        && base.path() == "/"
        && base.query().is_none()
        && base.fragment().is_none();
    if !base.username().is_empty() || base.password().is_some() {
        return Err(HostError::Credentials);
    }
    if plain { Ok(()) } else { Err(HostError::NotABase { url: base.to_string() }) }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    // The parser has brought every spelling of an address to its canonical one; names never parse as an address.
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
