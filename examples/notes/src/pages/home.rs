//! The start page, and the ways out.

use actix_web::{
    Responder, get, post,
    web::{self, Data, Redirect},
};
use clerk_actix::{Auth, ClerkClient, RequireAuth, Revocations, WithPending, api::OrganizationMembership};
use maud::{Markup, html};

use super::{PageError, layout::Layout, teams::Teams};

pub fn routes(app: &mut web::ServiceConfig) {
    app.service((home, sign_out, sign_out_everywhere));
}

/// For everybody. A signed-in user chooses where to go.
#[get("/")]
async fn home(auth: Auth, clerk: ClerkClient, teams: Data<Teams>, layout: Layout) -> impl Responder {
    let Some(session) = auth.authenticated() else {
        let content = html! {
            h1 { "Notes" }
            p.lead { "Write things down, for yourself or with your team." }
            p { a.button href="/me/notes" { "Start writing" } }
        };
        return layout.page("Welcome", None, content);
    };
    let teams = teams.of(session.user_id(), &clerk).await;
    let content = html! {
        h1 { "Where to?" }
        ul.cards {
            li { a href="/me/notes" { strong { "My notes" } small { "Only you can see them." } } }
            @match &teams {
                Ok(teams) => @for team in teams.iter() { (card(team)) },
                Err(error) => {
                    @let () = tracing::warn!(%error, "the teams of a user cannot be listed");
                    li.problem { "Your teams cannot be listed right now. Try again in a minute." }
                }
            }
        }
        div #teams {}
        h2 { "Your account" }
        p { "Lost a device? This ends all your sessions, on every device, at once." }
        form method="post" action="/sign-out-everywhere" { button.quiet { "Sign out everywhere" } }
    };
    layout.page("Start", Some(session), content)
}

fn card(team: &OrganizationMembership) -> Markup {
    let slug = team.organization.slug.as_deref().unwrap_or(&team.organization.id);
    html! {
        li {
            a href={ "/orgs/" (slug) "/notes" } {
                strong { (team.organization.name) }
                small { "Your role: " (team.role.trim_start_matches("org:")) }
            }
        }
    }
}

/// Ends this session, at Clerk and here at once. Users who still have tasks, such as choosing an organization, sign out too.
#[post("/sign-out")]
async fn sign_out(
    auth: Auth<WithPending>,
    clerk: ClerkClient,
    revocations: Data<Revocations>,
) -> Result<impl Responder, PageError> {
    if let Some(session_id) = auth.authenticated().and_then(|session| session.session_id()) {
        revocations.end_session(session_id);
        clerk.sessions().revoke(session_id).await?;
    }
    Ok(Redirect::to("/").see_other())
}

/// Ends all sessions of the user, at Clerk and here at once.
#[post("/sign-out-everywhere")]
async fn sign_out_everywhere(user: RequireAuth<WithPending>, clerk: ClerkClient) -> Result<impl Responder, PageError> {
    clerk.users().sign_out_everywhere(user.user_id()).await?;
    Ok(Redirect::to("/").see_other())
}
