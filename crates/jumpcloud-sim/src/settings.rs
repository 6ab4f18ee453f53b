//! The switches: one for every behaviour that sources contradict each other on, or that nobody knows.
//!
//! A default is what was observed where somebody observed it, else what is hardest on a client.

mod choices;
mod value;

use serde::{Deserialize, Serialize};

pub use choices::*;
pub use value::{Setting, UnknownSetting};
use value::{SettingValue, read};

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:expr, $key:literal;)+) => {
        /// The switches of a world, each with its default; set one by name with [`Settings::set`].
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings {
            $($(#[doc = $doc])+ #[serde(rename = $key)] pub $name: $type,)+
        }

        impl Default for Settings {
            fn default() -> Settings {
                Settings { $($name: $default,)+ }
            }
        }

        impl Settings {
            /// Sets one setting by its name.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), UnknownSetting> {
                match name {
                    $($key => self.$name = read($key, value)?,)+
                    _ => return Err(UnknownSetting::Name(name.to_owned())),
                }
                Ok(())
            }

            /// Every setting's name, present value, and what it takes.
            pub fn list(&self) -> Vec<(&'static str, String, String)> {
                self.describe().into_iter().map(|setting| (setting.name, setting.value, setting.takes)).collect()
            }

            /// Every setting, in one order, with what it decides.
            pub fn describe(&self) -> Vec<Setting> {
                vec![$(Setting {
                    name: $key,
                    value: self.$name.show(),
                    takes: <$type as SettingValue>::takes(),
                    values: <$type as SettingValue>::VALUES,
                    about: concat!($($doc),+).trim().replace('\\', ""),
                }),+]
            }
        }
    };
}

settings! {
    /// The largest page of a list \[spec\] \[observed\]; a client in use believes in 1000 for users.
    page_max: u64 = 100, "page-max";
    /// The largest page of a user search \[unknown\].
    search_page_max: u64 = 100, "search-page-max";
    /// Whether `_id:$gt:` filters work \[unknown\]; else such a filter matches nobody.
    id_range_filter: bool = true, "id-range-filter";
    /// Whether routes that the official SDK never sends `x-org-id` to refuse it with 403 \[spec\].
    org_header_refused: bool = true, "org-header-refused";
    /// Which organisation a key of several means that names none: none \[spec\], or one \[observed by one\].
    org_header_missing: Unnamed = Unnamed::Refuse, "org-header-missing";
    /// Whether `/api/organizations` answers 403, as it may to a service account \[observed\].
    organizations_forbidden: bool = false, "organizations-forbidden";
    /// Whether organisations have a `displayName` of `null` \[observed in 2021\].
    display_name_null: bool = false, "display-name-null";
    /// Whether single objects of newer endpoints come in an envelope of one key \[observed for their siblings\].
    wrap_single: bool = false, "wrap-single";
    /// Whether a write that replaces an object of newer endpoints must bring it in an envelope \[observed for their siblings\].
    wrapped_writes: bool = false, "wrapped-writes";
    /// Whether answers have keys that nobody knows beside those that are known \[inferred: new ones come\].
    extra_fields: bool = false, "extra-fields";
    /// Whether lists of the second generation have a `Link` to the next page; some had \[observed\], none in recordings.
    link_header: bool = false, "link-header";
    /// What a GET of a user that does not exist answers; both were seen \[observed\].
    missing_user: MissingUser = MissingUser::NotFound, "missing-user";
    /// What a second user of one e-mail or username answers \[unknown\].
    duplicate_user: Duplicate = Duplicate::BadRequest, "duplicate-user";
    /// Whether e-mail addresses are stored in lower case \[unknown\].
    lowercase_email: bool = true, "lowercase-email";
    /// Whether an e-mail address is unique across all organisations, and not only in each \[unknown\].
    email_unique_everywhere: bool = false, "email-unique-everywhere";
    /// Whether an e-mail address may have a `+` before its `@` \[unknown\].
    plus_address: bool = true, "plus-address";
    /// Whether a username stays what it was made as \[observed in a client's help\], though it can be written \[spec\].
    username_fixed: bool = true, "username-fixed";
    /// How many custom attributes a user may have, 0 for any number \[unknown\].
    max_attributes: u64 = 0, "max-attributes";
    /// Whether a federated password authority may come without the id of a provider \[unknown\].
    authority_without_id: bool = true, "authority-without-id";
    /// Whether a federated password authority may come with the id of a provider \[unknown\].
    authority_with_id: bool = true, "authority-with-id";
    /// Whether a password that a directory owns can be given another owner \[unknown\].
    authority_takeover: bool = true, "authority-takeover";
    /// What `state/activate` does with an `email` of `false`, which is in prose and not in the type \[spec\].
    activate_silently: ActivateSilently = ActivateSilently::Silent, "activate-silently";
    /// Whether activating somebody who is active already writes the mail once more \[unknown\].
    activate_again_mails: bool = true, "activate-again-mails";
    /// What a second group of one name answers; clients contradict each other \[observed\].
    duplicate_group: Duplicate = Duplicate::Allow, "duplicate-group";
    /// Whether adding a member that is one answers 409 \[observed\] or 204 \[observed by one\].
    member_conflict: bool = true, "member-conflict";
    /// Whether adding a member that a rule made one answers 409 or, as any change against a rule, 204 \[observed\].
    dynamic_member_conflict: bool = false, "dynamic-member-conflict";
    /// Whether a member of a dynamic group that is removed by hand stays away until the next evaluation; the rule wins \[observed\].
    dynamic_removal_lasts: bool = false, "dynamic-removal-lasts";
    /// Whether a PUT of a group that leaves out its rule takes it away; it stays \[observed\].
    group_put_resets_rule: bool = false, "group-put-resets-rule";
    /// Whether adding an association that exists answers 409 \[observed\] or 204.
    association_conflict: bool = true, "association-conflict";
    /// Whether a PUT of a group refuses keys that only answers have; clients take them out \[observed\].
    group_read_only_refused: bool = true, "group-read-only-refused";
    /// Whether deleting a group answers 204 \[observed\] or 200 with the group \[spec\].
    group_delete_empty: bool = true, "group-delete-empty";
    /// Whether deleting an app answers 204 or 200 with the app \[spec\].
    app_delete_empty: bool = false, "app-delete-empty";
    /// What deleting an app does that groups are bound to \[unknown\].
    app_in_use: InUse = InUse::Cascade, "app-in-use";
    /// How long the members of a dynamic group lag behind, in milliseconds \[observed: seconds\].
    dynamic_delay_ms: u64 = 0, "dynamic-delay-ms";
    /// The name of "ends with" in the newest form of rules \[unknown\].
    ends_with: EndsWith = EndsWith::None, "ends-with";
    /// What "ends with" is in a rule that is a search \[inferred: other operators of searches were tried there\].
    search_ends_with: SearchEndsWith = SearchEndsWith::Takes, "search-ends-with";
    /// Whether a rule is answered in another order and spelling than it was written in \[inferred\].
    rule_rewritten: bool = false, "rule-rewritten";
    /// What becomes of the description of an OIDC app \[unknown: the endpoint is strict\].
    oidc_app_description: Unasked = Unasked::Keep, "oidc-app-description";
    /// What a second POST of OIDC settings does \[unknown\].
    second_settings: SecondSettings = SecondSettings::Conflict, "second-settings";
    /// What becomes of keys of OIDC settings that nobody knows \[observed: they stay\].
    oidc_unknown_fields: Unasked = Unasked::Keep, "oidc-unknown-fields";
    /// Whether rotating a secret by hand keeps the client id \[unknown\].
    rotation_keeps_client_id: bool = true, "rotation-keeps-client-id";
    /// Whether creating an identity provider answers 201 or 200; a client accepts both \[observed\].
    provider_created: bool = true, "provider-created";
    /// Whether deleting an identity provider answers 204 or 200; a client accepts both \[observed\].
    provider_delete_empty: bool = true, "provider-delete-empty";
    /// What a key may do with identity providers; a role can be too low \[doc\].
    provider_access: Access = Access::Open, "provider-access";
    /// How a second identity provider is refused: the status is \[observed\], the body \[unknown\].
    second_provider: SecondProvider = SecondProvider::Message, "second-provider";
    /// Whether the issuer's url is looked at when it is written, and refused when nothing is there \[unknown\].
    provider_url_checked: bool = false, "provider-url-checked";
    /// What an update of the identity provider does with a secret that it brings \[unknown\].
    provider_sent_secret: SentSecret = SentSecret::Replace, "provider-sent-secret";
    /// What an update of the identity provider does to a secret it does not bring, or brings empty \[unknown\].
    provider_absent_secret: AbsentSecret = AbsentSecret::Wipe, "provider-absent-secret";
    /// Whether the issuer's url is stored without its last slash \[unknown\].
    provider_url_trimmed: bool = false, "provider-url-trimmed";
    /// What deleting an identity provider does that a policy names \[unknown\].
    provider_in_use: ProviderInUse = ProviderInUse::Refuse, "provider-in-use";
    /// Whether creating an identity provider makes a policy too \[doc: it does not\].
    provider_makes_policy: bool = false, "provider-makes-policy";
    /// The wire form of routing policies: body, envelope of the list, verb of an update \[unknown\].
    policy_form: PolicyForm = PolicyForm::A, "policy-form";
    /// The key that a wrapped list of routing policies stands under \[unknown\].
    policy_list_key: PolicyListKey = PolicyListKey::Long, "policy-list-key";
    /// What a key may do with routing policies \[unknown\].
    policy_access: Access = Access::Open, "policy-access";
    /// Whether creating a policy answers 201 or 200 \[unknown\].
    policy_created: bool = true, "policy-created";
    /// What deleting a routing policy does that groups are bound to \[unknown\].
    policy_in_use: InUse = InUse::Cascade, "policy-in-use";
    /// Whether a policy that does not say so is enabled \[unknown\].
    policy_enabled_by_default: bool = true, "policy-enabled-by-default";
    /// What becomes of keys of a policy that the form does not have \[unknown\].
    policy_unknown_fields: Unasked = Unasked::Drop, "policy-unknown-fields";
    /// Whom a policy without groups and users routes \[unknown\].
    policy_without_groups: Reach = Reach::Nobody, "policy-without-groups";
    /// Whom an identity provider without any policy routes \[doc: nobody since 2024\].
    provider_without_policy: Reach = Reach::Nobody, "provider-without-policy";
    /// How a claim mapping names a custom attribute \[inferred from the console\].
    attribute_source: AttributeSource = AttributeSource::Bare, "attribute-source";
    /// Whether a claim mapping that names a custom attribute otherwise is refused \[unknown\].
    attribute_source_checked: bool = false, "attribute-source-checked";
    /// Whether a custom attribute goes before a field of the same name in a claim \[unknown\].
    attribute_before_field: bool = true, "attribute-before-field";
    /// Which of two mappings of one claim wins \[unknown\].
    double_claim: DoubleClaim = DoubleClaim::Last, "double-claim";
    /// Whether members of a group that has the attribute of a claim inherit it \[doc: for SAML\].
    group_attributes: GroupAttributes = GroupAttributes::Ignored, "group-attributes";
    /// Whether the portal wants an `email_verified` that is true beside the e-mail \[unknown\].
    verified_email_required: bool = false, "verified-email-required";
    /// Whether the callback of an organisation in the EU or India has that region's host \[inferred\] or the one of the US.
    regional_callback: bool = true, "regional-callback";
    /// Whether keys \[observed\], apps and accounts \[inferred\] are known to the hosts of their organisation's region alone.
    region_bound: bool = true, "region-bound";
    /// Whether the returned e-mail is compared with its case \[unknown\].
    email_case_sensitive: bool = true, "email-case-sensitive";
    /// Whether the returned e-mail must be the one typed at the portal \[unknown\].
    typed_email_must_match: bool = false, "typed-email-must-match";
    /// Whether the account that opens must itself be routed to the provider \[unknown\].
    account_must_be_routed: bool = false, "account-must-be-routed";
    /// How long events take to be found, in milliseconds \[unknown\].
    insights_delay_ms: u64 = 0, "insights-delay-ms";
    /// Whether no key may read events \[spec: a role can be too low\].
    insights_forbidden: bool = false, "insights-forbidden";
    /// Whether a sign-in through an OIDC app shows as `sso_auth` \[inferred\].
    oidc_sign_ins_told: bool = true, "oidc-sign-ins-told";
    /// Whether a sign-in that a provider did shows as `user_login_attempt` \[unknown\].
    federated_sign_ins_told: bool = true, "federated-sign-ins-told";
    /// Whether a sign-in that a provider did shows as one with a password \[unknown\].
    federated_password_shown: bool = false, "federated-password-shown";
    /// Whether a federated password authority leaves a local password usable where nothing routes \[unknown\].
    federated_password_usable: bool = false, "federated-password-usable";
    /// How long bulk jobs and changes of state take to be carried out, in milliseconds \[unknown\].
    bulk_delay_ms: u64 = 1000, "bulk-delay-ms";
    /// How many users one bulk job may have, 0 for any number \[unknown\].
    bulk_max: u64 = 0, "bulk-max";
    /// Whether users that a bulk job stages get a mail all the same \[unknown\].
    bulk_mails_when_staged: bool = true, "bulk-mails-when-staged";
    /// Whether a bulk request answers 201 \[doc: older\] or 200 \[spec\].
    bulk_created: bool = false, "bulk-created";
    /// Which form `restrictedFields` has in bulk: an object \[spec\], or an array as in single calls \[inferred\].
    bulk_restrictions: BulkRestrictions = BulkRestrictions::Object, "bulk-restrictions";
    /// Whether a change of state may not be asked for in the past; else it is done at once \[unknown\].
    past_date_refused: bool = false, "past-date-refused";
    /// Whether activation through `bulk/userstates` sends mails where the request does not say \[unknown\].
    userstates_mail_unasked: bool = true, "userstates-mail-unasked";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_set_by_its_name() {
        let mut settings = Settings::default();
        for setting in Settings::default().describe() {
            assert_eq!(settings.set(setting.name, &setting.value), Ok(()));
            assert!(setting.about.ends_with('.') && !setting.about.contains('\\'), "{}", setting.about);
            let certainties = ["[spec", "[doc", "[observed", "[inferred", "[unknown"];
            assert!(certainties.iter().any(|word| setting.about.contains(word)), "how sure is: {}", setting.about);
        }
        assert_eq!(settings, Settings::default());
        settings.set("missing-user", "empty").unwrap();
        assert_eq!(settings.missing_user, MissingUser::Empty);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("page", "1").unwrap_err().to_string(), "there is no setting `page`");
        assert_eq!(
            settings.set("missing-user", "maybe").unwrap_err().to_string(),
            "the setting `missing-user` takes not-found or empty, not `maybe`"
        );
    }
}
