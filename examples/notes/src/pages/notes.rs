//! The pages of a workspace: its notes, and the forms to write, change and delete them.
//!
//! A form needs no token of its own: cookies of a `POST` count only if one of this application's pages sends it
//! (`csrf_protection`, on by default).

use actix_web::{
    HttpRequest, Responder, get, post,
    web::{self, Data, Form, Path, Query, Redirect},
};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::{PageError, layout::Layout};
use crate::{
    access::{DELETE_NOTES_OF_OTHERS, Workspace, may_delete},
    note::{Draft, Note, Text},
    problem::Problem,
    store::Store,
};

/// The same pages for a team and for a user alone.
pub fn routes(app: &mut web::ServiceConfig) {
    for scope in ["/orgs/{slug}", "/me"] {
        app.service(web::scope(scope).service((list, add, show, change, delete)));
    }
}

#[derive(Deserialize)]
struct Id {
    id: Uuid,
}

#[derive(Deserialize)]
struct After {
    after: Option<Uuid>,
}

#[get("/notes")]
async fn list(
    workspace: Workspace,
    after: Query<After>,
    store: Data<Store>,
    layout: Layout,
) -> Result<impl Responder, PageError> {
    let page = store.notes(&workspace.owner, after.after, 50).await?;
    let title = workspace.team.as_deref().unwrap_or("My notes");
    let path = format!("{}/notes", workspace.path);
    let content = html! {
        h1 { (title) }
        details.write open[page.notes.is_empty()] {
            summary { "Write a note" }
            (form(&path, None))
        }
        @if page.notes.is_empty() { p.lead { "There is nothing here yet." } }
        ul.cards {
            @for note in &page.notes {
                li {
                    a href={ (path) "/" (note.id) } {
                        strong { (note.title) }
                        small { (author(note)) ", " (day(&note.created_at)) }
                    }
                }
            }
        }
        @if let (true, Some(last)) = (page.has_more, page.notes.last()) {
            p { a href={ (path) "?after=" (last.id) } { "Older notes" } }
        }
    };
    Ok(layout.page_of(&workspace, title, content))
}

#[post("/notes")]
async fn add(workspace: Workspace, draft: Form<Draft>, store: Data<Store>) -> Result<impl Responder, PageError> {
    let text = Text::try_from(draft.into_inner())?;
    store.add_note(&workspace.owner, workspace.session.user_id(), text).await?.ok_or(Problem::Gone)?;
    Ok(Redirect::to(format!("{}/notes", workspace.path)).see_other())
}

#[get("/notes/{id}")]
async fn show(
    workspace: Workspace,
    path: Path<Id>,
    store: Data<Store>,
    layout: Layout,
) -> Result<impl Responder, PageError> {
    let note = store.note(&workspace.owner, path.id).await?.ok_or(Problem::NoSuchNote)?;
    let path = format!("{}/notes/{}", workspace.path, note.id);
    let content = html! {
        h1 { (note.title) }
        p.lead { (author(&note)) ", " time datetime=(note.updated_at) { (day(&note.updated_at)) } }
        div.text { (note.body) }
        details.write {
            summary { "Change" }
            (form(&path, Some(&note)))
        }
        @if may_delete(&workspace.session, &note) {
            form method="post" action={ (path) "/delete" } { button.danger { "Delete" } }
        }
    };
    Ok(layout.page_of(&workspace, &note.title, content))
}

#[post("/notes/{id}")]
async fn change(
    workspace: Workspace,
    path: Path<Id>,
    draft: Form<Draft>,
    store: Data<Store>,
) -> Result<impl Responder, PageError> {
    let text = Text::try_from(draft.into_inner())?;
    match store.change_note(&workspace.owner, path.id, text).await? {
        true => Ok(Redirect::to(format!("{}/notes/{}", workspace.path, path.id)).see_other()),
        false => Err(Problem::NoSuchNote.into()),
    }
}

#[post("/notes/{id}/delete")]
async fn delete(
    workspace: Workspace,
    path: Path<Id>,
    store: Data<Store>,
    req: HttpRequest,
) -> Result<impl Responder, PageError> {
    let note = store.note(&workspace.owner, path.id).await?.ok_or(Problem::NoSuchNote)?;
    if !may_delete(&workspace.session, &note) {
        workspace.session.authorize(&DELETE_NOTES_OF_OTHERS, &req)?;
    }
    store.delete_note(&workspace.owner, note.id).await?;
    Ok(Redirect::to(format!("{}/notes", workspace.path)).see_other())
}

/// The form of a note, empty for a new one.
fn form(action: &str, note: Option<&Note>) -> Markup {
    html! {
        form.note method="post" action=(action) {
            label { "Title" input name="title" required maxlength=(Text::MAX_TITLE) value=[note.map(|note| &note.title)]; }
            label {
                "Text"
                // Browsers drop one line break after the tag.
                textarea name="body" rows="6" maxlength=(Text::MAX_BODY) { "\n" @if let Some(note) = note { (note.body) } }
            }
            button { "Save" }
        }
    }
}

fn author(note: &Note) -> &str {
    note.author_name.as_deref().unwrap_or("someone")
}

/// `2026-01-31` of `2026-01-31T12:00:00Z`.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}
