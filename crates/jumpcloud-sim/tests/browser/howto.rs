//! "Logging in to the JumpCloud User Portal using another JumpCloud org as an IdP", step by step.

use crate::browser::{Browser, DESKTOP, DESKTOP_DARK, PHONE, PHONE_DARK, Screen, browse};
use crate::federation::{PASSWORD, PRIMARY_EMAIL, SECONDARY_EMAIL, federate};

const PRIMARY: &str = "Log in to your application using JumpCloud";

/// Keys, as WebDriver writes them.
const END: &str = "\u{e010}";
const BACKSPACE: &str = "\u{e003}";

/// From the portal to the login page of the primary.
pub(crate) async fn to_primary(browser: &Browser, typed: &str) {
    browser.open("/login").await;
    browser.fill("#email", typed).await;
    browser.press("Continue").await;
}

/// The login page of the primary, to the end.
pub(crate) async fn through_primary(browser: &Browser, email: &str, password: &str) {
    browser.heading(PRIMARY).await;
    browser.fill("#email", email).await;
    browser.press("Continue").await;
    browser.fill("#password", password).await;
    browser.press("SSO Login").await;
}

async fn follow(browser: Browser) {
    browser.open("/login").await;
    browser.heading("User Login").await;
    browser.look("1-portal").await;
    to_primary(&browser, SECONDARY_EMAIL).await;

    browser.heading(PRIMARY).await;
    assert_eq!(browser.value("#email").await, SECONDARY_EMAIL, "the previous address is filled in");
    browser.look("2-primary-prefilled").await;
    browser.keys("#email", &format!("{END}{}", BACKSPACE.repeat(".beta".len()))).await;
    assert_eq!(browser.value("#email").await, PRIMARY_EMAIL, "the alias is off");
    browser.look("3-primary-alias-removed").await;
    browser.press("Continue").await;

    browser.find("#password").await;
    browser.look("4-primary-password").await;
    browser.fill("#password", PASSWORD).await;
    browser.press("SSO Login").await;

    browser.heading("Signed in as Ann Archer to Beta").await;
    browser.look("5-signed-in").await;
    let hops = browser.text(".hops").await;
    for hop in
        ["sends ann@acme.com.beta to", "authenticated at Acme as ann@acme.com", "opens ann@acme.com.beta in Beta"]
    {
        assert!(hops.contains(hop), "{hops}");
    }

    // Looking again is no second try of the code.
    browser.open("/login/session").await;
    browser.heading("Signed in as Ann Archer to Beta").await;
    browser.press("Log out").await;
    browser.heading("Signed out").await;
    browser.look("6-signed-out").await;
}

async fn on(screen: Screen) {
    let federation = federate().await;
    browse(screen, federation.handle.base_url(), follow).await;
}

#[tokio::test]
async fn a_person_signs_in_on_a_phone() {
    on(PHONE).await;
}

#[tokio::test]
async fn a_person_signs_in_on_a_phone_in_the_dark() {
    on(PHONE_DARK).await;
}

#[tokio::test]
async fn a_person_signs_in_on_a_desktop() {
    on(DESKTOP).await;
}

#[tokio::test]
async fn a_person_signs_in_on_a_desktop_in_the_dark() {
    on(DESKTOP_DARK).await;
}

#[tokio::test]
async fn the_browser_of_these_tests_runs_no_script() {
    browse(DESKTOP, "", |browser| async move {
        browser.go("data:text/html,<h1>off</h1><script>document.querySelector('h1').textContent='on'</script>").await;
        assert_eq!(browser.text("h1").await, "off");
    })
    .await;
}
