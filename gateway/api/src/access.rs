//! Who asks: the key that a request carries, and what it may see.
//!
//! A key travels in `Authorization: Bearer KEY`. A browser cannot set headers on a WebSocket, so there it may travel as
//! a subprotocol instead, as Kubernetes does: the client offers [`STREAM_PROTOCOL`] and [`KEY_PROTOCOL`] followed by the key in
//! base64url without padding; the server chooses the former, so that the key is not sent back. It never travels in a URL,
//! which proxies and browsers write down.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callwright_business::{Principal, Scope, TenantId};

use crate::Shared;
use crate::failure::Failure;

/// The WebSocket subprotocol of `/v1/events`.
pub const STREAM_PROTOCOL: &str = "callwright.v1";

/// What a subprotocol that carries a key begins with.
pub const KEY_PROTOCOL: &str = "callwright.key.";

/// Longer keys are not looked at.
const KEY_OCTETS_MAX: usize = 512;

/// Whoever a request's key belongs to.
pub(crate) struct Caller(pub(crate) Principal);

impl Caller {
    /// What the caller may see of what they ask for: all that the key covers, or of it the one tenant they name.
    pub(crate) fn scope(&self, tenant: Option<&str>) -> Result<Scope, Failure> {
        let Some(tenant) = tenant else { return Ok(self.0.scope.clone()) };
        let tenant: TenantId = tenant
            .parse()
            .map_err(|wrong| Failure::BadParameter(format!("`tenant` is wrong: {wrong}.")))?;
        if self.0.scope.covers(&tenant) {
            Ok(Scope::Tenant(tenant))
        } else {
            Err(Failure::TenantOutOfScope)
        }
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let key = bearer(&parts.headers)
            .or_else(|| subprotocol(&parts.headers))
            .ok_or(Failure::KeyMissing)?;
        shared.api.business.authenticate(&key).map(Caller).ok_or(Failure::KeyUnknown)
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    // The scheme's case does not matter (RFC 9110 section 11.1).
    (scheme.eq_ignore_ascii_case("bearer") && (1..=KEY_OCTETS_MAX).contains(&key.len()))
        .then(|| key.to_owned())
}

fn subprotocol(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|offered| offered.to_str().ok())
        .flat_map(|offered| offered.split(','))
        .find_map(|protocol| protocol.trim().strip_prefix(KEY_PROTOCOL))
        .filter(|encoded| encoded.len() <= KEY_OCTETS_MAX)
        .and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok())
        .and_then(|key| String::from_utf8(key).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenants_own() -> Caller {
        let scope = Scope::Tenant("bright-smile".parse().unwrap());
        Caller(Principal { name: "its own".to_owned(), scope })
    }

    #[test]
    fn a_tenants_key_sees_that_tenant_alone() {
        let own = Scope::Tenant("bright-smile".parse().unwrap());
        assert_eq!(tenants_own().scope(None).unwrap(), own);
        assert_eq!(tenants_own().scope(Some("bright-smile")).unwrap(), own);
        for (other, failure) in [
            ("other-clinic", Failure::TenantOutOfScope),
            ("*", Failure::BadParameter(String::new())),
        ] {
            let refused = tenants_own().scope(Some(other)).unwrap_err();
            assert_eq!(
                std::mem::discriminant(&refused),
                std::mem::discriminant(&failure),
                "{other}"
            );
        }
    }

    #[test]
    fn the_operators_key_sees_all_or_the_one_it_asks_for() {
        let operator = Caller(Principal { name: "admin".to_owned(), scope: Scope::Platform });
        assert_eq!(operator.scope(None).unwrap(), Scope::Platform);
        let one = Scope::Tenant("bright-smile".parse().unwrap());
        assert_eq!(operator.scope(Some("bright-smile")).unwrap(), one);
    }

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_key_is_read_from_the_header() {
        for (value, key) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("Bearer  ", None),
            ("abc", None),
        ] {
            assert_eq!(bearer(&with(header::AUTHORIZATION, value)).as_deref(), key, "{value:?}");
        }
        let long = format!("Bearer {}", "k".repeat(KEY_OCTETS_MAX + 1));
        assert_eq!(bearer(&with(header::AUTHORIZATION, &long)), None);
    }

    #[test]
    fn a_key_is_read_from_the_subprotocols() {
        for (value, key) in [
            ("callwright.v1, callwright.key.YWJj", Some("abc")),
            ("callwright.key.YWJj,callwright.v1", Some("abc")),
            ("callwright.v1", None),
            ("callwright.key.!!", None),
            ("callwright.key.YWJj=", None),
            ("callwright.key._w", None),
        ] {
            let found = subprotocol(&with(header::SEC_WEBSOCKET_PROTOCOL, value));
            assert_eq!(found.as_deref(), key, "{value:?}");
        }
    }
}
