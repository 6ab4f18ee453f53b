//! The texts and flags of a user, as tables: their names on the wire, and which of them a request may write.

use serde::{Deserialize, Serialize};

macro_rules! text_fields {
    ($($variant:ident = $name:literal, $writable:literal;)+) => {
        /// A text of a user that is mostly empty. Unset, it is sent as `""` \[observed\].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each is the field of its name")]
        pub enum TextField { $(#[serde(rename = $name)] $variant),+ }

        impl TextField {
            /// All of them, in one order.
            pub const ALL: &'static [TextField] = &[$(TextField::$variant),+];

            /// Its name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(TextField::$variant => $name),+ }
            }

            /// The field of that name on the wire.
            pub fn from_name(name: &str) -> Option<TextField> {
                match name { $($name => Some(TextField::$variant),)+ _ => None }
            }

            pub(crate) fn writable(self) -> bool {
                match self { $(TextField::$variant => $writable),+ }
            }
        }
    };
}

// [spec systemuserput, systemuserreturn]
text_fields! {
    AlternateEmail = "alternateEmail", true;
    Company = "company", true;
    CostCenter = "costCenter", true;
    CreationSource = "creationSource", false;
    Department = "department", true;
    Description = "description", true;
    Displayname = "displayname", true;
    EmployeeIdentifier = "employeeIdentifier", true;
    EmployeeType = "employeeType", true;
    ExternalDn = "external_dn", true;
    ExternalSourceType = "external_source_type", true;
    JobTitle = "jobTitle", true;
    Location = "location", true;
    ManagedAppleId = "managedAppleId", true;
    Manager = "manager", true;
    Middlename = "middlename", true;
    PublicKey = "public_key", true;
    SystemUsername = "systemUsername", true;
}

macro_rules! flags {
    ($($variant:ident = $name:literal, $writable:literal;)+) => {
        /// A yes or no of a user.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[expect(missing_docs, reason = "each is the field of its name")]
        pub enum Flag { $($variant),+ }

        impl Flag {
            /// All of them, in one order.
            pub const ALL: &'static [Flag] = &[$(Flag::$variant),+];

            /// Its name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Flag::$variant => $name),+ }
            }

            /// The flag of that name on the wire.
            pub fn from_name(name: &str) -> Option<Flag> {
                match name { $($name => Some(Flag::$variant),)+ _ => None }
            }

            pub(crate) fn writable(self) -> bool {
                match self { $(Flag::$variant => $writable),+ }
            }
        }
    };
}

// [spec systemuserput, systemuserreturn]
flags! {
    AccountLocked = "account_locked", true;
    AllowPublicKey = "allow_public_key", true;
    DisableDeviceMaxLoginAttempts = "disableDeviceMaxLoginAttempts", true;
    EnableManagedUid = "enable_managed_uid", true;
    EnableUserPortalMultifactor = "enable_user_portal_multifactor", true;
    ExternallyManaged = "externally_managed", true;
    LdapBindingUser = "ldap_binding_user", true;
    PasswordExpired = "password_expired", false;
    PasswordNeverExpires = "password_never_expires", true;
    PasswordlessSudo = "passwordless_sudo", true;
    SambaServiceUser = "samba_service_user", true;
    Sudo = "sudo", true;
    TotpEnabled = "totp_enabled", false;
}

/// Flags of one user, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Flags(u32);

impl Flags {
    pub(crate) fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }

    pub(crate) fn set(&mut self, flag: Flag, value: bool) {
        let bit = 1 << flag as u32;
        self.0 = if value { self.0 | bit } else { self.0 & !bit };
    }
}

/// Texts of one user: only those that are set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Texts(Vec<(TextField, Box<str>)>);

impl Texts {
    pub(crate) fn get(&self, field: TextField) -> &str {
        self.0.iter().find(|(key, _)| *key == field).map_or("", |(_, text)| text)
    }

    pub(crate) fn set(&mut self, field: TextField, text: &str) {
        self.0.retain(|(key, _)| *key != field);
        if !text.is_empty() {
            self.0.push((field, text.into()));
        }
    }
}
