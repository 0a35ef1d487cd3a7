//! Resources that only calls behind the feature `backend-api` return.

mod applications;
mod billing;
mod connections;
mod instance;
mod people;
mod roles;
mod tokens;
mod words;

pub use self::{
    applications::{Machine, MachineScope, MachineSecret, OAuthApplication},
    billing::{
        BillingPlan, BillingPrice, CreditBalance, CreditLedgerEntry, DiscountRedemption, Feature, PriceTransition,
        PriceTransitionDetails, Statement, StatementGroup, StatementTotals,
    },
    connections::{
        CustomAttribute, Directory, EnterpriseConnection, EnterpriseOidc, EnterpriseSaml, GroupRoleMapping, LoginHint,
        SamlConnection, StartedTestRun, TestRun,
    },
    instance::{
        CnameTarget, Domain, Instance, InstanceCommunication, InstanceProtect, InstanceRestrictions, InstanceSettings,
        JwkSet, JwtTemplate, OAuthApplicationSettings, OrganizationSettings, ProxyCheck, RedirectUrl, SvixUrl,
        Template,
    },
    people::{
        Client, CredentialVerdict, ListedIdentifier, ProviderAccessToken, RefreshedSession, SignUp, TrustedDevice,
        UserCount, UserId, VerificationAttempt,
    },
    roles::{RoleSet, RoleSetItem},
    tokens::{ActorToken, AdminPortalLinkToken, AgentTask, ApiKeySecret, SignInToken, TestingToken},
    words::{
        BillingPeriods, CreditAction, DiscountStatus, EnterpriseProvider, IdentificationStatus, IdentifierType,
        InvitationTemplate, ListedSubscriptionItems, LoginHintMode, PasswordHasher, PayerType, PreferredSignInStrategy,
        RefreshFormat, RoleSetType, SignInTokenStatus, SignUpStatus, StatementStatus, TemplateType, TestRunStatus,
        TrustedDeviceStatus,
    },
};
