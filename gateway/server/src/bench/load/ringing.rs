//! Ringing a server as Twilio does, up to the open stream.

use crate::simulate::line::{Socket, open};
use crate::simulate::server::Server;
use crate::simulate::twilio::{Identity, StreamTarget, Verb};
use crate::simulate::webhook::Webhooks;

/// What came of ringing.
pub(super) enum Rung {
    /// The stream is open.
    Taken(Box<(Socket, StreamTarget)>),
    /// The server was busy.
    Refused,
    /// It did not work, for this reason.
    Failed(String),
}

/// Rings `line` of `server`.
pub(super) async fn ring(server: &Server, who: &Identity, line: &str) -> Rung {
    let webhooks = Webhooks {
        server,
        public_url: server.base(),
        auth_token: None,
        who,
        from: "+12025550199",
        to: line,
    };
    let verbs = match webhooks.incoming().await {
        Ok(verbs) => verbs,
        Err(offence) => return Rung::Failed(offence.to_string()),
    };
    for verb in verbs {
        match verb {
            Verb::Reject(_) => return Rung::Refused,
            Verb::Connect { stream, .. } => {
                return match open(&webhooks, &stream).await {
                    Ok(socket) => Rung::Taken(Box::new((socket, stream))),
                    Err(offence) => Rung::Failed(offence.to_string()),
                };
            }
            _ => {}
        }
    }
    Rung::Failed("the TwiML opens no stream".to_owned())
}
