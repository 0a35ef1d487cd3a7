// The signed tokens of sessions and machines, valid and invalid: each kind by its name.
//
// Times are relative to the moment at which the clocks of a run are frozen.

import { CATEGORY, KEY_ID } from './signing.mjs';

const HOUR = 3600;
/** Less than the day of skew that a development instance allows for a handshake, and more than every configured skew. */
const HOURS = 2 * HOUR;
/** More than that day. */
const DAYS = 200_000;
/** Rejected, except with an hour of skew. */
const MINUTES = 40 * 60;

export const IDS = { user: 'user_parity', session: 'sess_parity', organization: 'org_acme', slug: 'acme' };

/** Numbers that an imprecise reader or writer of JSON changes. */
export const HARD_NUMBERS = {
  sum: 0.1 + 0.2, third: 1 / 3, digits: 123456789.12345679, large: 1.7976931348623157e308, small: 5e-324, normal: 2.2250738585072014e-308,
  tie: 9007199254740993.5, exact: 9007199254740991, negative: -0.000001234567890123456, exponent: 1e21, below: 1e-7, pi: Math.PI, e: Math.E,
};

/** The claims about the user, beside those that decide whether the token is valid. */
export const CLAIMS = {
  'v1-alone': {},
  'v1-organization': {
    org_id: IDS.organization, org_role: 'org:admin', org_slug: IDS.slug, org_permissions: ['org:posts:read', 'org:posts:write'],
  },
  'v1-organization-without-permissions': { org_id: IDS.organization, org_role: 'org:member', org_slug: IDS.slug },
  'v1-with-claims-of-v2': { o: { id: 'org_other', rol: 'admin', slg: 'other' }, fea: 'o:posts', org_id: IDS.organization },
  'v2-alone': { v: 2, fva: [5, -1], sts: 'active', pla: 'u:free', fea: 'u:support' },
  'v2-organization': {
    v: 2, fva: [5, 10], sts: 'active', pla: 'o:pro', fea: 'o:posts,o:billing',
    o: { id: IDS.organization, rol: 'admin', slg: IDS.slug, per: 'read,write,manage', fpm: '3,5' },
  },
  'v2-without-role': { v: 2, o: { id: IDS.organization, slg: IDS.slug }, fea: 'o:posts' },
  'v2-without-slug': { v: 2, o: { id: IDS.organization, rol: 'member' } },
  'v2-scopes': {
    v: 2, fea: 'u:support, o:posts ,uo:billing,ou:seats,x:unknown', pla: 'u:free,o:pro',
    o: { id: IDS.organization, rol: 'member', slg: IDS.slug, per: 'read, write', fpm: '1,2,3' },
  },
  'v2-mask-past-64-bits': {
    v: 2, fea: 'o:posts',
    o: {
      id: IDS.organization, rol: 'admin', slg: IDS.slug, per: Array.from({ length: 80 }, (_, bit) => `p${bit}`).join(','),
      fpm: String((1n << 79n) | (1n << 64n) | 5n),
    },
  },
  'v2-odd-masks': {
    v: 2, fea: 'o:posts,o:billing,o:seats,o:api',
    o: { id: IDS.organization, rol: 'admin', slg: IDS.slug, per: 'read,write', fpm: '007,x,-1' },
  },
  'v2-without-masks': { v: 2, fea: 'o:posts', o: { id: IDS.organization, rol: 'admin', slg: IDS.slug, per: 'read' } },
  'v2-more-masks-than-features': {
    v: 2, fea: 'o:posts', o: { id: IDS.organization, rol: 'admin', slg: IDS.slug, per: 'read', fpm: '255,1,1' },
  },
  'v2-malformed-features': { v: 2, fea: 'posts', o: { id: IDS.organization, rol: 'admin', slg: IDS.slug, per: 'read', fpm: '1' } },
  'v2-with-claims-of-v1': { v: 2, org_id: IDS.organization, org_role: 'org:admin', org_slug: IDS.slug },
  'v2-null-organization': { v: 2, o: null, fea: 'o:posts' },
  'version-as-text': { v: '2', o: { id: IDS.organization, rol: 'admin', slg: IDS.slug } },
  'other-organization': { v: 2, o: { id: 'org_other', rol: 'admin', slg: 'other' } },
  impersonated: { v: 2, act: { sub: 'user_support', iss: 'https://dashboard.clerk.com' }, fva: [-1, -1] },
  'impersonated-v1': { act: { sub: 'user_support' }, fva: [0, 0] },
  'hard-numbers': { v: 2, metadata: HARD_NUMBERS },
  'empty-texts': { v: 2, sts: '', pla: '', fea: '', o: { id: '', rol: '', slg: '', per: '', fpm: '' } },
  'empty-texts-of-v1': { org_id: '', org_role: '', org_slug: '', org_permissions: [] },
  'v1-role-without-organization': { org_role: 'org:admin', org_permissions: ['org:posts:read'] },
  'v1-slug-without-organization': { org_slug: IDS.slug },
  'nulls-of-v1': { org_id: null, org_role: null, org_slug: null, org_permissions: null, act: null, fva: null },
  'permissions-in-a-text': { org_id: IDS.organization, org_role: 'org:admin', org_permissions: 'org:posts:read' },
  'status-unknown': { v: 2, sts: 'waiting' },
  'ages-odd': { v: 2, fva: ['5', null] },
  'ages-three': { v: 2, fva: [1, 2, 3] },
  'actor-a-text': { v: 2, act: 'user_support' },
  'named-like-members': { v: 2, userId: 'user_evil', tokenType: 'x', isAuthenticated: false, toString: 'x', constructor: 1 },
  custom: { v: 2, metadata: { plan: 'gold', nested: [1, 2.5, null, { deep: true }] }, name: 'Zoë ✓', empty: '' },
};

const times = (iat, exp, nbf = iat - 10) => ({ iat, exp, nbf });

/** The difference between each kind and a valid token: `payload` overrides claims, `header` overrides members of the header. */
const KINDS = {
  good: () => ({}),
  older: ({ now }) => ({ payload: times(now - 1000, now + HOUR) }),
  newer: ({ now }) => ({ payload: times(now - 60, now + HOUR) }),

  // Times
  expired: ({ now }) => ({ payload: times(now - 900, now - 600) }),
  'expired-hours-ago': ({ now }) => ({ payload: times(now - HOURS - 60, now - HOURS) }),
  'expired-days-ago': ({ now }) => ({ payload: times(now - DAYS - 60, now - DAYS) }),
  'expired-without-sid': ({ now }) => ({ payload: { ...times(now - HOURS - 60, now - HOURS), sid: undefined } }),
  'not-yet': ({ now }) => ({ payload: { nbf: now + HOURS } }),
  'not-yet-by-minutes': ({ now }) => ({ payload: { nbf: now + MINUTES } }),
  'not-yet-by-days': ({ now }) => ({ payload: { nbf: now + DAYS } }),
  'from-the-future': ({ now }) => ({ payload: { iat: now + HOURS, exp: now + 2 * HOURS } }),
  'from-the-future-by-minutes': ({ now }) => ({ payload: { iat: now + MINUTES } }),
  'from-the-future-by-days': ({ now }) => ({ payload: { iat: now + DAYS, exp: now + 2 * DAYS } }),
  'expired-and-not-yet': ({ now }) => ({ payload: { exp: now - HOURS, nbf: now + HOURS } }),
  'expired-with-wrong-azp': ({ now }) => ({ payload: { ...times(now - HOURS - 60, now - HOURS), azp: 'https://evil.example' } }),
  'no-exp': () => ({ payload: { exp: undefined } }),
  'exp-as-text': ({ now }) => ({ payload: { exp: String(now + HOUR) } }),
  'exp-null': () => ({ payload: { exp: null } }),
  'exp-fraction': ({ now }) => ({ payload: { exp: now + HOUR + 0.5 } }),
  'exp-negative': () => ({ payload: { exp: -1 } }),
  // After the last valid date
  'exp-huge': () => ({ payload: { exp: 1e300 } }),
  'nbf-huge': () => ({ payload: { nbf: 1e300 } }),
  'iat-huge': () => ({ payload: { iat: 1e300 } }),
  'no-nbf': () => ({ payload: { nbf: undefined } }),
  'nbf-as-text': () => ({ payload: { nbf: 'soon' } }),
  'nbf-null': () => ({ payload: { nbf: null } }),
  'no-iat': () => ({ payload: { iat: undefined } }),
  'iat-as-text': ({ now }) => ({ payload: { iat: String(now - 100) } }),
  'iat-null': () => ({ payload: { iat: null } }),
  'iat-fraction': ({ now }) => ({ payload: { iat: now - 100.5 } }),

  // Within the skew or just beyond it, to the second
  'expired-at-the-edge': ({ now, skew }) => ({ payload: { exp: now - skew } }),
  'expired-within-the-edge': ({ now, skew }) => ({ payload: { exp: now - skew + 1 } }),
  'expired-by-a-fraction': ({ now, skew }) => ({ payload: { exp: now - skew + 0.5 } }),
  'not-yet-at-the-edge': ({ now, skew }) => ({ payload: { nbf: now + skew } }),
  'not-yet-beyond-the-edge': ({ now, skew }) => ({ payload: { nbf: now + skew + 1 } }),
  'not-yet-by-a-fraction': ({ now, skew }) => ({ payload: { nbf: now + skew + 0.5 } }),
  'from-the-future-at-the-edge': ({ now, skew }) => ({ payload: { iat: now + skew } }),
  'from-the-future-beyond-the-edge': ({ now, skew }) => ({ payload: { iat: now + skew + 1 } }),
  'expired-a-day-ago': ({ now }) => ({ payload: times(now - 86_460, now - 86_400) }),
  'expired-almost-a-day-ago': ({ now }) => ({ payload: times(now - 86_460, now - 86_399) }),

  // Signatures and keys
  'bad-signature': () => ({ edit: token => token.slice(0, -8) + (token.endsWith('AAAAAAAA') ? 'BBBBBBBA' : 'AAAAAAAA') }),
  'swapped-payload': () => ({ edit: token => withPayload(token, payload => ({ ...payload, sub: 'user_evil' })) }),
  'no-signature': () => ({ edit: token => token.slice(0, token.lastIndexOf('.') + 1) }),
  'of-a-stranger': () => ({ key: 'stranger' }),
  'wrong-kid': () => ({ header: { kid: 'ins_elsewhere' } }),
  'another-wrong-kid': () => ({ header: { kid: 'ins_nowhere' } }),
  'no-kid': () => ({ header: { kid: undefined } }),
  'kid-latin-1': () => ({ header: { kid: 'clé' } }),
  'kid-beyond-latin-1': () => ({ header: { kid: 'ключ' } }),
  'kid-with-line-break': () => ({ header: { kid: 'a\r\nx-injected: 1' } }),
  'alg-none': () => ({ header: { alg: 'none' } }),
  'alg-hs256': () => ({ header: { alg: 'HS256' } }),
  'alg-missing': () => ({ header: { alg: undefined } }),
  'alg-rs384': () => ({ alg: 'RS384', header: { alg: 'RS384' } }),
  'alg-rs512': () => ({ alg: 'RS512', header: { alg: 'RS512' } }),
  'alg-of-another': () => ({ alg: 'RS512' }),
  'alg-lower-case': () => ({ header: { alg: 'rs256' } }),
  'alg-es256': () => ({ header: { alg: 'ES256' } }),
  'alg-ps256': () => ({ header: { alg: 'PS256' } }),
  'alg-a-number': () => ({ header: { alg: 256 } }),
  'kid-a-number': () => ({ header: { kid: 7 } }),
  'kid-empty': () => ({ header: { kid: '' } }),
  'kid-null': () => ({ header: { kid: null } }),
  'kid-named-like-a-member': () => ({ header: { kid: '__proto__' } }),
  'kid-rotated': () => ({ key: 'stranger', header: { kid: 'ins_rotated' } }),
  'of-a-weak-key': () => ({ key: 'weak' }),
  'with-crit': () => ({ header: { crit: ['exp'] } }),
  'with-empty-crit': () => ({ header: { crit: [] } }),
  'with-unencoded-payload': () => ({ header: { b64: false } }),
  'with-more-in-the-header': () => ({ header: { jku: 'https://evil.example', jwk: {}, x5u: 'x', zip: 'DEF' } }),

  // Classes of token
  template: () => ({ header: { cat: CATEGORY.template }, payload: { sid: undefined } }),
  'category-ignore': () => ({ header: { cat: CATEGORY.ignore } }),
  'no-category': () => ({ header: { cat: undefined } }),
  'category-m2m': () => ({ header: { cat: CATEGORY.m2m } }),
  'category-unknown': () => ({ header: { cat: CATEGORY.unknown } }),
  'category-null': () => ({ header: { cat: null } }),
  'no-typ': () => ({ header: { typ: undefined } }),
  'typ-lower-case': () => ({ header: { typ: 'jwt' } }),
  'typ-null': () => ({ header: { typ: null } }),
  'typ-other': () => ({ header: { typ: 'JWE' } }),
  m2m: ({ now }) => machine(now, { sub: 'mch_parity', scopes: 'mch_a mch_b', jti: 'mt_1' }, { cat: CATEGORY.m2m }),
  'm2m-without-category': ({ now }) =>
    machine(now, { sub: 'mch_parity', aud: ['mch_a'], jti: 'mt_1', custom: 1 }, { cat: undefined }),
  'm2m-of-a-session': ({ now }) => machine(now, { sub: 'mch_parity', jti: 'mt_1' }, { cat: CATEGORY.session }),
  'm2m-expired': ({ now }) => machine(now - DAYS, { sub: 'mch_parity', jti: 'mt_1' }, { cat: CATEGORY.m2m }),
  'm2m-bad-signature': ({ now }) => ({ ...machine(now, { sub: 'mch_parity' }, { cat: CATEGORY.m2m }), key: 'stranger' }),
  'm2m-wrong-kid': ({ now }) => machine(now, { sub: 'mch_parity' }, { cat: CATEGORY.m2m, kid: 'ins_elsewhere' }),
  'm2m-bare': ({ now }) => machine(now, { sub: 'mch_parity' }, { cat: undefined, typ: undefined }),
  oauth: ({ now }) =>
    machine(now, { sub: IDS.user, scp: ['profile', 'email'], client_id: 'client_1', jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-long-typ': ({ now }) =>
    machine(now, { sub: IDS.user, scope: 'profile email', client_id: 'client_1' }, { typ: 'application/at+jwt' }),
  'oauth-for-audience': ({ now }) => machine(now, { sub: IDS.user, aud: ['web', 'x'], jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-for-another-audience': ({ now }) => machine(now, { sub: IDS.user, aud: 'elsewhere', jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-empty-audience': ({ now }) => machine(now, { sub: IDS.user, aud: ['web', ''], jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-expired': ({ now }) => machine(now - DAYS, { sub: IDS.user, jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-of-a-machine': ({ now }) => machine(now, { sub: 'mch_parity', jti: 'x' }, { typ: 'at+jwt' }),
  'm2m-with-scopes-in-a-list': ({ now }) => machine(now, { sub: 'mch_parity', scopes: ['mch_a'], jti: 'mt_1' }, { cat: CATEGORY.m2m }),
  'm2m-with-an-audience-in-a-text': ({ now }) => machine(now, { sub: 'mch_parity', aud: 'web', jti: 'mt_1' }, { cat: CATEGORY.m2m }),
  'm2m-for-another-audience': ({ now }) => machine(now, { sub: 'mch_parity', aud: ['elsewhere'], jti: 'mt_1' }, { cat: CATEGORY.m2m }),
  'm2m-with-claims': ({ now }) =>
    machine(now, { sub: 'mch_parity', scopes: '', jti: 'mt_1', azp: 'https://evil.example', team: { a: 1 } }, { cat: CATEGORY.m2m }),
  'm2m-category-ignore': ({ now }) => machine(now, { sub: 'mch_parity', jti: 'mt_1' }, { cat: CATEGORY.ignore }),
  'm2m-category-null': ({ now }) => machine(now, { sub: 'mch_parity', jti: 'mt_1' }, { cat: null }),
  'm2m-early': ({ now }) => machine(now + DAYS, { sub: 'mch_parity', jti: 'mt_1' }, { cat: CATEGORY.m2m }),
  'm2m-alg-none': ({ now }) => machine(now, { sub: 'mch_parity', jti: 'mt_1' }, { cat: CATEGORY.m2m, alg: 'none' }),
  'm2m-padded': ({ now }) => ({ ...machine(now, { sub: 'mch_parity', jti: 'mt_1' }, { cat: undefined }), edit: padded }),
  'm2m-after-a-prefix': ({ now }) =>
    ({ ...machine(now, { sub: 'mch_parity', jti: 'mt_1' }, { cat: CATEGORY.m2m }), edit: token => `mt_${token}` }),
  'oauth-with-category-of-a-session': ({ now }) => machine(now, { sub: IDS.user, jti: 'oat_1' }, { typ: 'at+jwt', cat: CATEGORY.session }),
  'oauth-bad-signature': ({ now }) => ({ ...machine(now, { sub: IDS.user }, { typ: 'at+jwt' }), key: 'stranger' }),
  'oauth-scopes-in-a-text': ({ now }) => machine(now, { sub: IDS.user, scp: 'a b', jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-empty-subject': ({ now }) => machine(now, { sub: '', jti: 'oat_1' }, { typ: 'at+jwt' }),
  'oauth-without-subject': ({ now }) => machine(now, { jti: 'oat_1' }, { typ: 'at+jwt' }),

  // Unusual JSON
  'claim-twice-good-last': () => ({ text: json => json.replace('{', '{"sub":"user_evil",') }),
  'claim-twice-good-first': () => ({ text: json => json.replace(/}$/, ',"sub":"user_evil"}') }),
  'claim-twice-of-times': () => ({ text: json => json.replace('{', '{"exp":1,') }),
  'claim-names-escaped': () => ({ text: json => json.replace('"sub"', '"s\\u0075b"') }),
  'lone-surrogate': () => ({ text: json => json.replace(/}$/, ',"name":"\\ud800"}') }),
  'surrogate-pair': () => ({ text: json => json.replace(/}$/, ',"name":"\\ud83d\\ude00"}') }),
  'nul-in-a-text': () => ({ text: json => json.replace(/}$/, ',"name":"a\\u0000b"}') }),
  'number-beyond-doubles': () => ({ text: json => json.replace(/}$/, ',"n":1e400}') }),
  'number-too-small': () => ({ text: json => json.replace(/}$/, ',"n":1e-400}') }),
  'number-minus-zero': () => ({ text: json => json.replace(/}$/, ',"n":-0}') }),
  'number-of-many-digits': () => ({ text: json => json.replace(/}$/, `,"n":0.${'1234567890'.repeat(10)}}`) }),
  'number-beyond-64-bits': () => ({ text: json => json.replace(/}$/, ',"n":18446744073709551616,"m":9007199254740993}') }),
  'times-with-exponents': ({ now }) => ({ text: json => json.replace(/"exp":\d+/, `"exp":${(now + HOUR) / 1e9}e9`) }),
  'times-with-fraction-zero': () => ({ text: json => json.replace(/"exp":(\d+)/, '"exp":$1.0') }),
  'nested-60': () => ({ text: json => json.replace(/}$/, `,"n":${'['.repeat(60)}${']'.repeat(60)}}`) }),
  'nested-140': () => ({ text: json => json.replace(/}$/, `,"n":${'['.repeat(140)}${']'.repeat(140)}}`) }),
  'white-space': () => ({ text: json => ` \n${json.replaceAll(',', ' ,\t')}\r\n ` }),
  'form-feed': () => ({ text: json => `\f${json}` }),
  'byte-order-mark': () => ({ text: json => `\ufeff${json}` }),
  'trailing-comma': () => ({ text: json => json.replace(/}$/, ',}') }),
  'not-utf-8': () => ({ text: json => Buffer.concat([Buffer.from(json.replace(/}$/, ',"name":"')), Buffer.from([0xe9, 0x22, 0x7d])]) }),
  'claim-named-proto': () => ({ text: json => json.replace(/}$/, ',"__proto__":{"sub":"user_evil"}}') }),
  'claim-of-raw-json': () => ({ text: json => json.replace(/}$/, ',"name":{"$serde_json::private::RawValue":"1"}}') }),

  // Claims
  pending: () => ({ payload: { sts: 'pending' } }),
  'no-azp': () => ({ payload: { azp: undefined } }),
  'empty-azp': () => ({ payload: { azp: '' } }),
  'wrong-azp': () => ({ payload: { azp: 'https://evil.example' } }),
  'second-azp': () => ({ payload: { azp: 'http://localhost:3000' } }),
  'aud-of-ours': () => ({ payload: { aud: 'web' } }),
  'aud-of-another': () => ({ payload: { aud: 'elsewhere' } }),
  'aud-list-with-ours': () => ({ payload: { aud: ['elsewhere', 'web'] } }),
  'aud-list-of-others': () => ({ payload: { aud: ['elsewhere', 'nowhere'] } }),
  'aud-empty-list': () => ({ payload: { aud: [] } }),
  'aud-number': () => ({ payload: { aud: 7 } }),
  'aud-mixed-list': () => ({ payload: { aud: ['elsewhere', 7] } }),
  'azp-file': () => ({ payload: { azp: 'file://' } }),
  'azp-null': () => ({ payload: { azp: 'null' } }),
  'azp-app': () => ({ payload: { azp: 'com.example.app' } }),
  'azp-extension': () => ({ payload: { azp: 'chrome-extension://abcdefghijklmnop' } }),
  'azp-of-letters': () => ({ payload: { azp: 'https://münchen.example' } }),
  'azp-of-letters-encoded': () => ({ payload: { azp: 'https://xn--mnchen-3ya.example' } }),
  'azp-in-capitals': () => ({ payload: { azp: 'https://APP.example.com' } }),
  'azp-with-slash': () => ({ payload: { azp: 'https://app.example.com/' } }),
  'azp-with-port': () => ({ payload: { azp: 'https://app.example.com:443' } }),
  'azp-of-a-sibling': () => ({ payload: { azp: 'https://b.example.com' } }),
  'azp-a-number': () => ({ payload: { azp: 7 } }),
  'azp-a-null': () => ({ payload: { azp: null } }),
  'aud-empty-text': () => ({ payload: { aud: '' } }),
  'aud-null': () => ({ payload: { aud: null } }),
  'sub-empty': () => ({ payload: { sub: '' } }),
  'sid-number': () => ({ payload: { sid: 7 } }),
  'sid-empty': () => ({ payload: { sid: '' } }),
  'no-sub': () => ({ payload: { sub: undefined } }),
  'sub-number': () => ({ payload: { sub: 7 } }),
  'no-sid': () => ({ payload: { sid: undefined } }),
  'foreign-issuer': () => ({ payload: { iss: 'https://other-fox-7.clerk.accounts.dev' } }),
  'no-issuer': () => ({ payload: { iss: undefined } }),
  'issuer-number': () => ({ payload: { iss: 7 } }),
  'issuer-without-scheme': ({ configuration }) => ({ payload: { iss: configuration.frontendApi } }),
  'issuer-http': ({ configuration }) => ({ payload: { iss: `HTTP://${configuration.frontendApi}` } }),
  'issuer-with-slash': ({ configuration }) => ({ payload: { iss: `https://${configuration.frontendApi}/` } }),
};

/** The token with base64 padding, which a JWT does not have: at least one sign. */
function padded(token) {
  const text = token.split('.').map(part => part + '='.repeat((4 - (part.length % 4)) % 4)).join('.');
  return text.includes('=') ? text : `${text}=`;
}

/** Texts that are not tokens, or that are not valid encodings of one. */
const TEXTS = {
  garbage: () => 'garbage',
  'two-parts': () => 'a.b',
  'four-parts': token => `${token}.x`,
  undecodable: () => 'not.base64!.atall',
  'three-dots-only': () => '..',
  padded,
  'standard-base64': token => token.replaceAll('-', '+').replaceAll('_', '/'),
  'header-not-json': token => `${encode('{alg')}.${token.split('.')[1]}.AAAA`,
  'header-is-a-number': token => `${encode('5')}.${token.split('.')[1]}.AAAA`,
  'payload-is-a-list': token => `${token.split('.')[0]}.${encode('[1]')}.AAAA`,
  'payload-is-text': token => `${token.split('.')[0]}.${encode('"x"')}.AAAA`,
  'trailing-equals': token => `${token}=`,
  'trailing-space': token => `${token} `,
  'trailing-bits': token => token.slice(0, -1) + LAST_CHARACTERS[token.at(-1)],
  'empty-header': token => `.${token.split('.').slice(1).join('.')}`,
  'header-is-a-list': token => `${encode('[]')}.${token.split('.')[1]}.AAAA`,
  'payload-is-null': token => `${token.split('.')[0]}.${encode('null')}.AAAA`,
  'header-is-null': token => `${encode('null')}.${token.split('.')[1]}.AAAA`,
};

/** For each last character of a signature of 256 bytes, another that decodes to the same bytes. */
const LAST_CHARACTERS = { A: 'B', Q: 'R', g: 'h', w: 'x' };

const encode = text => Buffer.from(text).toString('base64url');

/** The claims, as a text if the kind writes their JSON. */
const written = (claims, text) => (text ? text(JSON.stringify(claims)) : claims);

function withPayload(token, change) {
  const [header, payload, signature] = token.split('.');
  return [header, encode(JSON.stringify(change(JSON.parse(Buffer.from(payload, 'base64url'))))), signature].join('.');
}

/** A machine token has its own claims, which replace those of a session. */
function machine(now, claims, header) {
  return { header, only: { iat: now - 100, nbf: now - 110, exp: now + HOUR, iss: 'https://clerk.example.com', ...claims } };
}

export const KIND_NAMES = [...Object.keys(KINDS), ...Object.keys(TEXTS)];

/** The token of that kind, for the instance of `context.configuration`, with these claims about the user. */
export function sessionToken(context, kind, claims = 'v2-organization') {
  if (TEXTS[kind]) return TEXTS[kind](sessionToken(context, 'good', claims));
  const { configuration, now, mint } = context;
  const skew = (configuration.settings.clock_skew_ms ?? 5000) / 1000;
  const { header, payload, only, key, alg, text, edit = token => token } = KINDS[kind]({ ...context, skew });
  const token = mint.mint({
    header: { alg: 'RS256', typ: 'JWT', kid: KEY_ID, cat: CATEGORY.session, ...header },
    payload: written(only ?? {
      iss: `https://${configuration.frontendApi}`,
      sub: IDS.user,
      sid: context.session ?? IDS.session,
      azp: 'https://app.example.com',
      ...times(now - 100, now + HOUR),
      ...CLAIMS[claims],
      ...payload,
    }, text),
    key,
    alg,
  });
  return edit(token);
}
