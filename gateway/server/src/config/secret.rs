//! Secrets of the operator: never printed, by no trait.

use std::fmt;

use serde::Deserialize;

/// A secret. Its `Debug` reveals nothing, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret(String);

impl Secret {
    /// The secret itself; the caller answers for where it goes.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret.trim().to_owned())
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.trim().to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// An administrator's key that is long enough not to be guessed, in characters that a header can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminKey(Secret);

impl AdminKey {
    /// The key itself; the caller answers for where it goes.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

/// The shortest key that is taken, in characters.
const KEY_CHARS_MIN: usize = 16;
const KEY_CHARS_MAX: usize = 256;

/// The text will not do as an administrator's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it needs {KEY_CHARS_MIN} to {KEY_CHARS_MAX} characters, visible ASCII without spaces; \
     `openssl rand -hex 24` makes a good one"
)]
pub struct WeakAdminKey;

impl TryFrom<Secret> for AdminKey {
    type Error = WeakAdminKey;

    fn try_from(key: Secret) -> Result<Self, Self::Error> {
        let length = (KEY_CHARS_MIN..=KEY_CHARS_MAX).contains(&key.0.len());
        let visible = key.0.bytes().all(|byte| byte.is_ascii_graphic());
        if length && visible { Ok(Self(key)) } else { Err(WeakAdminKey) }
    }
}
