//! The calls behind the feature `backend-api`: with them, every call of Clerk's Backend API has a method.

mod applications;
mod billing;
mod connections;
mod contact;
mod instance;
mod invitations;
mod metadata;
mod organizations;
mod resources;
mod roles;
mod sessions;
mod tokens;
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
        AttributeMapping, Directories, DirectoryUpdate, EnterpriseConnectionFilters, EnterpriseConnectionUpdate,
        EnterpriseConnections, GroupRole, NewCustomAttribute, NewDirectory, NewEnterpriseConnection,
        NewGroupRoleMapping, NewLoginHint, NewSamlConnection, NewScimDirectory, NewScimGroupRoleMapping, OidcSettings,
        SamlConnectionFilters, SamlConnectionUpdate, SamlConnections, SamlSettings, ScimDirectories, ScimGroupRole,
        TestRunFilters,
    },
    contact::{EmailAddressUpdate, EmailAddresses, NewEmailAddress, NewPhoneNumber, PhoneNumberUpdate, PhoneNumbers},
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
    users::{EmailAddressReplacement, NewUser, PhoneNumberReplacement, UserFilters, UserInvitationFilters, UserUpdate},
};
/// The table of the calls in this room.
#[cfg(feature = "__internal-bench")]
pub(super) fn operations() -> Vec<super::operation::Operation> {
    [
        applications::operations(),
        billing::operations(),
        connections::operations(),
        contact::operations(),
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
