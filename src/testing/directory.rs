//! The directory of a `LocalClerk` instance: users, organizations, memberships, invitations and sign-in tickets.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    roles::{self, Role},
    secret::{Password, secret},
    users::{Membership, TestUser, UserBuilder, capitalized, user},
};
use crate::clock::Timestamp;

/// Who there is. All times are in milliseconds, as in Clerk's APIs.
#[derive(Debug, Default)]
pub(super) struct Directory {
    users: Vec<Account>,
    organizations: Vec<Organization>,
    memberships: Vec<Member>,
    pub(super) invitations: Vec<Invitation>,
    tickets: HashMap<String, Ticket>,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) password: Option<Password>,
    pub(super) last_sign_in_at: Option<i64>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) created_by: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) organization_id: String,
    pub(super) user_id: String,
    pub(super) role: &'static Role,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Invitation {
    pub(super) id: String,
    pub(super) organization_id: String,
    pub(super) inviter_id: String,
    pub(super) email: String,
    pub(super) role: &'static Role,
    /// `pending`, `accepted` or `revoked`.
    pub(super) status: &'static str,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

/// A sign-in token, which works once.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) user_id: String,
    /// Who signs in as the user, or null.
    pub(super) actor: Value,
    expires_at: Timestamp,
}

impl Account {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// Returns the ID of the only email address.
    pub(super) fn email_id(&self) -> String {
        format!("idn_{}", self.id.trim_start_matches("user_"))
    }
}

impl Directory {
    /// Returns an administrator, a member, and a user without an organization.
    pub(super) fn seeded(now: i64) -> Self {
        let mut directory = Self::default();
        for (id, name, email, memberships) in [
            (
                "user_ada",
                "Ada Lovelace",
                "ada@example.com",
                &[("org_acme", roles::ADMIN), ("org_globex", roles::MEMBER)][..],
            ),
            ("user_grace", "Grace Hopper", "grace@example.com", &[("org_acme", roles::MEMBER)]),
            ("user_alan", "Alan Turing", "alan@example.com", &[]),
        ] {
            let user = user(email).id(id).name(name);
            let user = memberships.iter().fold(user, |user, (org, role)| user.membership(*org, role.key));
            directory.add(user, now);
        }
        directory
    }

    /// Adds a user, and the organizations of the user's memberships that are not there yet.
    pub(super) fn add(&mut self, user: UserBuilder, now: i64) -> Account {
        let UserBuilder { id, name, email, password, memberships } = user;
        let (first_name, last_name) = name.split_once(' ').unwrap_or((&name, ""));
        for (organization, role) in memberships {
            if self.organization(&organization).is_none() {
                let slug = organization.trim_start_matches("org_").to_owned();
                self.add_organization(organization.clone(), capitalized(&slug), slug, id.clone(), now);
            }
            self.join(&organization, &id, role, now);
        }
        let user = Account {
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            id,
            email,
            password,
            last_sign_in_at: None,
            created_at: now,
            updated_at: now,
        };
        self.users.push(user.clone());
        user
    }

    pub(super) fn users(&self) -> &[Account] {
        &self.users
    }

    pub(super) fn user(&self, id: &str) -> Option<&Account> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(super) fn user_mut(&mut self, id: &str) -> Option<&mut Account> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// Removes a user with the user's memberships.
    pub(super) fn delete_user(&mut self, id: &str) {
        self.users.retain(|user| user.id != id);
        self.memberships.retain(|member| member.user_id != id);
    }

    pub(super) fn user_by_email(&self, email: &str) -> Option<&Account> {
        self.users.iter().find(|user| user.email.eq_ignore_ascii_case(email.trim()))
    }

    /// Describes a user for tests and for the sign-in page.
    pub(super) fn test_user(&self, user: &Account) -> TestUser {
        let memberships = self.memberships_of(&user.id).filter_map(|member| self.described(member)).collect();
        let Account { id, email, password, .. } = user.clone();
        TestUser { id, name: user.name(), email, password, memberships }
    }

    /// Returns a membership with the organization's slug, as session tokens have it.
    pub(super) fn described(&self, member: &Member) -> Option<Membership> {
        let organization = self.organization(&member.organization_id)?;
        Some(Membership { id: organization.id.clone(), slug: organization.slug.clone(), role: member.role })
    }

    pub(super) fn add_organization(&mut self, id: String, name: String, slug: String, created_by: String, now: i64) {
        self.organizations.push(Organization { id, name, slug, created_by, created_at: now, updated_at: now });
    }

    pub(super) fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// Returns the organization with this ID or slug.
    pub(super) fn organization(&self, id_or_slug: &str) -> Option<&Organization> {
        let is_it = |organization: &&Organization| organization.id == id_or_slug || organization.slug == id_or_slug;
        self.organizations.iter().find(is_it)
    }

    pub(super) fn organization_mut(&mut self, id: &str) -> Option<&mut Organization> {
        self.organizations.iter_mut().find(|organization| organization.id == id)
    }

    /// Removes an organization with its memberships and invitations.
    pub(super) fn delete_organization(&mut self, id: &str) {
        self.organizations.retain(|organization| organization.id != id);
        self.memberships.retain(|member| member.organization_id != id);
        self.invitations.retain(|invitation| invitation.organization_id != id);
    }

    pub(super) fn join(&mut self, organization_id: &str, user_id: &str, role: &'static Role, now: i64) {
        if self.member(organization_id, user_id).is_none() {
            let slug = organization_id.trim_start_matches("org_");
            self.memberships.push(Member {
                id: format!("orgmem_{slug}_{user_id}"),
                organization_id: organization_id.to_owned(),
                user_id: user_id.to_owned(),
                role,
                created_at: now,
                updated_at: now,
            });
        }
    }

    /// Returns the user's memberships, in the order in which the user joined.
    pub(super) fn memberships_of(&self, user_id: &str) -> impl Iterator<Item = &Member> {
        self.memberships.iter().filter(move |member| member.user_id == user_id)
    }

    pub(super) fn members_of(&self, organization_id: &str) -> impl Iterator<Item = &Member> {
        self.memberships.iter().filter(move |member| member.organization_id == organization_id)
    }

    pub(super) fn member(&self, organization_id: &str, user_id: &str) -> Option<&Member> {
        self.members_of(organization_id).find(|member| member.user_id == user_id)
    }

    pub(super) fn set_role(&mut self, organization_id: &str, user_id: &str, role: &'static Role, now: i64) {
        let mut all = self.memberships.iter_mut();
        if let Some(member) = all.find(|member| member.organization_id == organization_id && member.user_id == user_id)
        {
            member.role = role;
            member.updated_at = now;
        }
    }

    /// Removes a membership, and returns it as it was.
    pub(super) fn leave(&mut self, organization_id: &str, user_id: &str) -> Option<Member> {
        let is_it = |member: &Member| member.organization_id == organization_id && member.user_id == user_id;
        let index = self.memberships.iter().position(is_it)?;
        Some(self.memberships.remove(index))
    }

    /// Creates a ticket that signs this user in once, or an actor as this user.
    pub(super) fn ticket(&mut self, user_id: &str, actor: Value, expires_at: Timestamp) -> String {
        let ticket = secret("ticket_");
        self.tickets.insert(ticket.clone(), Ticket { user_id: user_id.to_owned(), actor, expires_at });
        ticket
    }

    /// Returns whom a ticket signs in. It no longer works afterwards.
    pub(super) fn redeem(&mut self, ticket: &str, now: Timestamp) -> Option<Ticket> {
        self.tickets.remove(ticket).filter(|ticket| now < ticket.expires_at)
    }
}
