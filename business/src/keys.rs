//! API keys: made once, shown once, kept as SHA-256, compared in constant time.

use std::fmt;

use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use crate::storage::StoredKey;
use crate::tenants::Scope;

/// An API key in full. Printed on purpose only, through [`ApiKey::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key itself, to be shown to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Who a key belongs to and what they may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The key's name, as its owner knows it.
    pub name: String,
    /// What it may see.
    pub scope: Scope,
}

/// The random part of a key: 160 bits, as hexadecimal digits.
const RANDOM_BYTES: usize = 20;
/// Tells a reader, and a scanner of leaked secrets, what it is.
const PREFIX: &str = "cw_";

/// The system gives no random numbers: no key can be made.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandomness(rand::rand_core::OsError);

impl ApiKey {
    /// A new key from the system's random numbers.
    pub(crate) fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0_u8; RANDOM_BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(NoRandomness)?;
        let mut key = String::from(PREFIX);
        for byte in bytes {
            key.push_str(&format!("{byte:02x}"));
        }
        Ok(Self(key))
    }
}

/// SHA-256 suffices where the key itself has 160 random bits; an operator's own key is as good as they chose.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// All keys, in memory.
#[derive(Debug)]
pub(crate) struct KeyRing(Vec<StoredKey>);

impl KeyRing {
    pub(crate) fn new(keys: Vec<StoredKey>) -> Self {
        Self(keys)
    }

    /// Whose key this is. Looks at every key whichever it is, so that the time tells nothing.
    pub(crate) fn authenticate(&self, key: &str) -> Option<Principal> {
        let given = hash(key);
        let mut found = u64::MAX;
        for (place, stored) in (0_u64..).zip(&self.0) {
            found.conditional_assign(&place, stored.hash.ct_eq(&given));
        }
        let stored = self.0.get(usize::try_from(found).ok()?)?;
        Some(Principal { name: stored.name.clone(), scope: stored.scope.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_what_it_is_for_and_nothing_else_does() {
        let (operator, tenants) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        assert_ne!(operator, tenants);
        let own = Scope::Tenant("own".parse().unwrap());
        let ring = KeyRing::new(vec![
            StoredKey {
                hash: hash(operator.reveal()),
                name: "admin".into(),
                scope: Scope::Platform,
            },
            StoredKey { hash: hash(tenants.reveal()), name: "own".into(), scope: own.clone() },
        ]);
        assert_eq!(ring.authenticate(operator.reveal()).unwrap().scope, Scope::Platform);
        assert_eq!(ring.authenticate(tenants.reveal()).unwrap().scope, own);
        for other in ["", "cw_", &operator.reveal()[1..], &operator.reveal().to_uppercase()] {
            assert_eq!(ring.authenticate(other), None);
        }
        assert!(!format!("{operator:?}").contains(operator.reveal()));
    }
}
