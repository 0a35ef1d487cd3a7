//! The calls behind the feature `backend-api`: with them, every call of Clerk's Backend API has a method.

mod applications;
mod billing;
mod connections;
mod contact;
mod directories;
mod instance;
mod invitations;
mod metadata;
mod organizations;
mod resources;
mod roles;
mod sessions;
mod tokens;
mod user_properties;
mod users;
mod whole_list;

pub use self::{
    applications::{
        MachineFilters, MachineUpdate, Machines, NewMachine, NewOAuthApplication, OAuthApplicationFilters,
        OAuthApplicationUpdate, OAuthApplications,
    },
    billing::{
        Billing, Cancellation, CreditAdjustment, NewBillingPrice, PlanFilters, PriceFilters, SubscriptionItemFilters,
    },
    connections::{
        AttributeMapping, EnterpriseConnectionFilters, EnterpriseConnectionUpdate, EnterpriseConnections,
        NewCustomAttribute, NewEnterpriseConnection, NewLoginHint, NewSamlConnection, OidcSettings,
        SamlConnectionFilters, SamlConnectionUpdate, SamlConnections, SamlSettings, TestRunFilters,
    },
    contact::{EmailAddressUpdate, EmailAddresses, NewEmailAddress, NewPhoneNumber, PhoneNumberUpdate, PhoneNumbers},
    directories::{
        Directories, DirectoryUpdate, GroupRole, NewDirectory, NewGroupRoleMapping, NewScimDirectory,
        NewScimGroupRoleMapping, ScimDirectories, ScimGroupRole,
    },
    instance::{
        BetaFeatures, BetaSettingsUpdate, DomainChange, DomainUpdate, Domains, InstanceCalls, InstanceUpdate, Jwks,
        JwtTemplateProperties, JwtTemplates, OAuthApplicationSettingsUpdate, OrganizationSettingsUpdate, ProtectUpdate,
        ProxyChecks, RedirectUrls, RestrictionsUpdate, TemplatePreview, TemplateProperties, Templates, Webhooks,
    },
    invitations::{
        AllowlistIdentifiers, BlocklistIdentifiers, InvitationFilters, Invitations, NewInvitation, NewWaitlistEntry,
        WaitlistEntries, WaitlistFilters,
    },
    metadata::{OrganizationMetadata, UserMetadata},
    organizations::{
        InstanceDomainFilters, InstanceInvitationFilters, MembershipFilters, MembershipOrder, NewMembership,
        NewOrganization, NewOrganizationDomain, NewOrganizationInvitation, OrganizationDomainFilters,
        OrganizationDomainUpdate, OrganizationDomains, OrganizationFilters, OrganizationInvitationFilters,
        OrganizationInvitations, OrganizationMemberships, OrganizationUpdate,
    },
    roles::{
        NewPermission, NewRole, NewRoleSet, OrganizationPermissions, OrganizationRoles, PermissionFilters,
        PermissionUpdate, RoleFilters, RoleSetFilters, RoleSetReplacement, RoleSetUpdate, RoleSets, RoleUpdate,
        RolesToAdd,
    },
    sessions::{Clients, SessionRefresh, SignUpUpdate, SignUps},
    tokens::{
        Actor, ActorTokens, AdminPortalLinkTokens, AgentTasks, NewActorToken, NewAdminPortalLinkToken, NewAgentTask,
        NewSignInToken, OnBehalfOf, SignInTokens, TestingTokens,
    },
    user_properties::{EmailAddressReplacement, NewUser, PhoneNumberReplacement, UserUpdate},
    users::{UserFilters, UserInvitationFilters},
    whole_list::WholeList,
};
/// The table of the calls in this room.
#[cfg(feature = "__internal-bench")]
pub(super) fn operations() -> Vec<super::operation::Operation> {
    [
        applications::operations(),
        billing::operations(),
        connections::operations(),
        contact::operations(),
        directories::operations(),
        instance::operations(),
        invitations::operations(),
        organizations::operations(),
        roles::operations(),
        sessions::operations(),
        tokens::operations(),
        users::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
