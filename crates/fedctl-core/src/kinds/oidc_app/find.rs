//! Which app is the federation's: the one whose client id the identity provider has, our mark, the spec's word, its label.

use super::address;
use super::wire::{App, AppSettings, Source};
use crate::escrow::Kept;
use crate::kinds::client_secret;
use crate::kinds::context::Terms;
use crate::kinds::identity_provider::wire::Provider;
use crate::kinds::owned::{self, Foreign, MarkState, Owned, Proposed};
use crate::live::{Live, Needs, Superseded};
use crate::mark::{self, ObjectMark, ObjectRole, Origin, Retired};
use crate::object_id::ObjectId;
use crate::plan::guard::{Guard, Refusal};
use crate::spec::{AdoptObject, Spec};

/// The app, as it was found.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// The app that is ours and of use, and how it is ours.
    pub app: Option<(&'a App, Owned)>,
    /// Its OIDC settings.
    pub settings: Option<&'a AppSettings>,
    /// The groups that may use it, by id.
    pub groups: Vec<ObjectId>,
    /// The app of the identity provider, though nobody marked it and the spec does not take it over.
    pub adoptable: Option<(&'a App, &'a AppSettings)>,
    /// Which app it is of those that followed each other; of none 0.
    pub generation: u32,
    /// One that an earlier run began to make in its place, if the spec wants that.
    pub next: Option<&'a App>,
    /// Apps that we made and that are of no use any more.
    pub superseded: Vec<Old<'a>>,
    /// Apps that we took over and that are of no use any more: they are left to whoever made them.
    pub given_back: Vec<&'a App>,
    /// Why none of ours is of use: the secret was shown to a run that did not end.
    pub secret_lost: bool,
    /// No identity provider leads to the app, and the escrow has its secret.
    pub is_escrowed: bool,
    /// There is an identity provider, and every app was looked at: none has its client id.
    pub provider_has_no_app: bool,
    /// How a claim of the organisation is seen to name a custom attribute.
    pub seen: Option<Source>,
    /// Why it cannot be used.
    pub refusal: Option<Refusal>,
}

/// An app that we made and that is of no use any more.
#[derive(Debug)]
pub struct Old<'a> {
    /// Its client id, if it has one.
    pub client_id: Option<&'a str>,
    /// The app.
    pub proposed: Proposed<'a, App, Superseded>,
    /// The groups that may use it.
    pub groups: &'a [ObjectId],
    /// The identity provider led to it before it led to the present one.
    pub was_in_use: bool,
    /// It was made inactive when that changed.
    pub retired: Option<Retired>,
    /// Its mark says a name that the federation had before.
    pub has_old_name: bool,
}

impl<'a> Found<'a> {
    /// The app itself.
    pub fn itself(&self) -> Option<&'a App> {
        self.app.map(|(app, _)| app)
    }

    /// The youngest of several apps of no use, while there is no identity provider: one that an earlier run sent may still
    /// come, and it leads to this app. The others go at once, so that a key which may not make a provider leaves two at most.
    pub fn spared(&self, provider: Option<&Provider>) -> Option<&App> {
        let several = provider.is_none() && self.superseded.len() > 1;
        self.superseded.last().filter(|_| several).map(|old| old.proposed.object)
    }

    /// Where people have to be taken back to and the app does not say so. Of several addresses nobody knows which is used; an app
    /// that was made by hand works with one of them.
    pub fn missing_callbacks<'t>(&self, terms: &'t Terms) -> Vec<&'t str> {
        let has =
            |uri: &str| self.settings.is_some_and(|settings| settings.redirect_uris.iter().any(|one| **one == *uri));
        let is_taken_over = self.app.is_some_and(|(_, owned)| owned.origin == Origin::Adopted);
        let missing: Vec<&str> = terms.callbacks().filter(|uri| !has(uri)).collect();
        if is_taken_over && missing.len() < terms.callbacks().count() { Vec::new() } else { missing }
    }

    /// Whether the app is taken over by this plan.
    pub fn is_adopting(&self) -> bool {
        self.app.is_some_and(|(_, owned)| owned.mark == MarkState::Missing)
    }

    /// Whether the identity provider has the client id of this app.
    pub fn has_client_id(&self, provider: &Provider) -> bool {
        self.settings.is_some_and(|settings| settings.client_id == provider.oidc.client_id)
    }
}

/// How many apps are looked at to see how claims are written.
const LOOKED_AT: usize = 5;

type Marked<'a> = (&'a App, ObjectMark<'a>, &'a Option<AppSettings>);

/// Finds the app. Without terms nobody asks an escrow, and an app that no provider leads to is of no use.
pub(crate) fn find<'a>(spec: &'a Spec, terms: Option<&Terms>, live: &'a Live, needs: &mut Needs) -> Option<Found<'a>> {
    let found = find_app(spec, terms, live, needs)?;
    let seen = source_of(spec, live, needs, &found)?;
    Some(Found { seen, ..found })
}

/// How claims name a custom attribute: as that of our app does, or one of an older app. `[unknown]`
fn source_of(spec: &Spec, live: &Live, needs: &mut Needs, found: &Found<'_>) -> Option<Option<Source>> {
    let emails = |settings: &AppSettings| {
        let claims = settings.dynamic_claims.iter().filter(|claim| &*claim.name == "email");
        claims.map(|claim| claim.value.clone()).collect::<Vec<_>>()
    };
    let attribute = spec.people.mapping.attribute.as_str();
    let ours = found.settings.into_iter().flat_map(emails).find_map(|value| Source::of(&value, attribute));
    if ours.is_some() || found.refusal.is_some() {
        return Some(ours);
    }
    let mut apps: Vec<ObjectId> = needs.apps(live)?.iter().map(|app| app.id).collect();
    apps.sort_unstable();
    let settings: Vec<_> = apps.into_iter().take(LOOKED_AT).map(|app| needs.app_settings(live, app)).collect();
    let settings = settings.into_iter().collect::<Option<Vec<_>>>()?;
    let mut values = settings.into_iter().flatten().flat_map(emails);
    Some(values.any(|value| value.starts_with(Source::PREFIX)).then_some(Source::Prefixed))
}

fn find_app<'a>(spec: &'a Spec, terms: Option<&Terms>, live: &'a Live, needs: &mut Needs) -> Option<Found<'a>> {
    let (apps, provider) = (needs.apps(live), needs.provider(live));
    let (apps, provider) = (apps?, provider?);
    let marked = marked(spec, live, needs, apps)?;
    let fits = |(_, _, settings): &Marked<'_>| match (provider, settings) {
        (Some(provider), Some(settings)) => settings.client_id == provider.oidc.client_id,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => true,
    };
    let of_provider = match (provider, marked.iter().any(fits)) {
        (Some(provider), false) => of_provider(live, needs, apps, &marked, provider)?,
        (Some(_) | None, _) => None,
    };
    if let Some((app, settings)) = of_provider {
        return unmarked(spec, live, needs, (app, settings), marked.first().map(|(app, ..)| *app));
    }
    let provider_has_no_app = provider.is_some() && !marked.iter().any(fits);
    let half_made = |(_, _, settings): &Marked<'_>| settings.is_none() && provider_has_no_app;
    let is_led_to = marked.iter().any(fits);
    let escrowed = if is_led_to { Escrowed::None } else { escrowed(terms, live, needs, &marked)? };
    if let Escrowed::At(at) = escrowed {
        let found = of_marked(spec, live, needs, marked, Some(at))?;
        return Some(Found { provider_has_no_app, is_escrowed: true, ..found });
    }
    let refusal = if let Escrowed::Unread(why) = escrowed { Some(unread(spec, why)) } else { None };
    let at = marked.iter().position(fits).or_else(|| marked.iter().position(half_made));
    if marked.is_empty() {
        return Some(Found { provider_has_no_app, ..by_label(spec, live, needs, apps)? });
    }
    of_marked(spec, live, needs, marked, at).map(|found| Found { provider_has_no_app, refusal, ..found })
}

/// What the escrow has of apps to which no provider leads.
enum Escrowed<'a> {
    /// The secret of the one at this position, and the token endpoint takes it.
    At(usize),
    /// Nobody knows, for this reason.
    Unread(&'a str),
    None,
}

fn escrowed<'a>(
    terms: Option<&Terms>,
    live: &'a Live,
    needs: &mut Needs,
    marked: &[Marked<'_>],
) -> Option<Escrowed<'a>> {
    let Some(terms) = terms.filter(|terms| terms.rules.escrow.is_some()) else { return Some(Escrowed::None) };
    let clients = marked.iter().enumerate().filter_map(|(at, (_, _, settings))| Some((at, settings.as_ref()?)));
    let asked: Vec<_> =
        clients.map(|(at, settings)| (at, needs.escrowed(live, &settings.client_id, &terms.callback))).collect();
    let mut unread = Escrowed::None;
    for (at, kept) in asked {
        match kept? {
            Ok(Kept { is_kept: true, is_taken: Some(true), .. }) => return Some(Escrowed::At(at)),
            Ok(Kept { is_kept: true, is_taken: None, .. }) => {
                unread = Escrowed::Unread("the token endpoint does not say whether it takes the secret that is kept");
            }
            Err(why) => unread = Escrowed::Unread(why),
            Ok(_) => {}
        }
    }
    Some(unread)
}

/// Another app would be made beside one whose secret may be at hand.
fn unread(spec: &Spec, why: &str) -> Refusal {
    Refusal::new(
        Guard::UnprovedSecret,
        &client_secret::address(spec),
        format!("no identity provider leads to the app, and whether the escrow has its secret is not known: {why}"),
        "make the escrow readable and plan again; without `escrow` in the operator file a new app would be made",
    )
}

fn marked<'a>(spec: &'a Spec, live: &'a Live, needs: &mut Needs, apps: &'a [App]) -> Option<Vec<Marked<'a>>> {
    let names = spec.names();
    let mut marked: Vec<(&App, ObjectMark<'_>)> =
        apps.iter().filter_map(|app| Some((app, mark::find(app.mark_text(), &names, ObjectRole::App)?))).collect();
    marked.sort_by_key(|(app, _)| app.id);
    let settings: Vec<_> = marked.iter().map(|(app, _)| needs.app_settings(live, app.id)).collect();
    let all = marked.into_iter().zip(settings).map(|((app, mark), settings)| Some((app, mark, settings?)));
    all.collect()
}

type OfProvider<'a> = Option<(&'a App, &'a AppSettings)>;

/// The app without our mark that the identity provider leads to. Every app is looked at before it is said that there is none.
fn of_provider<'a>(
    live: &'a Live,
    needs: &mut Needs,
    apps: &'a [App],
    marked: &[Marked<'_>],
    provider: &Provider,
) -> Option<OfProvider<'a>> {
    let others = apps.iter().filter(|app| !marked.iter().any(|(ours, ..)| ours.id == app.id));
    let settings: Vec<_> = others.map(|app| (app, needs.app_settings(live, app.id))).collect();
    let settings = settings.into_iter().map(|(app, settings)| Some((app, settings?))).collect::<Option<Vec<_>>>()?;
    let mut with = settings.into_iter().filter_map(|(app, settings)| Some((app, settings.as_ref()?)));
    Some(with.find(|(_, settings)| settings.client_id == provider.oidc.client_id))
}

fn of_marked<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    mut marked: Vec<Marked<'a>>,
    at: Option<usize>,
) -> Option<Found<'a>> {
    let mut found = Found { secret_lost: at.is_none(), ..Found::default() };
    if let Some(at) = at {
        let (app, mark, settings) = marked.remove(at);
        (found.app, found.settings) = (Some((app, Owned::by(mark, spec))), settings.as_ref());
        found.generation = mark.generation;
        found.groups = needs.app_groups(live, app.id)?.to_vec();
    }
    let wanted = spec.app.generation.value;
    for (app, mark, settings) in marked {
        match mark.origin {
            Origin::Created
                if found.next.is_none()
                    && settings.is_none()
                    && at.is_some()
                    && mark.generation == wanted
                    && wanted > found.generation =>
            {
                found.next = Some(app);
            }
            Origin::Created => found.superseded.push(Old {
                proposed: Proposed::of(app),
                client_id: settings.as_ref().map(|settings| &*settings.client_id),
                groups: needs.app_groups(live, app.id)?,
                was_in_use: mark.generation < found.generation,
                retired: mark.retired,
                has_old_name: mark.federation != spec.federation.as_str(),
            }),
            Origin::Adopted => found.given_back.push(app),
        }
    }
    Some(found)
}

fn as_foreign<'a>(app: &'a App, adopt: &'static str) -> Foreign<'a> {
    Foreign { what: "app", name: &app.label, id: app.id, description: app.mark_text(), adopt }
}

/// The identity provider leads to an app that nobody marked: the spec takes it over, or it is somebody else's.
fn unmarked<'a>(
    spec: &Spec,
    live: &'a Live,
    needs: &mut Needs,
    (app, settings): (&'a App, &'a AppSettings),
    other: Option<&App>,
) -> Option<Found<'a>> {
    let foreign = as_foreign(app, "app");
    if let Some(other) = other {
        let why = format!(
            "the identity provider leads to app `{}` ({}), and {} carries our mark",
            app.label, app.id, other.id
        );
        let way_out = "remove the one that is not wanted, or take the mark out of its description";
        let refusal = Refusal::new(Guard::Ambiguous, &address(spec), why, way_out);
        return Some(Found { refusal: Some(refusal), ..Found::default() });
    }
    if !spec.adopts(AdoptObject::App) || foreign.is_of_another() {
        let refusal = if foreign.is_of_another() { foreign.refusal(&address(spec)) } else { led_to(spec, app) };
        let adoptable = (!foreign.is_of_another()).then_some((app, settings));
        return Some(Found { adoptable, refusal: Some(refusal), ..Found::default() });
    }
    let groups = needs.app_groups(live, app.id)?.to_vec();
    Some(Found {
        app: Some((app, Owned::ADOPTING)),
        settings: Some(settings),
        generation: 1,
        groups,
        ..Found::default()
    })
}

/// Another name would not help: it is found by where the identity provider leads.
fn led_to(spec: &Spec, app: &App) -> Refusal {
    let why =
        format!("the identity provider leads to the app `{}` ({}), which does not carry our mark", app.label, app.id);
    let way_out = "take both over with `adopt: {objects: [app, identity-provider]}`; `fedctl adopt` prints the lines";
    Refusal::new(Guard::Foreign, &address(spec), why, way_out)
}

/// Without a mark and without a provider that leads to one there is only the label. An app with settings has a secret that
/// nobody can read again, so taking it over would be of no use.
fn by_label<'a>(spec: &Spec, live: &'a Live, needs: &mut Needs, apps: &'a [App]) -> Option<Found<'a>> {
    let mut namesakes = apps.iter().filter(|app| *app.label == *spec.app.label.as_str());
    let (Some(app), second) = (namesakes.next(), namesakes.next()) else { return Some(Found::default()) };
    let refused = |refusal| Some(Found { refusal: Some(refusal), ..Found::default() });
    let foreign = as_foreign(app, "");
    if !spec.adopts(AdoptObject::App) || foreign.is_of_another() {
        return refused(foreign.refusal(&address(spec)));
    }
    if let Some(second) = second {
        return refused(owned::ambiguous(&address(spec), "apps with this label", app.id, second.id));
    }
    if needs.app_settings(live, app.id)?.is_some() {
        let why = format!(
            "app `{}` ({}) cannot be taken over: no identity provider leads to it, and its client secret cannot be read",
            app.label, app.id
        );
        let way_out = "remove `app` from `adopt.objects`, and choose another label or rename that app";
        return refused(Refusal::new(Guard::Foreign, &address(spec), why, way_out));
    }
    let groups = needs.app_groups(live, app.id)?.to_vec();
    Some(Found { app: Some((app, Owned::ADOPTING)), groups, ..Found::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGIONAL: &str = "https://login.eu.jumpcloud.com/oauth/callback";
    const OTHER: &str = "https://login.jumpcloud.com/oauth/callback";

    #[test]
    fn an_app_of_ours_has_every_callback_and_one_that_is_taken_over_any() {
        let terms = |other: Option<&str>| Terms {
            issuer: "".into(),
            callback: REGIONAL.into(),
            other_callback: other.map(Into::into),
            login: "".into(),
            rules: Default::default(),
        };
        let app: App = serde_json::from_str(r#"{"_id":"6500000000000000000000aa"}"#).unwrap();
        let missing = |origin: Origin, uris: &[&str], other| {
            let body = serde_json::json!({"oidc": {"clientId": "c", "redirectUris": uris}}).to_string();
            let settings = super::super::wire::settings(body.as_bytes()).unwrap();
            let owned = Owned { origin, ..Owned::ADOPTING };
            let found = Found { app: Some((&app, owned)), settings: Some(&settings), ..Found::default() };
            found.missing_callbacks(&terms(other)).len()
        };
        let (ours, theirs, both) = (Origin::Created, Origin::Adopted, Some(OTHER));
        assert_eq!(
            (missing(ours, &[], both), missing(ours, &[OTHER], both), missing(ours, &[OTHER, REGIONAL], both)),
            (2, 1, 0)
        );
        assert_eq!((missing(theirs, &[], both), missing(theirs, &[OTHER], both)), (2, 0));
        assert_eq!((missing(theirs, &[OTHER], None), missing(theirs, &[REGIONAL], None)), (1, 0));
    }
}
