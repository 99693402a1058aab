//! All tenants and lines in memory: which line is whose.

use std::collections::BTreeMap;
use std::sync::Arc;

use callwright_contract::Pii;
use serde::Deserialize;

use super::document::TenantDocument;
use super::{
    AgentName, DocumentError, LinePurpose, LineRoute, Scope, Tenant, TenantId, TenantSummary,
    parse_document,
};
use crate::storage::{StoredLine, StoredTenant};

/// The sample tenant, added on the first run.
const BRIGHT_SMILE: &str = include_str!("../../seed/bright-smile.yaml");

/// Tenants or lines in storage that cannot be used: the operator changes them or restores a copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum DirectoryError {
    #[error("tenant {tenant}: {source}")]
    Tenant { tenant: String, source: DocumentError },
    #[error("a line of tenant {tenant}: {what}")]
    Line { tenant: String, what: &'static str },
    #[error("the sample tenant: {0}")]
    Seed(#[source] DocumentError),
}

#[derive(Debug)]
pub(crate) struct Directory {
    tenants: BTreeMap<TenantId, Arc<Tenant>>,
    lines: BTreeMap<String, LineRoute>,
    default: Option<TenantId>,
}

impl Directory {
    pub(crate) fn new(
        tenants: Vec<StoredTenant>,
        lines: Vec<StoredLine>,
    ) -> Result<Self, DirectoryError> {
        let mut directory =
            Self { tenants: BTreeMap::new(), lines: BTreeMap::new(), default: None };
        for stored in tenants {
            let tenant = parse_document(&stored.document)
                .map_err(|source| DirectoryError::Tenant { tenant: stored.id.clone(), source })?;
            if stored.default {
                directory.default = Some(tenant.id.clone());
            }
            directory.tenants.insert(tenant.id.clone(), Arc::new(tenant));
        }
        for line in lines {
            let wrong = |what| DirectoryError::Line { tenant: line.tenant.clone(), what };
            let id: TenantId =
                line.tenant.parse().ok().ok_or_else(|| wrong("its tenant's id is none"))?;
            let tenant =
                directory.tenants.get(&id).ok_or_else(|| wrong("its tenant is not there"))?;
            let purpose = match line.purpose.as_str() {
                "agent" => LinePurpose::Agent,
                "echo" => LinePurpose::Echo,
                "listen" => LinePurpose::Listen,
                _ => return Err(wrong("its purpose is none of agent, echo, listen")),
            };
            let agent = line.agent.as_deref().map(str::parse::<AgentName>).transpose();
            let agent = agent.ok().ok_or_else(|| wrong("its agent's name is none"))?;
            if (purpose == LinePurpose::Agent) != agent.is_some() {
                return Err(wrong("a line has an agent if it is for one, and only then"));
            }
            let fallback = tenant.transfer_to.clone();
            let hears_emotion = tenant.hears_emotion && purpose == LinePurpose::Agent;
            // Where no agent speaks nobody tells the caller.
            let captured = tenant.capture_notice.is_some() && purpose == LinePurpose::Agent;
            let tongue = tenant.tongue.clone();
            let route =
                LineRoute { tenant: id, purpose, agent, fallback, tongue, hears_emotion, captured };
            directory.lines.insert(address_key(&line.address), route);
        }
        Ok(directory)
    }

    /// From now on no tenant has it judged how its callers come across, whatever its document says.
    pub(crate) fn forbid_emotion(&mut self) {
        for tenant in self.tenants.values_mut() {
            Arc::make_mut(tenant).hears_emotion = false;
        }
        for route in self.lines.values_mut() {
            route.hears_emotion = false;
        }
    }

    pub(crate) fn tenant(&self, id: &TenantId) -> Option<&Arc<Tenant>> {
        self.tenants.get(id)
    }

    /// Where a call to `line` goes. An unknown line goes where the default tenant's first agent answers.
    pub(crate) fn route(&self, line: &Pii<String>) -> Option<LineRoute> {
        if let Some(route) = self.lines.get(&address_key(line.reveal())) {
            return Some(route.clone());
        }
        let default = self.default.as_ref()?;
        self.lines
            .values()
            .find(|route| route.tenant == *default && route.purpose == LinePurpose::Agent)
            .cloned()
    }

    pub(crate) fn summaries(&self, scope: &Scope) -> Vec<TenantSummary> {
        self.tenants
            .values()
            .filter(|tenant| scope.covers(&tenant.id))
            .map(|tenant| TenantSummary {
                id: tenant.id.clone(),
                name: tenant.name.clone(),
                time_zone: tenant.zone_name().to_owned(),
                tongue: tenant.tongue.clone(),
                lines: self
                    .lines
                    .iter()
                    .filter(|(_, route)| route.tenant == tenant.id)
                    .map(|(address, route)| (address.clone(), route.purpose))
                    .collect(),
                default: self.default.as_ref() == Some(&tenant.id),
            })
            .collect()
    }
}

/// Lines are looked up without regard to case, spaces and the marks people put into numbers.
fn address_key(address: &str) -> String {
    address.chars().filter(|c| !" ()-.".contains(*c)).flat_map(char::to_lowercase).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedDocument {
    tenant: TenantDocument,
    lines: Vec<LineDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineDocument {
    address: String,
    purpose: String,
    agent: Option<String>,
}

/// What the first run puts into an empty file.
pub(crate) fn seed() -> Result<(StoredTenant, Vec<StoredLine>), DirectoryError> {
    let seed: SeedDocument = serde_yaml_ng::from_str(BRIGHT_SMILE)
        .map_err(|error| DirectoryError::Seed(error.into()))?;
    let id = seed.tenant.id.clone();
    let document = serde_yaml_ng::to_string(&seed.tenant)
        .map_err(|error| DirectoryError::Seed(error.into()))?;
    let lines = seed
        .lines
        .into_iter()
        .map(|line| StoredLine {
            address: line.address,
            tenant: id.clone(),
            purpose: line.purpose,
            agent: line.agent,
        })
        .collect();
    Ok((StoredTenant { id, document, default: true }, lines))
}

#[cfg(test)]
mod tests {
    use super::super::Tongue;
    use super::*;

    fn sample() -> Directory {
        let (tenant, lines) = seed().unwrap();
        Directory::new(vec![tenant], lines).unwrap()
    }

    #[test]
    fn the_sample_lines_lead_where_they_should() {
        let directory = sample();
        for (line, purpose) in [
            ("+15005550100", LinePurpose::Agent),
            ("+1 (500) 555-0100", LinePurpose::Agent),
            ("FrontDesk", LinePurpose::Agent),
            ("+15005550199", LinePurpose::Echo),
            ("echo", LinePurpose::Echo),
            ("+15005550177", LinePurpose::Listen),
            ("listen", LinePurpose::Listen),
            ("+15005559999", LinePurpose::Agent),
            ("", LinePurpose::Agent),
        ] {
            let route = directory.route(&Pii::from(line)).unwrap();
            assert_eq!((route.tenant.as_str(), route.purpose), ("bright-smile", purpose), "{line}");
            assert_eq!(route.agent.is_some(), purpose == LinePurpose::Agent);
            assert_eq!(route.fallback, Some(Pii::from("+15005550123")));
        }
    }

    #[test]
    fn feelings_are_judged_only_where_the_tenant_says_so_an_agent_answers_and_nobody_forbids_it() {
        let (mut tenant, lines) = seed().unwrap();
        let hears = |directory: &Directory, line: &str| {
            directory.route(&Pii::from(line)).unwrap().hears_emotion
        };
        assert!(tenant.document.contains("hears_emotion: true"));
        let mut on = Directory::new(vec![tenant.clone()], lines.clone()).unwrap();
        assert!(hears(&on, "frontdesk") && !hears(&on, "listen") && !hears(&on, "echo"));
        on.forbid_emotion();
        assert!(!hears(&on, "frontdesk") && on.tenants.values().all(|one| !one.hears_emotion));
        tenant.document = tenant.document.replace("hears_emotion: true\n", "");
        let unsaid = Directory::new(vec![tenant], lines).unwrap();
        assert!(!hears(&unsaid, "frontdesk"), "denied by default");
    }

    #[test]
    fn callers_speak_what_their_tenant_says_and_english_where_it_says_nothing() {
        let (mut tenant, lines) = seed().unwrap();
        let tongue = |tenant: &StoredTenant| {
            let directory = Directory::new(vec![tenant.clone()], lines.clone())?;
            Ok::<_, DirectoryError>(directory.route(&Pii::from("listen")).unwrap().tongue)
        };
        assert_eq!(tongue(&tenant).unwrap(), Tongue::English);
        let document = tenant.document.clone();
        for (code, spoken) in [("de", Tongue::Other("de".into())), ("auto", Tongue::Any)] {
            tenant.document = format!("language: {code}\n{document}");
            assert_eq!(tongue(&tenant).unwrap(), spoken);
        }
        tenant.document = format!("language: German\n{document}");
        let wrong = tongue(&tenant).unwrap_err().to_string();
        assert!(wrong.contains("language") && wrong.contains("German"), "{wrong}");
    }

    #[test]
    fn a_line_of_nobody_is_refused() {
        let (tenant, mut lines) = seed().unwrap();
        for line in &mut lines {
            line.tenant = "gone".to_owned();
        }
        assert!(matches!(Directory::new(vec![tenant], lines), Err(DirectoryError::Line { .. })));
    }
}
