//! What the operator sees when the server is up: where to click, what to call, where the data is.

use std::fmt::Write;
use std::path::Path;

use callwright_business::{LinePurpose, Tongue};

use super::Running;
use crate::config::{HOME_DEFAULT, LISTEN_DEFAULT};

/// The text, several lines. With `key`, the link to the page signs in, so that the text is for the operator's eyes only.
pub fn banner(running: &Running, key: Option<&str>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _never = write_banner(&mut text, running, key);
    text
}

fn write_banner(text: &mut String, running: &Running, key: Option<&str>) -> std::fmt::Result {
    let config = running.config();
    let (url, home) = (running.url(), config.home.display());
    writeln!(text, "\nCallwright takes calls.\n")?;
    let key_file = config.admin_key_file();
    match key {
        Some(key) => writeln!(text, "  Live calls   {url}/#key={key}")?,
        None if key_file.exists() => {
            writeln!(text, "  Live calls   {url}/  (the key is in {})", key_file.display())?;
        }
        None => writeln!(
            text,
            "  Live calls   {url}/  (CALLWRIGHT_ADMIN_KEY sets a key to sign in with)"
        )?,
    }
    writeln!(text, "  Try it       {}", simulate(running))?;
    writeln!(
        text,
        "  Twilio       point a number's voice webhook at {}/twilio/voice",
        running.public_url()
    )?;
    for tenant in running.tenants() {
        writeln!(text, "\n  {} ({})", tenant.name, tenant.time_zone)?;
        // Telephone numbers: what else there is cannot be called by telephone.
        for (address, purpose) in tenant.lines.iter().filter(|(line, _)| line.starts_with('+')) {
            let what = match purpose {
                LinePurpose::Agent => "the receptionist",
                LinePurpose::Echo => "plays back what it hears",
                LinePurpose::Listen => "writes down what it hears",
            };
            writeln!(text, "    {address:<14} {what}")?;
        }
        if tenant.default {
            writeln!(text, "    {:<14} the receptionist", "other numbers")?;
        }
    }
    writeln!(text, "\n  Data         {home}")?;
    writeln!(text, "  Models       {}", config.models.display())?;
    if running.first_run_key().is_some() {
        let file = key_file.display();
        writeln!(text, "\n  This is the first run: the key in the link above is kept in {file}.")?;
    }
    for warning in warnings(running) {
        writeln!(text, "\n  Careful: {warning}")?;
    }
    writeln!(
        text,
        "\n  Ctrl-C stops it once live calls are over ({} s at most).",
        config.drain_max.as_secs()
    )
}

/// The command that calls this server.
fn simulate(running: &Running) -> String {
    let mut command = "./callwright simulate".to_owned();
    if running.addr() != LISTEN_DEFAULT {
        command += &format!(" --url {}", running.url());
    }
    let home = &running.config().home;
    if home != Path::new(HOME_DEFAULT) {
        command += &format!(" --home {}", home.display());
    }
    command
}

/// What an operator would want to be told before it goes wrong.
fn warnings(running: &Running) -> Vec<String> {
    let config = running.config();
    let mut warnings = Vec::new();
    let public = config.public_url.as_ref().map(ToString::to_string);
    let reachable = !running.addr().ip().is_loopback() || public.is_some();
    if reachable && config.twilio_auth_token.is_none() {
        warnings.push(
            "other machines can reach this server and TWILIO_AUTH_TOKEN is not set, so that anyone may place calls here."
                .to_owned(),
        );
    }
    if public.is_some_and(|url| url.starts_with("http://")) {
        let plain = "the public URL is not https; Twilio streams calls over wss only.";
        warnings.push(plain.to_owned());
    }
    for tenant in running.tenants() {
        let talks = tenant.lines.iter().any(|(_, purpose)| *purpose == LinePurpose::Agent);
        if talks && tenant.tongue != Tongue::English {
            warnings.push(format!(
                "callers of {} speak `{}` and are heard in it, but its agent understands and speaks English alone; lines \
                 whose purpose is `listen` write down what is said.",
                tenant.name, tenant.tongue
            ));
        }
    }
    warnings
}
