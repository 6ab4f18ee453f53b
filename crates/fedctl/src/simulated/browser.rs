//! Just enough of a browser for one person to sign in over HTTP: forms, cookies, redirects.

use std::collections::BTreeMap;

use fedctl_client::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use serde::Deserialize;

/// One person's browser.
pub struct Browser {
    http: reqwest::Client,
    base: Url,
    cookies: BTreeMap<String, String>,
}

/// A step that did not go as it should.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// The server cannot be reached.
    #[error("the simulator cannot be reached")]
    Http(#[from] reqwest::Error),
    /// It answered with something else than was expected.
    #[error("{step}: status {status}")]
    Unexpected {
        /// What was tried.
        step: &'static str,
        /// What came back.
        status: u16,
    },
    /// A redirect that leads nowhere.
    #[error("{step}: it leads nowhere")]
    Nowhere {
        /// What was tried.
        step: &'static str,
    },
}

/// Where a sign-in ended.
#[derive(Debug, Deserialize)]
pub struct SignedIn {
    /// Whether the person is in.
    pub signed_in: bool,
    /// The organisation they are in.
    pub organization_name: String,
    /// Their name there.
    pub name: String,
    /// The address of the account that opened.
    pub email: String,
    /// What happened, hop by hop.
    pub hops: Vec<String>,
}

impl Browser {
    /// A browser without any cookie, for the simulator at this address.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(base: Url) -> Result<Self, BrowserError> {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { http, base, cookies: BTreeMap::new() })
    }

    /// Signs in at the portal with `typed`, authenticating at the primary organisation as `primary`.
    ///
    /// # Errors
    /// The step that did not go on.
    pub async fn sign_in(&mut self, typed: &str, primary: &str, password: &str) -> Result<SignedIn, BrowserError> {
        let portal = self.at("/login");
        let authorize = self.post("type the address at the portal", portal, &[("email", typed)]).await?;
        let login_page = self.follow("ask the issuer", authorize).await?;
        let challenge = login_page.query_pairs().find(|(name, _)| name == "login_challenge");
        let challenge = challenge.map(|(_, value)| value.into_owned()).unwrap_or_default();
        let form = [("login_challenge", challenge.as_str()), ("email", primary), ("password", password)];
        let mut form_url = login_page.clone();
        form_url.set_query(None);
        let callback = self.post("give the primary password", form_url, &form).await?;
        self.arrive(callback).await
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    async fn post(&mut self, step: &'static str, url: Url, form: &[(&str, &str)]) -> Result<Url, BrowserError> {
        let mut body = Url::parse("x:").map_err(|_| BrowserError::Nowhere { step })?;
        body.query_pairs_mut().extend_pairs(form);
        let body = body.query().unwrap_or_default().to_owned();
        let request = self.http.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let answer = request.header(COOKIE, self.cookie()).send().await?;
        self.redirected(step, &url, &answer)
    }

    async fn follow(&mut self, step: &'static str, url: Url) -> Result<Url, BrowserError> {
        let answer = self.http.get(url.clone()).header(COOKIE, self.cookie()).send().await?;
        self.redirected(step, &url, &answer)
    }

    async fn arrive(&mut self, url: Url) -> Result<SignedIn, BrowserError> {
        let request = self.http.get(url).header(COOKIE, self.cookie()).header(ACCEPT, "application/json");
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(BrowserError::Unexpected { step: "come back to the portal", status });
        }
        let body = answer.bytes().await?;
        serde_json::from_slice(&body).map_err(|_| BrowserError::Unexpected { step: "come back to the portal", status })
    }

    fn redirected(&mut self, step: &'static str, from: &Url, answer: &reqwest::Response) -> Result<Url, BrowserError> {
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|text| text.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = answer.status().as_u16();
        if !answer.status().is_redirection() {
            return Err(BrowserError::Unexpected { step, status });
        }
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        location.and_then(|location| from.join(location).ok()).ok_or(BrowserError::Nowhere { step })
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}
