//! What a setting is, whatever it decides: its name, its value, the values it takes.

use serde::Serialize;

/// A setting that does not exist, or a value that it does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownSetting {
    /// There is no setting of that name.
    #[error("there is no setting `{0}`")]
    Name(String),
    /// The setting exists, the value does not.
    #[error("the setting `{name}` takes {takes}, not `{value}`")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: String,
        /// What it takes.
        takes: String,
    },
}

/// One switch, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its present value.
    pub value: String,
    /// The values it takes, for people.
    pub takes: String,
    /// The values it takes, if there are few; a number has none here.
    #[serde(skip)]
    pub values: &'static [&'static str],
    /// What it decides, and how sure that is.
    pub about: String,
}

/// What a setting can be read from and shown as.
pub(super) trait SettingValue: Sized {
    /// Every value, if there are few.
    const VALUES: &'static [&'static str];

    fn read(text: &str) -> Option<Self>;
    fn show(&self) -> String;

    fn takes() -> String {
        Self::VALUES.join(" or ")
    }
}

impl SettingValue for bool {
    const VALUES: &'static [&'static str] = &["true", "false"];

    fn read(text: &str) -> Option<bool> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for u64 {
    const VALUES: &'static [&'static str] = &[];

    fn read(text: &str) -> Option<u64> {
        text.parse().ok()
    }

    fn show(&self) -> String {
        self.to_string()
    }

    fn takes() -> String {
        "a number".to_owned()
    }
}

/// Reads the value of the setting of that name.
pub(super) fn read<T: SettingValue>(name: &'static str, value: &str) -> Result<T, UnknownSetting> {
    T::read(value).ok_or_else(|| UnknownSetting::Value { name, value: value.to_owned(), takes: T::takes() })
}
