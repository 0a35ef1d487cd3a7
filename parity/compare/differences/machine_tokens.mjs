// Intended differences about machine tokens and the claims of verified tokens.

import { isDeepStrictEqual } from 'node:util';

import { differences } from '../comparable.mjs';
import { isHandled, isSignedOutForWantOfKeys } from './answer_parts.mjs';

export const FEATURES = [
  {
    name: 'malformed-features',
    rule: 'PROTOCOL 14.5',
    reason: 'A session whose `fea` claim cannot be read has no permissions; the reference answers 500, or drops the session.',
    applies: ({ plan }, reference) => plan.claims === 'v2-malformed-features' && (
      reference.error.startsWith('Invalid claim element') || reference['x-clerk-auth-reason'] === 'unexpected-error'
    ),
    accepts: ours => isHandled(ours) && ours['x-clerk-auth-reason'] === null
      || ours['x-clerk-auth-reason'] === 'active-organization-mismatch',
  },
];

export const MACHINE_TOKENS = [
  {
    name: 'machine-token-without-keys',
    rule: 'PROTOCOL 14.4',
    reason: 'A machine\'s JWT that cannot be verified because the keys cannot be loaded is not an error of the caller.',
    applies: ({ configuration, plan, request }, reference) => (configuration.isFailing || request.cold) && /^(m2m|oauth)/.test(plan.headerSession)
      && reference['x-clerk-auth-reason'] === 'token-verification-failed',
    accepts: ours => isSignedOutForWantOfKeys(ours),
  },
  {
    name: 'opaque-token-that-nobody-asks-about',
    rule: 'PROTOCOL 14.6',
    reason: 'The server asks Clerk about an opaque token only if a handler accepts its type. Otherwise the type does not match.',
    applies: ({ plan }, reference) => plan.machineToken !== 'none' && reference.calls.length > 0 && !accepts(plan, typeOfOpaque(plan)),
    accepts: (ours, reference) => isHandled(ours) && ours.calls.length === 0
      && ours['x-clerk-auth-reason'] === 'token-type-mismatch' && !ours.body?.isAuthenticated
      && (reference.status === 500 || isDeepStrictEqual(ours.body, reference.body)),
  },
  {
    name: 'answer-that-describes-no-token',
    rule: 'PROTOCOL 14.13',
    reason: 'An answer that does not describe a token authenticates no caller; the reference accepts an HTML page as a machine.',
    applies: ({ plan }) => /-(html|nothing)$/.test(plan.machineToken),
    accepts: (ours, reference) => isHandled(ours) && ours['x-clerk-auth-reason'] === 'unexpected-error'
      && !toldAny(ours).isAuthenticated && isDeepStrictEqual(ours.calls, reference.calls),
  },
  {
    name: 'token-that-is-over',
    rule: 'PROTOCOL 14.13',
    reason: 'A token that is revoked or expired according to Clerk\'s answer is rejected, although the status is 200.',
    applies: ({ plan }) => /^(api-key|m2m|oauth)-(revoked|expired)$/.test(plan.machineToken),
    accepts: (ours, reference) => isHandled(ours) && ours['x-clerk-auth-reason'] === 'token-invalid'
      && !toldAny(ours).isAuthenticated && isDeepStrictEqual(ours.calls, reference.calls),
  },
  {
    name: 'scopes-of-another-form',
    rule: 'PROTOCOL 12',
    reason: 'Scopes are a list of texts, in whatever form a token has them; the reference passes them on unchanged, or answers 500.',
    applies: ({ plan }) => /-in-a-(list|text)$/.test(plan.headerSession),
    accepts: (ours, reference) => isHandled(ours) && areLists(ours) && (reference.status === 500
      || differences(withoutScopes(reference), withoutScopes(ours)).length === 0),
  },
  {
    name: 'machine-without-a-name',
    rule: 'PROTOCOL 14.10',
    reason: 'A subject is never empty.',
    applies: ({ plan }) => plan.headerSession === 'oauth-empty-subject',
    accepts: ours => ours['x-clerk-auth-reason'] === 'token-verification-failed' && !toldAny(ours).isAuthenticated,
  },
];

const typeOfOpaque = ({ machineToken }) => ({ api: 'api_key', m2m: 'm2m_token', oauth: 'oauth_token' })[machineToken.split('-')[0]];

/** Returns whether a handler accepts that type. Without `accepts`, the handler asks for sessions and for any type. */
const accepts = (plan, type) => (plan.deed !== 'tells'
  ? type === 'session_token'
  : ['none', 'any'].includes(plan.accepts) || plan.accepts.split(',').includes(type));

/** The value that a handler gets if it accepts the token of the case. */
const toldAny = ({ body }) => body?.any ?? body ?? {};

/** Returns whether all scopes in an answer are lists. The answer to a HEAD request has none. */
const areLists = ({ body }) => body === null || [body, ...Object.values(body)].every(part => Array.isArray(part?.scopes ?? []));

/** The answer without its scopes. */
const withoutScopes = answer => JSON.parse(JSON.stringify(answer, (name, value) => (name === 'scopes' ? undefined : value)));
