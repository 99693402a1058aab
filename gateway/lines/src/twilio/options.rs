//! What the operator decides about the Twilio line.

use super::public_url::PublicUrl;
use super::signature::AuthToken;

/// Settings of the Twilio line.
#[derive(Clone, Debug)]
pub struct TwilioOptions {
    /// The address under which Twilio reaches us: what stands in Twilio's console, without `/twilio/voice`.
    pub public_url: PublicUrl,
    /// The account's auth token. With it every webhook must be signed; without it anyone may post one, which is right
    /// for one's own machine and nowhere else.
    pub auth_token: Option<AuthToken>,
    /// What to do about the signature of a stream's opening. Counts only with an auth token.
    pub upgrade_signature: UpgradeSignature,
    /// Streams that may be open at once. Past that calls get a busy tone.
    pub streams_max: usize,
}

impl TwilioOptions {
    /// The usual settings behind `public_url`.
    pub const fn new(public_url: PublicUrl, auth_token: Option<AuthToken>) -> Self {
        Self {
            public_url,
            auth_token,
            upgrade_signature: UpgradeSignature::Enforce,
            streams_max: STREAMS_MAX,
        }
    }
}

/// What to do about the signature of a stream's opening.
///
/// Which address Twilio signs there is not documented; eight are tried. Should Twilio sign a ninth, every stream would
/// be refused: `Observe` lets calls through, which are still held to their one-time token, and counts what was signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpgradeSignature {
    /// Refuse a stream that is not signed by Twilio.
    #[default]
    Enforce,
    /// Count, and rely on the token.
    Observe,
}

/// Streams that may be open at once, unless the operator says otherwise: more than the models of one machine can serve,
/// so that the switchboard decides, and few enough for the file descriptors of a process.
pub const STREAMS_MAX: usize = 4_000;
