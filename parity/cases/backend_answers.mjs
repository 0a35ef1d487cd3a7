// The answers of the Backend API, encoded in the request: handshake nonces, refresh tokens and opaque tokens. Also handshake tokens.
//
// The stand-in for the Backend API is stateless: a nonce or a refresh token *is* its answer, encoded. So any program can replay a case.

import { HARD_NUMBERS, KIND_NAMES, sessionToken } from './session_tokens.mjs';
import { CATEGORY, KEY_ID } from './signing.mjs';

/**
 * Encodes an answer as a nonce or a refresh token. A text is sent as plain text, any other body as JSON, and an undefined body not at
 * all. The answer includes the case's failures of the Backend API (`backend_failures.mjs`).
 */
export function encodeAnswer({ index, stumble }, status, body) {
  return Buffer.from(JSON.stringify({ case: index, status, body, ...stumble })).toString('base64url');
}

/** Decodes an answer. Returns null if the text is not an encoded answer. */
export function decodeAnswer(text) {
  try {
    const answer = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Number.isInteger(answer?.status) ? answer : null;
  } catch {
    return null;
  }
}

/** A truncated body, shorter than its `Content-Length`. */
export const CUT_SHORT = { cut: 'short' };

export function errorBody(...codes) {
  return { errors: codes.map(code => ({ code, message: 'As asked for.', long_message: 'As the request asked for.' })) };
}

const ATTRIBUTES = 'Path=/; SameSite=Lax';

const sessionCookies = (suffix, token) => [`__session=${token}; ${ATTRIBUTES}`, `__session_${suffix}=${token}; ${ATTRIBUTES}`];

const uatCookies = (suffix, uat) => [`__client_uat=${uat}; ${ATTRIBUTES}`, `__client_uat_${suffix}=${uat}; ${ATTRIBUTES}`];

/** The `Set-Cookie` values of a handshake, other than those with a session of one kind. */
const DIRECTIVES = {
  'session-in-plain-cookie': (suffix, token) => [sessionCookies(suffix, token('good'))[0]],
  'session-in-suffixed-cookie': (suffix, token) => [sessionCookies(suffix, token('good'))[1]],
  'signed-out': suffix => [
    `__session=; ${ATTRIBUTES}; Max-Age=0`, `__session_${suffix}=; ${ATTRIBUTES}; Max-Age=0`, ...uatCookies(suffix, 0),
  ],
  'no-session': suffix => uatCookies(suffix, 0),
  empty: () => [],
  'bad-then-good': (suffix, token) => [`__session=garbage; ${ATTRIBUTES}`, `__session_${suffix}=${token('good')}; ${ATTRIBUTES}`],
  'good-then-bad': (suffix, token) => [`__session=${token('good')}; ${ATTRIBUTES}`, `__session_${suffix}=garbage; ${ATTRIBUTES}`],
  'good-then-cleared': (suffix, token) => [`__session=${token('good')}; ${ATTRIBUTES}`, `__session_${suffix}=; Max-Age=0`],
  'session-without-equals': () => [`__session; ${ATTRIBUTES}`],
  'session-with-another-equals': (suffix, token) => [`__session=${token('good')}=x; ${ATTRIBUTES}`],
  'a-name-that-starts-alike': (suffix, token) => [...sessionCookies(suffix, token('good')), `__sessions_seen=3; ${ATTRIBUTES}`],
  'latin-1': (suffix, token) => [`name=Zoë; ${ATTRIBUTES}`, ...sessionCookies(suffix, token('good'))],
  'beyond-latin-1': (suffix, token) => [`name=✓; ${ATTRIBUTES}`, ...sessionCookies(suffix, token('good'))],
  'line-break': (suffix, token) => [`name=a\r\nx-injected: 1; ${ATTRIBUTES}`, ...sessionCookies(suffix, token('good'))],
  'not-text': (suffix, token) => [7, ...sessionCookies(suffix, token('good'))],
  'foreign-names': (suffix, token) => [...sessionCookies(suffix, token('good')), `__Host-csrf=x; ${ATTRIBUTES}; Secure`, `theme=dark; ${ATTRIBUTES}`],
  'own-names': (suffix, token) => [
    ...sessionCookies(suffix, token('good')), `__client_uat=1; ${ATTRIBUTES}`, `__refresh_${suffix}=r; ${ATTRIBUTES}; HttpOnly`,
    `__clerk_db_jwt=dvb_new; ${ATTRIBUTES}`, `__client=c; ${ATTRIBUTES}`, `clerk_active_context=x; ${ATTRIBUTES}`,
  ],
};

/** The names of the cookies that a handshake sets: a list above, or a kind of session. */
export const DIRECTIVE_NAMES = [...Object.keys(DIRECTIVES), ...KIND_NAMES];

export function directives(context, name, claims) {
  const { configuration, now } = context;
  const token = kind => sessionToken(context, kind, claims);
  if (DIRECTIVES[name]) return DIRECTIVES[name](configuration.suffix, token);
  return [...sessionCookies(configuration.suffix, token(name)), ...uatCookies(configuration.suffix, now - 100)];
}

/** Answers to `GET /clients/handshake_payload`. */
const NONCES = {
  directives: list => [200, { directives: list }],
  'not-found': () => [404, errorBody('resource_not_found')],
  'server-error': () => [500, 'something went wrong'],
  'no-directives': () => [200, {}],
  'null-directives': () => [200, { directives: null }],
  text: () => [200, 'directives'],
  null: () => [200, null],
};

export const NONCE_NAMES = [...Object.keys(NONCES), 'unknown', 'too-long'];

export function handshakeNonce(context, name, list) {
  if (name === 'unknown') return `nonce_unknown_${context.index}`;
  if (name === 'too-long') return `nonce${'x'.repeat(5000)}_unknown_${context.index}`;
  return encodeAnswer(context, ...NONCES[name](list));
}

/** Handshake tokens: a list of directives that the instance has signed, and invalid ones. */
const HANDSHAKE_TOKENS = {
  signed: list => ({ payload: { handshake: list } }),
  'category-ignore': list => ({ header: { cat: CATEGORY.ignore }, payload: { handshake: list } }),
  'no-category': list => ({ header: { cat: undefined }, payload: { handshake: list } }),
  'no-typ': list => ({ header: { typ: undefined }, payload: { handshake: list } }),
  expired: (list, now) => ({ payload: { handshake: list, exp: now - 7200 } }),
  'expired-at-the-edge': (list, now) => ({ payload: { handshake: list, exp: now - 5 } }),
  'from-the-future': (list, now) => ({ payload: { handshake: list, iat: now + 7200, exp: now + 9000 } }),
  'in-time': (list, now) => ({ payload: { handshake: list, iat: now - 10, nbf: now - 20, exp: now + 60 } }),
  'exp-as-text': (list, now) => ({ payload: { handshake: list, exp: String(now + 60) } }),
  'with-crit': list => ({ header: { crit: ['x'] }, payload: { handshake: list } }),
  'not-a-list': () => ({ payload: { handshake: '__session=x' } }),
  'no-list': () => ({ payload: { sub: 'user_parity' } }),
  template: list => ({ header: { cat: CATEGORY.template }, payload: { handshake: list } }),
  'category-m2m': list => ({ header: { cat: CATEGORY.m2m }, payload: { handshake: list } }),
  'of-a-stranger': list => ({ key: 'stranger', payload: { handshake: list } }),
  'wrong-kid': list => ({ header: { kid: 'ins_elsewhere' }, payload: { handshake: list } }),
  'alg-none': list => ({ header: { alg: 'none' }, payload: { handshake: list } }),
  'alg-rs512': list => ({ alg: 'RS512', header: { alg: 'RS512' }, payload: { handshake: list } }),
  'typ-other': list => ({ header: { typ: 'at+jwt' }, payload: { handshake: list } }),
};

export const HANDSHAKE_TOKEN_NAMES = [...Object.keys(HANDSHAKE_TOKENS), 'garbage', 'undecodable'];

export function handshakeToken(context, name, list) {
  if (name === 'garbage') return 'garbage';
  if (name === 'undecodable') return 'not.base64!.atall';
  const { header, ...rest } = HANDSHAKE_TOKENS[name](list, context.now);
  return context.mint.mint({ header: { alg: 'RS256', typ: 'JWT', kid: KEY_ID, cat: CATEGORY.session, ...header }, ...rest });
}

/** Answers to `POST /sessions/SID/refresh`. */
const REFRESHES = {
  good: cookies => [200, { object: 'cookies', cookies: cookies('good') }],
  'good-without-type': cookies => [200, { cookies: cookies('good') }],
  pending: cookies => [200, { object: 'cookies', cookies: cookies('pending') }],
  'wrong-azp': cookies => [200, { object: 'cookies', cookies: cookies('wrong-azp') }],
  'bad-signature': cookies => [200, { object: 'cookies', cookies: cookies('bad-signature') }],
  'still-expired': cookies => [200, { object: 'cookies', cookies: cookies('expired-hours-ago') }],
  'no-session': () => [200, { object: 'cookies', cookies: [`other=1; ${ATTRIBUTES}`] }],
  'no-cookies': () => [200, { object: 'cookies', cookies: [] }],
  'cookies-missing': () => [200, { object: 'cookies' }],
  'not-text-among-good': cookies => [200, { object: 'cookies', cookies: [7, ...cookies('good'), null] }],
  'line-break-among-good': cookies => [200, { object: 'cookies', cookies: [`a=b\r\nx-injected: 1; ${ATTRIBUTES}`, ...cookies('good')] }],
  'beyond-latin-1-among-good': cookies => [200, { object: 'cookies', cookies: [...cookies('good'), `name=✓; ${ATTRIBUTES}`] }],
  'foreign-names-among-good': cookies => [200, { object: 'cookies', cookies: [...cookies('good'), `__Host-csrf=x; ${ATTRIBUTES}`] }],
  'cookies-in-a-text': cookies => [200, { object: 'cookies', cookies: cookies('good')[0] }],
  text: () => [200, 'refreshed'],
  null: () => [200, null],
  'no-content': () => [204],
  'session-revoked': () => [401, errorBody('session_revoked')],
  'refresh-token-expired': () => [400, errorBody('refresh_token_expired', 'second_code')],
  'unexpected-error': () => [500, errorBody('unexpected_error')],
  'no-code': () => [400, { errors: [{ message: 'As asked for.' }] }],
  'code-beyond-latin-1': () => [400, errorBody('код')],
  'no-errors': () => [422, { errors: [] }],
  'no-envelope': () => [500, { oops: true }],
  'server-error': () => [500, 'something went wrong'],
};

export const REFRESH_NAMES = [...Object.keys(REFRESHES), 'unknown'];

export function refreshToken(context, name) {
  if (name === 'unknown') return `refresh_unknown_${context.index}`;
  const { suffix } = context.configuration;
  const cookies = kind => [
    ...sessionCookies(suffix, sessionToken(context, kind)),
    `__refresh_${suffix}=rotated; ${ATTRIBUTES}; HttpOnly`,
  ];
  return encodeAnswer(context, ...REFRESHES[name](cookies));
}

const API_KEY = { object: 'api_key', id: 'ak_1', name: 'Key', subject: 'user_parity', scopes: ['read'], claims: { team: 'a' } };
const M2M_TOKEN = { object: 'machine_to_machine_token', id: 'mt_1', subject: 'mch_parity', scopes: ['mch_a'], claims: { team: 'a' } };
const OAUTH_TOKEN = {
  object: 'clerk_idp_oauth_access_token', id: 'oat_1', client_id: 'client_1', subject: 'user_parity', scopes: ['profile'], aud: ['web'],
};

/** The opaque tokens of each type: the prefix, the resource in a valid answer, and variants of it. */
const OPAQUE = {
  'api-key': { prefix: 'ak_', resource: API_KEY, variants: {
    'of-an-organization': { subject: 'org_acme', scopes: [], claims: null },
    'of-neither': { subject: 'app_1' },
    revoked: { revoked: true },
    'with-hard-numbers': { claims: HARD_NUMBERS },
  } },
  m2m: { prefix: 'mt_', resource: M2M_TOKEN, variants: {
    'without-claims': { claims: null, scopes: [] },
    expired: { expired: true },
  } },
  oauth: { prefix: 'oat_', resource: OAUTH_TOKEN, variants: {
    'without-audience': { aud: undefined },
    'of-another-audience': { aud: ['elsewhere'] },
    'with-an-empty-audience': { aud: ['web', ''] },
    'with-an-audience-in-a-text': { aud: 'web' },
  } },
};

/** Other answers of the endpoint that verifies an opaque token. */
const VERIFICATIONS = {
  unknown: [404, errorBody('resource_not_found')],
  'unknown-in-html': [404, '<html>Not found</html>'],
  'secret-refused': [401, errorBody('clerk_key_invalid')],
  'secret-refused-silently': [401],
  malformed: [422, errorBody('form_param_format_invalid')],
  forbidden: [403, errorBody('authorization_invalid')],
  'too-many': [429, errorBody('too_many_requests')],
  error: [500, 'something went wrong'],
  'bad-gateway': [502, '<html>Bad gateway</html>'],
  html: [200, '<html>It works!</html>'],
  nothing: [200, ''],
  'cut-short': [200, CUT_SHORT],
};

/** Opaque machine tokens: the prefix of the type, and the answer of the endpoint that verifies them. */
const MACHINE_TOKENS = Object.fromEntries(Object.entries(OPAQUE).flatMap(([type, { prefix, resource, variants }]) => [
  [type, [prefix, 200, resource]],
  ...Object.entries(variants).map(([name, changes]) => [`${type}-${name}`, [prefix, 200, { ...resource, ...changes }]]),
  ...Object.entries(VERIFICATIONS).map(([name, answer]) => [`${type}-${name}`, [prefix, ...answer]]),
]));

export const MACHINE_TOKEN_NAMES = Object.keys(MACHINE_TOKENS);
export const MACHINE_TOKEN_PREFIX = /^(ak|mt|oat)_/;

export function machineToken(context, name) {
  const [prefix, status, body] = MACHINE_TOKENS[name];
  return prefix + encodeAnswer(context, status, body);
}
