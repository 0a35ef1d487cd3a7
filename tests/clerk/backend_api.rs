//! Clerk's own description of its Backend API: every operation has a method, whose requests fit the description and
//! which loses nothing of a response.
//!
//! The description is not part of this repository. `CLERK_SPECS` is the folder that it is in; if it is not set, these
//! tests do nothing (`just backend-api`).

use std::collections::{BTreeMap, BTreeSet};

use clerk_actix::{
    ClerkClient, ClerkConfig,
    client::table::{Operation, SampleCall, operations},
};
use serde_json::{Value, json};

use crate::support::{
    schema::{self, Generator, VARIATIONS, lost, size},
    validator::{parameter_problems, problems, response},
};

const FILE: &str = "bapi-2026-05-12.yml";

/// Operations without a method, and why.
const LEFT_OUT: [(&str, &str); 1] =
    [("GET /public/interstitial", "a page of an authentication flow that Clerk has retired, in HTML")];

/// Optional parameters and members without a method, and why.
const WITHOUT_METHOD: [(&str, &str); 6] = [
    ("GET /users ?order_by", "only for the list, not for the count: in the test of lists"),
    ("GET /users ?starting_after", "likewise"),
    ("POST /api_keys .type", "there is one type so far"),
    ("POST /oauth_applications/access_tokens/verify .secret", "another name of `access_token`"),
    ("POST /saml_connections .domain", "the old name of `domains`"),
    ("POST /directories/{directory_id}/group_role_mappings .scim_group_id", "the old name of `directory_group_id`"),
];

/// Members that hold secrets, which are read but not written again.
const SECRETS: [&str; 10] =
    ["api_key", "client_secret", "id_token", "jwt", "secret", "secret_key", "svix_url", "token", "token_secret", "url"];

/// Paths that Clerk serves without the version, although the description has one server for all.
const WITHOUT_VERSION: [&str; 3] = ["/api_keys", "/m2m_tokens", "/oauth_applications/access_tokens"];

struct Described<'d> {
    name: String,
    path: &'d str,
    operation: &'d Value,
}

fn described(description: &Value) -> Vec<Described<'_>> {
    let paths = description["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| Described {
            name: format!("{} {path}", method.to_uppercase()),
            path,
            operation,
        })
    });
    operations.collect()
}

fn client() -> ClerkClient {
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    ClerkClient::new(config.build().unwrap())
}

/// Finds the operation of a call: of several paths that match, the one with the fewest parameters.
fn find<'a, 'd>(call: &SampleCall, all: &'a [Described<'d>]) -> Option<&'a Described<'d>> {
    let matches = |template: &str| {
        let template: Vec<&str> = template.split('/').skip(1).collect();
        let is_same = |(template, segment): (&&str, &String)| template.starts_with('{') || *template == segment;
        template.len() == call.path.len() && template.iter().zip(&call.path).all(is_same)
    };
    let candidates = all.iter().filter(|one| one.name.starts_with(&format!("{} ", call.method)) && matches(one.path));
    candidates.min_by_key(|one| one.path.matches('{').count())
}

struct Table<'d> {
    client: ClerkClient,
    described: Vec<Described<'d>>,
    operations: Vec<Operation>,
}

impl<'d> Table<'d> {
    fn new(description: &'d Value) -> Self {
        Self { client: client(), described: described(description), operations: operations() }
    }

    /// Our calls with what is required and with everything, each with its description.
    fn pairs(&self) -> Vec<(&Operation, &Described<'d>, [SampleCall; 2])> {
        let pairs = self.operations.iter().map(|operation| {
            let calls = (operation.requests)(&self.client).map(|call| call.unwrap());
            let described = find(&calls[0], &self.described);
            (operation, described.unwrap_or_else(|| panic!("{} is not described: {calls:?}", operation.name)), calls)
        });
        pairs.collect()
    }
}

#[test]
fn every_operation_in_clerks_description_has_a_method() {
    let Some(description) = schema::description(FILE) else { return };
    let table = Table::new(&description);
    let covered: BTreeSet<&str> = table.pairs().iter().map(|(_, described, _)| described.name.as_str()).collect();
    let all: BTreeSet<&str> = table.described.iter().map(|described| described.name.as_str()).collect();
    let left_out: BTreeSet<&str> = all.difference(&covered).copied().collect();
    assert_eq!(left_out, LEFT_OUT.iter().map(|(name, _)| *name).collect());
    println!("{} of {} operations have a method", covered.len(), all.len());
    for (name, reason) in LEFT_OUT {
        println!("left out: {name}, {reason}");
    }
}

#[test]
fn requests_fit_the_description() {
    let Some(description) = schema::description(FILE) else { return };
    let table = Table::new(&description);
    let (mut found, mut requests, mut values) = (Vec::new(), 0, 0);
    for (operation, described, calls) in table.pairs() {
        let name = &described.name;
        let without_version = WITHOUT_VERSION.iter().any(|path| described.path.starts_with(path));
        if calls[0].has_version == without_version {
            found.push(format!("{name}: the version"));
        }
        let statuses = described.operation["responses"].as_object().unwrap().keys();
        let statuses: BTreeSet<u16> =
            statuses.map(|status| status.parse().unwrap()).filter(|status| *status >= 400).collect();
        let expected: Vec<u16> = statuses.into_iter().filter(|status| ![401, 500].contains(status)).collect();
        if expected != operation.statuses {
            found.push(format!("{name}: the statuses are {expected:?}, not {:?}", operation.statuses));
        }
        for call in &calls {
            requests += 1;
            values += call.query.len() + call.json.as_ref().map_or(0, size);
            let at = format!("{} ({name})", operation.name);
            found.extend(query_problems(&description, described, call).into_iter().map(|p| format!("{at}: {p}")));
            found.extend(body_problems(&description, described, call).into_iter().map(|p| format!("{at}: {p}")));
        }
        let parameters = parameters(&description, described.operation);
        if operation.is_paged != parameters.contains_key("limit") {
            found.push(format!("{name}: paged is {}", operation.is_paged));
        }
    }
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
    println!("{requests} requests with {values} parameters and members fit the description");
}

/// The parameters of the query, each with its schema and whether it is required.
fn parameters<'d>(description: &'d Value, operation: &'d Value) -> BTreeMap<&'d str, (&'d Value, bool)> {
    let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| {
        let reference = parameter["$ref"].as_str().map(|reference| reference.strip_prefix('#').unwrap());
        reference.map_or(parameter, |pointer| description.pointer(pointer).unwrap())
    });
    let parameters = parameters.filter(|parameter| parameter["in"] == "query");
    let entry = |parameter: &'d Value| {
        (parameter["name"].as_str().unwrap(), (&parameter["schema"], parameter["required"] == true))
    };
    parameters.map(entry).collect()
}

fn query_problems(description: &Value, described: &Described<'_>, call: &SampleCall) -> Vec<String> {
    let parameters = parameters(description, described.operation);
    let names: BTreeSet<&str> = call.query.iter().map(|(name, _)| name.as_str()).collect();
    let required = parameters.iter().filter(|(_, (_, is_required))| *is_required);
    let mut found: Vec<String> =
        required.filter(|(name, _)| !names.contains(*name)).map(|(name, _)| format!("?{name} is missing")).collect();
    for (name, value) in &call.query {
        match parameters.get(name.as_str()) {
            Some((schema, _)) => found.extend(parameter_problems(description, schema, value, &format!("?{name}"))),
            None => found.push(format!("?{name} is not described")),
        }
    }
    found
}

/// The schema of a request's body, and whether there has to be one.
fn body<'d>(described: &Described<'d>) -> Option<(&'d str, &'d Value, bool)> {
    let body = &described.operation["requestBody"];
    let (content_type, content) = body["content"].as_object()?.iter().next()?;
    Some((content_type, &content["schema"], body["required"] == true))
}

fn body_problems(description: &Value, described: &Described<'_>, call: &SampleCall) -> Vec<String> {
    match (body(described), &call.json, &call.upload) {
        (None, None, None) => Vec::new(),
        (Some(("application/json", schema, _)), Some(json), None) => problems(description, schema, json, ""),
        (Some(("application/json", _, false)), None, None) => Vec::new(),
        (Some(("multipart/form-data", ..)), None, Some(content_type))
            if content_type.starts_with("multipart/form-data; boundary=") =>
        {
            Vec::new()
        }
        (described, ..) => vec![format!("the body {:?} is not {described:?}", call.json)],
    }
}

#[test]
fn every_optional_parameter_has_a_method() {
    let Some(description) = schema::description(FILE) else { return };
    let table = Table::new(&description);
    let (mut missing, mut count) = (BTreeSet::new(), 0);
    let mut sent: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let pairs = table.pairs();
    // Several methods can share an operation: each parameter needs one of them.
    for (operation, described, [_, complete]) in &pairs {
        let sent = sent.entry(&described.name).or_default();
        sent.extend(complete.query.iter().map(|(name, _)| format!("?{name}")));
        if operation.is_paged {
            sent.extend(["?limit", "?offset", "?paginated"].map(str::to_owned));
        }
        let json = complete.json.as_ref().map(|json| json.as_array().map_or(json, |list| &list[0]));
        sent.extend(json.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| format!(".{name}")));
    }
    for (_, described, _) in &pairs {
        let mut optional: BTreeSet<String> =
            parameters(&description, described.operation).keys().map(|name| format!("?{name}")).collect();
        if let Some((content_type, schema, _)) = body(described)
            && content_type == "application/json"
        {
            let generator = Generator::new(&description, schema::Variation::Complete, 0);
            let schema = generator.resolved(schema);
            let schema = if schema["type"] == "array" { generator.resolved(&schema["items"]) } else { schema };
            optional.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| format!(".{name}")));
        }
        count += optional.len();
        let unsent = optional.iter().filter(|name| !sent[described.name.as_str()].contains(*name));
        missing.extend(unsent.map(|name| format!("{} {name}", described.name)));
    }
    assert_eq!(missing, WITHOUT_METHOD.iter().map(|(name, _)| (*name).to_owned()).collect());
    println!("{} of {count} parameters and members have a method", count - missing.len());
    for (name, reason) in WITHOUT_METHOD {
        println!("without a method: {name}, {reason}");
    }
}

#[test]
fn nothing_of_a_response_is_lost() {
    let Some(description) = schema::description(FILE) else { return };
    let table = Table::new(&description);
    let mut counts = VARIATIONS.map(|variation| (variation, 0, 0, 0));
    let mut found = Vec::new();
    for (operation, described, _) in table.pairs() {
        let Some(schema) = response(&description, described.operation) else {
            assert_eq!((operation.read)("null"), Ok(Value::Null), "{}", described.name);
            continue;
        };
        for (variation, examples, members, secrets) in &mut counts {
            let mut alternative = 0;
            loop {
                let mut generator = Generator::new(&description, *variation, alternative);
                let sent = generator.example(schema, "");
                let problems = match (operation.read)(&sent.to_string()) {
                    Ok(read) => lost(&as_page(&sent, &read), &read, ""),
                    Err(error) => vec![error],
                };
                let (kept_back, problems): (Vec<String>, Vec<String>) =
                    problems.into_iter().partition(|p| is_secret(p));
                *secrets += kept_back.len();
                found.extend(problems.into_iter().map(|p| format!("{} {variation:?} {p}", described.name)));
                *examples += 1;
                *members += size(&sent);
                alternative += 1;
                // At least two, for both booleans.
                if alternative >= generator.alternatives.max(2) {
                    break;
                }
            }
        }
    }
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
    for (variation, examples, members, secrets) in counts {
        println!(
            "{variation:?}: {examples} responses with {members} members and elements, none lost; {secrets} secrets kept back"
        );
    }
}

/// A list in any of Clerk's forms, as a page is written.
fn as_page(sent: &Value, read: &Value) -> Value {
    let is_page = read["data"].is_array();
    match sent {
        Value::Array(list) if is_page => json!({ "data": list }),
        Value::Object(members) if is_page => {
            let list = members.get("data").or_else(|| members.get("m2m_tokens"));
            json!({ "data": list, "total_count": members.get("total_count") })
        }
        sent => sent.clone(),
    }
}

/// Whether a difference is a secret that was read and is not written again.
fn is_secret(problem: &str) -> bool {
    let path = problem.split(':').next().unwrap();
    SECRETS.iter().any(|name| path.ends_with(&format!(".{name}"))) && problem.ends_with("became null")
}
