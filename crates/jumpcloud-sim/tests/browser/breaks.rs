//! Every way a sign-in ends early, as the person sees it.

use jumpcloud_sim::{NewUser, World, console};
use serde_json::json;

use crate::browser::{Browser, DESKTOP_DARK, PHONE, Screen, browse};
use crate::federation::{Federation, PASSWORD, PRIMARY_EMAIL, SECONDARY_EMAIL, federate};
use crate::howto::{through_primary, to_primary};

/// What was done to the federation, and what the page says of it.
struct Break {
    name: &'static str,
    by: fn(&mut World, &Federation),
    heading: &'static str,
    says: &'static [&'static str],
}

/// Breaks that show when the address is typed at the portal.
const AT_THE_PORTAL: [Break; 4] = [
    Break {
        name: "provider-gone",
        by: |world, federation| {
            let policy = world.policies(federation.beta).next().unwrap().id;
            console::set_policy_provider(world, policy, None);
        },
        heading: "Not signed in",
        says: &["routing policy names an identity provider that is not there"],
    },
    Break {
        name: "client-unknown",
        by: |world, federation| assert!(console::delete_app(world, federation.app.parse().unwrap())),
        heading: "An OAuth 2.0 error occurred",
        says: &["invalid_client", "The requested OAuth 2.0 Client does not exist."],
    },
    Break {
        name: "redirect-uri",
        by: |world, federation| {
            console::set_redirect_uris(world, federation.app.parse().unwrap(), &["https://example.com/"]);
        },
        heading: "An OAuth 2.0 error occurred",
        says: &["redirect URI"],
    },
    Break {
        name: "app-inactive",
        by: |world, federation| assert!(console::set_app_active(world, federation.app.parse().unwrap(), false)),
        heading: "An OAuth 2.0 error occurred",
        says: &["access_denied", "JumpCloud could not connect to your application"],
    },
];

/// Breaks that show after the password.
const AFTER_THE_PASSWORD: [Break; 9] = [
    Break {
        name: "primary-locked",
        by: |world, federation| assert!(console::lock_user(world, federation.ann_at_acme.parse().unwrap(), true)),
        heading: "Not signed in",
        says: &["primary account is locked", "has to unlock it"],
    },
    Break {
        name: "primary-suspended",
        by: |world, federation| assert!(console::suspend_user(world, federation.ann_at_acme.parse().unwrap(), true)),
        heading: "Not signed in",
        says: &["primary account is suspended", "has to lift the suspension"],
    },
    Break {
        name: "no-access",
        by: |world, federation| {
            let (group, ann) = (federation.access_group.parse().unwrap(), federation.ann_at_acme.parse().unwrap());
            assert!(console::remove_member(world, group, ann));
        },
        heading: "Not signed in",
        says: &["no access to the app", "has to add you to a group of the app"],
    },
    Break {
        name: "secondary-locked",
        by: |world, federation| assert!(console::lock_user(world, federation.ann_at_beta.parse().unwrap(), true)),
        heading: "Not signed in",
        says: &["the account is locked", "Beta opens no account", "authenticated at Acme", "It ended here"],
    },
    Break {
        name: "secondary-suspended",
        by: |world, federation| assert!(console::suspend_user(world, federation.ann_at_beta.parse().unwrap(), true)),
        heading: "Not signed in",
        says: &["the account is suspended", "authenticated at Acme"],
    },
    Break {
        name: "no-email-claim",
        by: |world, federation| attribute(world, federation, None),
        heading: "Not signed in",
        says: &["no e-mail claim", "custom attribute of your primary account"],
    },
    Break {
        name: "email-unknown",
        by: |world, federation| attribute(world, federation, Some("nobody@acme.com.beta")),
        heading: "Not signed in",
        says: &["nobody in the secondary organisation", "custom attribute of your primary account"],
    },
    Break {
        name: "email-differs",
        by: |world, federation| {
            let ben = "ben@acme.com.beta".to_owned();
            let account = NewUser { email: ben.clone(), username: "ben".to_owned(), ..NewUser::default() };
            world.add_user(federation.beta, account);
            world.set("typed-email-must-match", "true").unwrap();
            attribute(world, federation, Some(&ben));
        },
        heading: "Not signed in",
        says: &["another address than the one typed"],
    },
    Break {
        name: "secret-rotated",
        by: |world, federation| assert!(console::rotate_secret(world, federation.app.parse().unwrap()).is_some()),
        heading: "Not signed in",
        says: &["the code was not exchanged", "invalid_client", "secret"],
    },
];

fn attribute(world: &mut World, federation: &Federation, value: Option<&str>) {
    let ann = federation.ann_at_acme.parse().unwrap();
    assert!(console::set_attribute(world, ann, "SecondaryEmail", value));
}

async fn broken(how: &Break) -> Federation {
    let federation = federate().await;
    (how.by)(&mut federation.handle.world().lock().unwrap(), &federation);
    federation
}

async fn ended(browser: &Browser, how: &Break) {
    browser.heading(how.heading).await;
    let page = browser.text("main").await;
    for text in how.says {
        assert!(page.contains(text), "{}: {page}", how.name);
    }
    browser.look(how.name).await;
}

async fn at_the_portal(screen: Screen) {
    for how in &AT_THE_PORTAL {
        let federation = broken(how).await;
        browse(screen, federation.handle.base_url(), move |browser| async move {
            to_primary(&browser, SECONDARY_EMAIL).await;
            ended(&browser, how).await;
        })
        .await;
    }
}

async fn after_the_password(screen: Screen) {
    for how in &AFTER_THE_PASSWORD {
        let federation = broken(how).await;
        browse(screen, federation.handle.base_url(), move |browser| async move {
            to_primary(&browser, SECONDARY_EMAIL).await;
            through_primary(&browser, PRIMARY_EMAIL, PASSWORD).await;
            ended(&browser, how).await;
        })
        .await;
    }
}

/// What was mistyped is said at its field, and typed again.
async fn mistyped(screen: Screen) {
    let federation = federate().await;
    browse(screen, federation.handle.base_url(), |browser| async move {
        to_primary(&browser, "nobody@acme.com").await;
        assert_eq!(browser.text("#problem").await, "Nobody here has the company email `nobody@acme.com`.");
        assert_eq!(browser.value("#email[aria-describedby~=problem]").await, "nobody@acme.com");
        browser.look("email-unknown-at-the-portal").await;

        to_primary(&browser, SECONDARY_EMAIL).await;
        through_primary(&browser, SECONDARY_EMAIL, PASSWORD).await;
        assert_eq!(browser.text("#problem").await, "the primary organisation has no such user");
        browser.look("alias-not-removed").await;

        through_primary(&browser, PRIMARY_EMAIL, "a guess").await;
        assert_eq!(browser.text("#problem").await, "wrong password");
        browser.find("#password[aria-invalid=true][aria-describedby=problem]").await;
        browser.look("primary-wrong-password").await;
        browser.press("Use another address").await;
        through_primary(&browser, PRIMARY_EMAIL, PASSWORD).await;
        browser.heading("Signed in as Ann Archer to Beta").await;
    })
    .await;
}

/// Who is not routed has a password of their own.
async fn not_routed(screen: Screen) {
    let federation = federate().await;
    browse(screen, federation.handle.base_url(), |browser| async move {
        to_primary(&browser, PRIMARY_EMAIL).await;
        browser.heading("Log in to Acme").await;
        browser.look("local-password").await;
        browser.fill("#password", "a guess").await;
        browser.press("User Login").await;
        assert_eq!(browser.text("#problem").await, "wrong password");
        browser.look("local-wrong-password").await;
        browser.fill("#password", PASSWORD).await;
        browser.press("User Login").await;
        browser.heading("Signed in as Ann Archer to Acme").await;
        browser.look("local-signed-in").await;
    })
    .await;
}

async fn out_of_order(screen: Screen) {
    let federation = federate().await;
    browse(screen, federation.handle.base_url(), |browser| async move {
        for (name, path) in [("unknown-state", "/oauth/callback?state=made-up"), ("no-session", "/login/session")] {
            browser.open(path).await;
            browser.heading("Not signed in").await;
            browser.look(name).await;
        }
        browser.press("Start again").await;
        browser.heading("User Login").await;
    })
    .await;
}

/// A name that is markup and longer than a phone is wide stays a text, and the page stays as wide as it is.
async fn hostile(screen: Screen) {
    let mut federation = federate().await;
    let name = format!("<b onclick=alert(1)>{}", "long".repeat(60));
    let ann = json!({"email": PRIMARY_EMAIL, "username": "ann2", "lastname": name, "password": PASSWORD});
    federation.secondary.json("POST", "/api/systemusers", &ann).await.expect(200);
    browse(screen, federation.handle.base_url(), move |browser| async move {
        to_primary(&browser, PRIMARY_EMAIL).await;
        browser.find("#organization").await;
        browser.look("organization").await;
        browser.keys("#organization", "Beta").await;
        browser.press("Continue").await;
        browser.heading("Log in to Beta").await;
        browser.fill("#password", PASSWORD).await;
        browser.press("User Login").await;
        browser.find("dl").await;
        assert!(browser.text("h1").await.contains(&name));
        browser.look("hostile-name").await;
    })
    .await;
}

macro_rules! on_both_screens {
    ($($what:ident: $phone:ident, $desktop:ident;)+) => {$(
        #[tokio::test]
        async fn $phone() {
            $what(PHONE).await;
        }

        #[tokio::test]
        async fn $desktop() {
            $what(DESKTOP_DARK).await;
        }
    )+};
}

on_both_screens! {
    at_the_portal: what_breaks_at_the_portal_on_a_phone, what_breaks_at_the_portal_on_a_desktop;
    after_the_password: what_breaks_after_the_password_on_a_phone, what_breaks_after_the_password_on_a_desktop;
    mistyped: what_was_mistyped_is_typed_again_on_a_phone, what_was_mistyped_is_typed_again_on_a_desktop;
    not_routed: who_is_not_routed_types_a_password_on_a_phone, who_is_not_routed_types_a_password_on_a_desktop;
    out_of_order: pages_out_of_order_on_a_phone, pages_out_of_order_on_a_desktop;
    hostile: a_hostile_name_on_a_phone, a_hostile_name_on_a_desktop;
}
