//! The secondary's user portal: asks who is there, and is a real relying party for those whom a policy routes.
//!
//! It believes the provider only as far as OpenID Connect lets it: a state bound to the browser, a code exchanged with
//! the stored secret, an id token whose signature, issuer, audience, expiry and nonce hold. Who the `email` claim opens
//! is the world's to say, through [`super::directory`].

use super::directory::{self, Account, Provider, Way};
use super::memory::Memory;
use super::pages::{self, Broken, Choice, SignedIn};
use super::relying::{self, Pending};
use super::{Shared, face, fields, html, keys};
use crate::{Request, Response};

/// Binds a sign-in that is under way to the browser that began it.
const BROWSER: &str = "sim_browser";
/// The session of somebody who is signed in.
const SESSION: &str = "sim_session";

/// Sign-ins under way and sessions.
#[derive(Default)]
pub(crate) struct Portal {
    /// By state.
    pending: Memory<Pending>,
    /// By session cookie.
    sessions: Memory<SignedIn>,
}

impl Portal {
    /// Signs everybody out, as when the world is replaced.
    pub(super) fn forget(&self) {
        self.pending.clear();
        self.sessions.clear();
    }
}

/// Answers a path of the portal.
pub(super) fn answer(shared: &Shared, request: &Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/login") => pages::portal_email(),
        ("POST", "/login") => begin(shared, request).unwrap_or_else(|end| pages::broken(request, &end)),
        ("GET", "/login/session") => session(shared, request),
        ("POST", "/login/out") => sign_out(shared, request),
        ("GET", "/oauth/callback") => callback(shared, request),
        _ => face::nothing_here(request),
    }
}

/// From a typed address to a page or to the provider.
fn begin(shared: &Shared, request: &Request) -> Result<Response, Broken> {
    let mut fields = fields::parse(&request.body);
    let email = fields.remove("email").unwrap_or_default().trim().to_owned();
    let organization = fields.remove("organization");
    let mut accounts = directory::accounts(&shared.world(), &email);
    if let Some(organization) = &organization {
        accounts.retain(|account| account.org.to_string() == *organization);
    }
    let account = match accounts.len() {
        0 => return Err(Broken::at(401, "no such account", format!("Nobody here has the company email `{email}`."))),
        1 => accounts.remove(0),
        _ => {
            let choices: Vec<Choice> = accounts.iter().map(choice).collect();
            return Ok(pages::portal_organization(&email, &choices));
        }
    };
    let way = directory::way(&shared.world(), account.org, &email)?;
    match way {
        Way::Local => local(shared, request, &account, fields.remove("password")),
        Way::Provider(provider) => to_provider(shared, request, &account, provider),
    }
}

fn choice(account: &Account) -> Choice {
    Choice { id: account.org.to_string(), name: account.organization_name.clone() }
}

/// The account's own password, for whom no policy routes.
fn local(shared: &Shared, request: &Request, account: &Account, password: Option<String>) -> Result<Response, Broken> {
    let Some(password) = password else {
        return Ok(pages::portal_password(&account.email, &choice(account)));
    };
    let opened = directory::open_locally(&mut shared.world(), account.org, &account.email, &password)?;
    let hops = vec![format!("no routing policy applies to {}: the account's own password was right", account.email)];
    Ok(welcome(shared, request, opened.signed_in(hops)))
}

/// Off to the provider's authorize endpoint. Only this simulator's issuer can be one: nothing is sent anywhere else.
fn to_provider(shared: &Shared, request: &Request, account: &Account, provider: Provider) -> Result<Response, Broken> {
    let Some(there) = shared.at_issuer(&provider.url) else {
        let issuers: Vec<&str> = shared.names.issuers.iter().map(|(_, issuer)| issuer.as_str()).collect();
        let message = format!(
            "The identity provider `{}` has the url `{}`, and this simulator's issuer is `{}`.",
            provider.name,
            provider.url,
            issuers.join("` or `")
        );
        return Err(Broken::at(502, "the identity provider is not here", message));
    };
    let issuer = &there.names.issuer;
    let browser = fields::cookie(request, BROWSER).unwrap_or_else(keys::unguessable);
    let pending = Pending::new(&browser, account, provider);
    let state = keys::unguessable();
    let query = pending.authorization(&state, &shared.callback());
    let mut response = html::redirect(&format!("{issuer}oauth2/auth?{query}"));
    response.headers.push(fields::set_cookie(BROWSER, &browser));
    shared.portal.pending.keep(state, pending);
    Ok(response)
}

/// Back from the provider.
fn callback(shared: &Shared, request: &Request) -> Response {
    let fields = fields::parse(request.query.as_bytes());
    let pending = fields.get("state").and_then(|state| shared.portal.pending.take(state));
    let browser = fields::cookie(request, BROWSER);
    // A state that another browser began would sign this one in to a stranger's account.
    let Some(mut pending) = pending.filter(|pending| Some(&pending.browser) == browser.as_ref()) else {
        let message = "No sign-in that this browser began has this state, or it was used before.";
        return pages::broken(request, &Broken::at(400, "unknown state", message));
    };
    match relying::finish(shared, &mut pending, &fields) {
        Ok(account) => welcome(shared, request, account.signed_in(pending.hops)),
        Err(end) => pages::broken(request, &end.after(&pending.hops)),
    }
}

fn welcome(shared: &Shared, request: &Request, end: SignedIn) -> Response {
    let mut response = pages::signed_in(request, &end);
    let session = keys::unguessable();
    response.headers.push(fields::set_cookie(SESSION, &session));
    shared.portal.sessions.keep(session, end);
    response
}

fn session(shared: &Shared, request: &Request) -> Response {
    match fields::cookie(request, SESSION).and_then(|session| shared.portal.sessions.get(&session)) {
        Some(end) => pages::signed_in(request, &end),
        None => pages::broken(request, &Broken::at(401, "no session", "Nobody is signed in with this browser.")),
    }
}

fn sign_out(shared: &Shared, request: &Request) -> Response {
    if let Some(session) = fields::cookie(request, SESSION) {
        shared.portal.sessions.take(&session);
    }
    let mut response = pages::signed_out();
    let (name, value) = fields::set_cookie(SESSION, "");
    response.headers.push((name, format!("{value}; Max-Age=0")));
    response
}
