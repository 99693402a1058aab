//! The address under which Twilio reaches us, from configuration and never from a request.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;

/// An `http` or `https` address without query, without credentials and without a slash at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    secure: bool,
    /// Host without port.
    host: String,
    /// Port, if the address names one.
    port: Option<u16>,
    /// Path in front of our own paths: empty, or beginning with a slash.
    path: String,
}

/// Which kind of address of ours is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http` or `https`.
    Http,
    /// `ws` or `wss`.
    WebSocket,
}

impl PublicUrl {
    /// The whole address of our `path`, with the port as configured.
    pub fn join(&self, scheme: Scheme, path: &str) -> String {
        self.with_port(scheme, self.port, path)
    }

    /// The whole address of our `path` without any port.
    pub(super) fn join_without_port(&self, scheme: Scheme, path: &str) -> String {
        self.with_port(scheme, None, path)
    }

    /// The whole address of our `path` with a port, be it the scheme's own.
    pub(super) fn join_with_port(&self, scheme: Scheme, path: &str) -> String {
        let standard = if self.secure { 443 } else { 80 };
        self.with_port(scheme, Some(self.port.unwrap_or(standard)), path)
    }

    fn with_port(&self, scheme: Scheme, port: Option<u16>, path: &str) -> String {
        let scheme = match (scheme, self.secure) {
            (Scheme::Http, true) => "https",
            (Scheme::Http, false) => "http",
            (Scheme::WebSocket, true) => "wss",
            (Scheme::WebSocket, false) => "ws",
        };
        let Self { host, path: prefix, .. } = self;
        match port {
            Some(port) => format!("{scheme}://{host}:{port}{prefix}{path}"),
            None => format!("{scheme}://{host}{prefix}{path}"),
        }
    }
}

/// Why a text is no public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPublicUrl {
    /// It does not begin with a scheme that can be called from outside.
    #[error("a public URL begins with https:// (or http:// on one's own machine)")]
    Scheme,
    /// There is no host in it, or it is no URL at all.
    #[error("a public URL names a host, as in https://voice.example.com")]
    Host,
    /// It says more than scheme, host, port and path.
    #[error("a public URL has no user name, no query and no fragment")]
    TooMuch,
}

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotAPublicUrl> {
        let secure = match text.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => true,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => false,
            _ => return Err(NotAPublicUrl::Scheme),
        };
        if text.contains(['#', '?', '@']) {
            return Err(NotAPublicUrl::TooMuch);
        }
        let uri: Uri = text.parse().map_err(|_invalid| NotAPublicUrl::Host)?;
        let authority = uri.authority().ok_or(NotAPublicUrl::Host)?;
        if authority.host().is_empty() {
            return Err(NotAPublicUrl::Host);
        }
        Ok(Self {
            secure,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.join(Scheme::Http, ""))
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, http: &str, web_socket: &str) {
        let url: PublicUrl = text.parse().unwrap();
        assert_eq!(url.join(Scheme::Http, "/x"), http);
        assert_eq!(url.join(Scheme::WebSocket, "/x"), web_socket);
    }

    #[test]
    fn addresses_are_joined_as_configured() {
        check("https://a.example", "https://a.example/x", "wss://a.example/x");
        check("https://A.example/", "https://a.example/x", "wss://a.example/x");
        check(
            "https://a.example:8443/cw/",
            "https://a.example:8443/cw/x",
            "wss://a.example:8443/cw/x",
        );
        check("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", "ws://127.0.0.1:8080/x");
        check("http://[::1]:80", "http://[::1]:80/x", "ws://[::1]:80/x");
    }

    #[test]
    fn what_twilio_cannot_call_is_refused() {
        for (text, error) in [
            ("", NotAPublicUrl::Scheme),
            ("a.example", NotAPublicUrl::Scheme),
            ("wss://a.example", NotAPublicUrl::Scheme),
            ("https://", NotAPublicUrl::Host),
            ("https://:443", NotAPublicUrl::Host),
            ("https://a b", NotAPublicUrl::Host),
            ("https://a.example?x=1", NotAPublicUrl::TooMuch),
            ("https://me@a.example", NotAPublicUrl::TooMuch),
            ("https://a.example/#x", NotAPublicUrl::TooMuch),
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(error), "{text}");
        }
    }
}
