//! The names that tenants, their agents, services and providers go by in storage and over the API.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The text is no id: one to 64 lower-case ASCII letters, digits and hyphens, a letter first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1-64 lower-case letters, digits and hyphens, and begins with a letter")]
pub struct InvalidId;

fn is_slug(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if is_slug(text) { Ok(Self(text.into())) } else { Err(InvalidId) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug! {
    /// A tenant: one business with lines of its own.
    TenantId
}
slug! {
    /// An agent of a tenant, as its document is called.
    AgentName
}
slug! {
    /// A service that a tenant offers (`cleaning`).
    ServiceId
}
slug! {
    /// Someone whose time is booked (a dentist).
    ProviderId
}

/// What someone may see: everything, or one tenant's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every tenant: the operator.
    Platform,
    /// This tenant alone.
    Tenant(TenantId),
}

impl Scope {
    /// Whether what belongs to `tenant` may be seen.
    pub fn covers(&self, tenant: &TenantId) -> bool {
        match self {
            Self::Platform => true,
            Self::Tenant(own) => own == tenant,
        }
    }

    /// The one tenant it is limited to, as queries bind it; `None` for the platform.
    pub(crate) fn tenant(&self) -> Option<&str> {
        match self {
            Self::Platform => None,
            Self::Tenant(own) => Some(own.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_words() {
        for good in ["bright-smile", "a", "t2"] {
            assert_eq!(good.parse::<TenantId>().unwrap().as_str(), good);
        }
        for bad in ["", "2t", "Bright", "a b", "a'--", "ä", &"a".repeat(65)] {
            assert_eq!(bad.parse::<TenantId>(), Err(InvalidId), "{bad}");
        }
    }

    #[test]
    fn a_tenants_scope_covers_itself_alone() {
        let own: TenantId = "own".parse().unwrap();
        let other: TenantId = "other".parse().unwrap();
        assert!(Scope::Tenant(own.clone()).covers(&own));
        assert!(!Scope::Tenant(own).covers(&other));
        assert!(Scope::Platform.covers(&other));
    }
}
