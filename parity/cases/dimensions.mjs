// The dimensions of a case: the values of each, with the weights for random cases.
//
// `none` leaves a part out. Most dimensions are `none` most of the time. Otherwise no random case would get past the first rules.

import { DIRECTIVE_NAMES, HANDSHAKE_TOKEN_NAMES, NONCE_NAMES, REFRESH_NAMES } from './backend_answers.mjs';
import { BACKEND_FAILURE_WEIGHTS } from './backend_failures.mjs';
import { DEEDS, RESPONSES } from './handlers.mjs';
import { KEY_SET_NAMES, SLOW_KEY_SETS } from './key_sets.mjs';
import { CLAIMS, KIND_NAMES } from './session_tokens.mjs';
import { SETTING_NAMES } from './settings.mjs';

const each = (names, weight = 1) => Object.fromEntries(names.map(name => [name, weight]));

/** The kinds of session. Valid ones are as frequent as all the others together. */
const SESSIONS = { ...each(KIND_NAMES), good: KIND_NAMES.length, older: 6, newer: 6, expired: 6, 'expired-hours-ago': 6 };

const TOKEN_TYPES = ['session_token', 'api_key', 'm2m_token', 'oauth_token'];

/** Each set of types that a handler can accept, as a header's value. Without the header, a handler asks for sessions and for any type. */
export const ACCEPTED_SETS = [
  'any',
  ...Array.from({ length: 2 ** TOKEN_TYPES.length - 1 }, (_, set) => TOKEN_TYPES.filter((_, at) => (set + 1) & (1 << at)).join(',')),
];

const UATS = {
  none: 12, 0: 6, old: 20, 'of-the-session': 4, newer: 4, future: 2, garbage: 1, fraction: 1, negative: 1, zeros: 1,
  hexadecimal: 1, 'with-a-tail': 1, empty: 1,
};

export const DIMENSIONS = {
  method: { GET: 80, POST: 10, HEAD: 4, PUT: 3, PATCH: 1, DELETE: 1, OPTIONS: 1, TRACE: 0.3, PROPFIND: 0.3 },
  secFetchSite: { none: 60, 'same-origin': 8, 'same-site': 4, 'cross-site': 6, user: 4, odd: 0.5, '': 0.3 },
  secFetchMode: { none: 60, navigate: 20, cors: 4, 'no-cors': 2, 'same-origin': 2, websocket: 1 },
  script: { none: 60, 'x-requested-with': 2, 'turbo-frame': 2, 'hx-request': 2 },
  upgrade: {
    none: 60, websocket: 1, WebSocket: 0.3, 'websocket-among-others': 0.3, 'websocket-without-connection': 0.3, h2c: 0.3,
    'websocket-in-two-lines': 0.3, 'connection-without-upgrade': 0.3, empty: 0.2,
  },
  repeated: {
    none: 120, 'dest-again': 1, 'dest-otherwise': 1, 'dest-before': 1, 'accept-again': 1, 'accept-before': 1, 'referer-again': 1,
    'origin-again': 1, 'site-again': 1, 'authorization-again': 1, 'mode-again': 1, 'user-agent-again': 0.5,
  },
  secFetchDest: { none: 12, document: 60, iframe: 8, empty: 10, image: 4, Document: 1, '': 1 },
  accept: {
    none: 8, 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8': 20, 'text/html': 4, '*/*': 6, 'application/json': 6,
    'application/json, text/html': 2, 'TEXT/HTML': 1,
  },
  referer: {
    none: 60, app: 4, 'app-https': 4, cross: 6, portal: 4, 'portal-over-http': 1, 'portal-with-port': 1, 'frontend-api': 3,
    'dev-portal': 3, 'legacy-dev-portal': 2, 'portal-alike': 2, 'dev-portal-alike': 1, satellite: 2, garbage: 2, opaque: 1, empty: 1,
    'latin-1': 1, sibling: 1, 'same-host-another-port': 1,
  },
  origin: {
    none: 40, app: 3, 'app-https': 3, cross: 2, sibling: 1, forwarded: 1, 'another-port': 1, localhost: 1, primary: 0.3, satellite: 0.5,
    null: 1, empty: 0.3, garbage: 0.3, capitals: 0.5, 'with-port': 0.5, 'with-slash': 0.3, 'two-origins': 0.3,
  },
  host: {
    'app.example.com': 60, 'localhost:3000': 8, 'app.example.com:8443': 3, 'APP.Example.COM': 1, 'app.example.com:80': 1,
    'app.example.com:443': 1, '127.0.0.1:3000': 1, '[::1]:3000': 1, 'app_under.example.com': 1, 'app.example.com.': 1,
    'satellite.example.net': 3, 'xn--mnchen-3ya.example': 1,
    '': 0.3, 'a b.example': 0.3, 'app.example.com:99999': 0.3, 'user@app.example.com': 0.3, 'evil.example/x': 0.3,
    'evil.example?x': 0.3, '1.2.3.4.5': 0.3, 'app.example.com:': 0.3,
  },
  forwardedHost: {
    none: 60, 'public.example.org': 8, 'public.example.org:8443': 2, 'public.example.org, inner.local': 2,
    'public.example.org,inner.local': 2, 'public.example.org:443': 1, 'PUBLIC.example.org': 1, 'two-lines': 1,
    '': 0.4, ',inner.local': 0.4, 'a b': 0.4, 'evil.example/x': 0.4, 'user@evil.example': 0.4, 'public.example.org:99999': 0.4,
  },
  forwardedProto: {
    none: 60, https: 14, http: 3, ws: 1, wss: 2, WSS: 0.3, 'wss,https': 0.3, 'https,http': 2, 'https, http': 2, 'two-lines': 1, HTTPS: 0.5,
    '': 0.4, 'https:': 0.4, ftp: 0.4, javascript: 0.4, ',https': 0.4,
  },
  path: {
    '/': 20, '/dashboard': 20, '/a/b.html': 4,
    '/orgs/acme': 6, '/orgs/acme/settings': 4, '/ORGS/acme/': 1, '/orgs/other': 4, '/orgs/other/a/b': 3, '/orgs/': 1,
    '/orgs/%61cme': 1, '/organizations/org_acme': 4, '/organizations/org_acme/x': 2, '/organizations/org_other': 3,
    '/organizations/org_other/x': 3, '/me': 4, '/me/settings': 3, '/me/': 1, '/tenant-acme': 1, '/tenant-other': 1,
    '/x/team/org_acme': 1, '/x/team/org_other': 1,
    '/caf%C3%A9': 1, "/it's(here)": 1, '/a//b': 1, '/a/../b': 1, '/a/./b': 1, '/a/%2e%2e/b': 1, '/a;b=c,d': 1, '/%zz': 1,
    '/a%2Fb': 1, '/a|b^c{d}"e': 1, '/a\\b': 0.3,
    '//evil.example/x': 0.5, '///evil.example/x': 0.2, '/\\evil.example/x': 0.2, '/a/..//evil.example/x': 0.3,
    'http://elsewhere.example/x': 0.3, '//': 0.1,
  },
  query: {
    none: 60, 'a=1&b=2': 6, 'a=1&a=2': 3, 'q=hello%20world': 2, 'q=a+b': 2, 'empty=': 2, bare: 2, '=x': 1, 'u=%E2%9C%93%C3%A9': 2,
    'pct=%': 1, 'pct=%zz&x=%41': 1, 'amp=a%26b%3Dc': 2, '&&a=1&': 1, '__clerk_help=1': 2, '__dev_session=dvb_legacy': 2,
    "quote='%22": 1, 'semi=a;b': 1, 'list%5B%5D=1': 1, 'url=https://x.example/?y=1': 2, 'bad=%FF%C3': 1,
    '__clerk_hs_reason=x&format=nonce': 1,
    'redirect_url=%2Fx': 1, '?': 1, 'tilde=~*-._!()': 1, __session: 1,
  },
  queryPlace: { before: 1, after: 1 },

  plainSession: { none: 25, ...each(KIND_NAMES), good: 60, older: 6, newer: 6, expired: 6, 'expired-hours-ago': 6 },
  suffixedSession: { none: 25, ...each(KIND_NAMES), good: 60, older: 6, newer: 6, expired: 6, 'expired-hours-ago': 6 },
  claims: each(Object.keys(CLAIMS)),
  plainUat: UATS,
  suffixedUat: UATS,
  plainDevBrowser: { none: 1, dvb_plain: 3, '': 0.1 },
  suffixedDevBrowser: { none: 1, dvb_suffixed: 3, '': 0.1 },
  queryDevBrowser: { none: 20, dvb_query: 3, '': 0.3 },
  authorization: {
    none: 60, Bearer: 16, bare: 3, bearer: 1, BEARER: 0.5, Basic: 3, Token: 1, 'Bearer-alone': 0.5, 'Bearer-two-spaces': 0.5,
    'Bearer-and-more': 0.5, 'Bearer-tab': 0.3, 'padded': 0.5, empty: 0.3,
  },
  headerSession: SESSIONS,

  handshake: { none: 70, 'nonce-in-query': 4, 'nonce-in-cookie': 4, 'token-in-query': 4, 'token-in-cookie': 4, both: 1, empty: 1 },
  nonce: { ...each(NONCE_NAMES), directives: 12 },
  handshakeToken: { ...each(HANDSHAKE_TOKEN_NAMES), signed: 12 },
  directives: {
    ...each(DIRECTIVE_NAMES, 0.3), good: 12, 'expired-hours-ago': 3, 'expired-days-ago': 3, 'signed-out': 3, 'no-session': 3,
  },
  refresh: {
    none: 40, ...each(REFRESH_NAMES), good: 4, 'session-revoked': 2, 'refresh-token-expired': 2, unknown: 2, 'plain-cookie': 1,
  },

  redirectCount: { none: 60, 0: 2, 1: 4, 2: 4, 3: 6, 4: 2, 99: 1, garbage: 1, '2.5': 0.3, '-1': 0.3, '0x3': 0.3, '': 0.3 },
  synced: { none: 40, true: 4, false: 6, maybe: 1, '': 0.3 },
  redirectUrl: {
    none: 60, satellite: 4, loopback: 4, 'loopback-needs-sync': 2, 'loopback-with-fragment': 1, 'loopback-with-dev-browser': 1, 'needs-sync': 2, 'over-http': 1, fragment: 1, 'dev-browser': 1, odd: 1, empty: 0.5, javascript: 0.4,
    data: 0.2, ftp: 0.2, relative: 0.4, garbage: 0.4,
  },
  deed: { tells: 1500, ...each(Object.keys(DEEDS).filter(name => name !== 'tells')) },
  response: { none: 1500, ...each(Object.keys(RESPONSES).filter(name => name !== 'none')) },
  inner: { none: 600, same: 1, parties: 1, audience: 1, 'no-skew': 1 },
  stumble: { none: 20000, ...BACKEND_FAILURE_WEIGHTS },
  keys: { none: 20000, ...each(KEY_SET_NAMES, 3), ...each(SLOW_KEY_SETS, 0.5) },
  rotation: { none: 6000, 'new-key': 1, 'same-id': 1, 'old-key-gone': 1, 'unknown-key-before': 1, 'new-key-later': 1 },
  setting: { none: 15000, ...each(SETTING_NAMES.filter(name => name !== 'none')) },
  cookieStyle: {
    tidy: 60, 'two-headers': 2, 'no-spaces': 2, 'duplicates-after': 2, 'duplicates-before': 2, escaped: 2, 'bad-neighbours': 2,
    quoted: 0.5, 'reverse-order': 2,
  },
};

/** Draws a value by its weight, other than `present`. */
export function draw(random, dimension, present) {
  const { [present]: _, ...others } = DIMENSIONS[dimension];
  return random.weighted(others);
}
