// Writes a plan, which has a value for each dimension, as an HTTP request.

import { directives, handshakeNonce, handshakeToken, machineToken, refreshToken } from './backend_answers.mjs';
import { PRIMARY_SIGN_IN } from './configurations.mjs';
import { sessionToken } from './session_tokens.mjs';

/**
 * Returns the request: a method, a request target and headers, as they are sent.
 *
 * `context` has the `index` and `configuration` of the case, the time `now` of the run, and the `mint`.
 */
export function buildRequest(plan, context) {
  const handshake = handshakeParts(plan, context);
  return {
    method: plan.method,
    target: target(plan, handshake),
    headers: [
      ...host(plan),
      ...repeated(plan, [
        ...fetchHeaders(plan, context.configuration),
        ...authorization(plan, context),
      ]),
      ...UPGRADES[plan.upgrade],
      ...optional('x-parity-accepts', plan.accepts),
      ...cookieHeaders(plan, cookies(plan, context, handshake)),
      ...(['POST', 'PUT', 'PATCH', 'DELETE'].includes(plan.method) ? [['content-length', '0']] : []),
    ],
  };
}

// --- The request line

function target(plan, handshake) {
  const own = [
    ...optional('__clerk_synced', plan.synced),
    ...optional('__clerk_redirect_url', plan.redirectUrl === 'none' ? 'none' : encodeURIComponent(REDIRECT_URLS[plan.redirectUrl])),
    ...optional('__clerk_db_jwt', plan.queryDevBrowser),
    ...handshake.query,
  ].map(pair => pair.join('='));
  const others = plan.query === 'none' ? [] : [plan.query];
  const query = plan.queryPlace === 'before' ? [...others, ...own] : [...own, ...others];
  return query.length ? `${plan.path}?${query.join('&')}` : plan.path;
}

const REDIRECT_URLS = {
  satellite: 'https://satellite.example.net/page?x=1',
  loopback: 'http://localhost:3001/page?x=1',
  'loopback-needs-sync': 'http://127.0.0.1:3001/page?__clerk_synced=false&y=2',
  'loopback-with-fragment': 'http://satellite.localhost:3001/page?x=%20#part',
  'loopback-with-dev-browser': 'http://[::1]:3001/?__clerk_db_jwt=dvb_other',
  'needs-sync': 'https://satellite.example.net/page?__clerk_synced=false&y=2',
  'over-http': 'http://satellite.example.net:8080',
  fragment: 'https://satellite.example.net/page?x=%20#part',
  'dev-browser': 'https://satellite.example.net/?__clerk_db_jwt=dvb_other',
  odd: 'https://user:word@SATELLITE.example.net/a b/../é?q=✓&bare',
  empty: '',
  javascript: 'javascript:alert(1)',
  data: 'data:text/html,<p>',
  ftp: 'ftp://satellite.example.net/',
  relative: '/page',
  garbage: 'not a url',
};

// --- Headers

function host(plan) {
  return [
    ['host', plan.host],
    ...lines('x-forwarded-host', plan.forwardedHost, ['public.example.org', 'second.example.org']),
    ...lines('x-forwarded-proto', plan.forwardedProto, ['https', 'http']),
  ];
}

function fetchHeaders(plan, configuration) {
  return [
    ...optional('sec-fetch-site', SITES[plan.secFetchSite] ?? plan.secFetchSite),
    ...optional('sec-fetch-mode', plan.secFetchMode),
    ...optional('sec-fetch-dest', plan.secFetchDest),
    ...(plan.script === 'none' ? [] : [[plan.script, plan.script === 'x-requested-with' ? 'XMLHttpRequest' : 'true']]),
    ...optional('accept', plan.accept),
    ...optional('referer', plan.referer === 'none' ? 'none' : REFERERS[plan.referer](configuration)),
    ...optional('origin', plan.origin === 'none' ? 'none' : ORIGINS[plan.origin]),
  ];
}

/** A space before `none`, because `none` leaves the header out. */
const SITES = { user: ' none' };

const REFERERS = {
  'latin-1': () => 'http://app.example.com/caf\u00e9',
  sibling: () => 'https://other.example.com/',
  'same-host-another-port': () => 'https://app.example.com:8443/',
  app: () => 'http://app.example.com/previous',
  'app-https': () => 'https://app.example.com/previous',
  cross: () => 'https://elsewhere.example.org/page?x=1',
  satellite: () => 'https://satellite.example.net/page',
  portal: ({ portal }) => `https://${portal}/sign-in`,
  'portal-over-http': ({ portal }) => `http://${portal}/sign-in`,
  'portal-with-port': ({ portal }) => `https://${portal}:8443/sign-in`,
  'frontend-api': ({ frontendApi }) => `https://${frontendApi}/v1/client/handshake`,
  'dev-portal': () => 'https://other-fox-7.accounts.dev/sign-in',
  'legacy-dev-portal': () => 'https://accounts.other.fox-7.lcl.dev/sign-in',
  'portal-alike': () => 'https://accounts.evil.example/sign-in',
  'dev-portal-alike': () => 'https://other-fox-7.clerk.accounts.dev/x',
  garbage: () => 'not a url',
  opaque: () => 'about:blank',
  empty: () => '',
};

const ORIGINS = {
  app: 'http://app.example.com',
  'app-https': 'https://app.example.com',
  sibling: 'https://other.example.com',
  forwarded: 'https://public.example.org',
  'another-port': 'https://app.example.com:8443',
  localhost: 'http://localhost:3000',
  satellite: 'https://satellite.example.net',
  empty: '',
  garbage: 'not an origin',
  capitals: 'HTTPS://APP.example.com',
  'with-port': 'https://app.example.com:443',
  'with-slash': 'https://app.example.com/',
  'two-origins': 'https://app.example.com https://elsewhere.example.org',
  cross: 'https://elsewhere.example.org',
  primary: new URL(PRIMARY_SIGN_IN).origin,
  null: 'null',
};

/** Repeated header lines: the name, the second line's value, and whether it comes first. */
const REPEATED = {
  'dest-again': { name: 'sec-fetch-dest' },
  'dest-otherwise': { name: 'sec-fetch-dest', value: 'empty' },
  'dest-before': { name: 'sec-fetch-dest', value: 'image', isFirst: true },
  'accept-again': { name: 'accept', value: 'application/json' },
  'accept-before': { name: 'accept', value: 'application/json', isFirst: true },
  'referer-again': { name: 'referer', value: 'https://elsewhere.example.org/page' },
  'origin-again': { name: 'origin', value: 'https://elsewhere.example.org' },
  'site-again': { name: 'sec-fetch-site', value: 'cross-site' },
  'authorization-again': { name: 'authorization', value: 'Bearer garbage' },
  'mode-again': { name: 'sec-fetch-mode', value: 'cors' },
  'user-agent-again': { name: 'user-agent', value: 'second' },
};

function repeated({ repeated }, headers) {
  if (repeated === 'none') return headers;
  const { name, value, isFirst = false } = REPEATED[repeated];
  const line = [name, value ?? headers.find(([key]) => key === name)?.[1] ?? 'document'];
  return isFirst ? [line, ...headers] : [...headers, line];
}

const WEBSOCKET = [['sec-websocket-version', '13'], ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ==']];

/** Headers that ask for another protocol. The servers' handlers ignore them. */
const UPGRADES = {
  none: [],
  websocket: [['connection', 'Upgrade'], ['upgrade', 'websocket'], ...WEBSOCKET],
  WebSocket: [['connection', 'keep-alive, upgrade'], ['upgrade', 'WebSocket'], ...WEBSOCKET],
  'websocket-among-others': [['connection', 'Upgrade'], ['upgrade', 'foo/2, websocket'], ...WEBSOCKET],
  'websocket-in-two-lines': [['connection', 'Upgrade'], ['upgrade', 'foo'], ['upgrade', 'websocket'], ...WEBSOCKET],
  'websocket-without-connection': [['upgrade', 'websocket'], ...WEBSOCKET],
  'connection-without-upgrade': [['connection', 'Upgrade']],
  h2c: [['connection', 'Upgrade, HTTP2-Settings'], ['upgrade', 'h2c'], ['http2-settings', 'AAMAAABkAAQAAP__']],
  empty: [['connection', 'Upgrade'], ['upgrade', '']],
};

function authorization(plan, context) {
  if (plan.authorization === 'none') return [];
  const opaque = plan.machineToken !== 'none';
  const token = opaque ? machineToken(context, plan.machineToken) : sessionToken(context, plan.headerSession, plan.claims);
  return [['authorization', AUTHORIZATIONS[plan.authorization](token)]];
}

const AUTHORIZATIONS = {
  Bearer: token => `Bearer ${token}`,
  bare: token => token,
  bearer: token => `bearer ${token}`,
  BEARER: token => `BEARER ${token}`,
  Basic: () => 'Basic dXNlcjpwYXNzd29yZA==',
  Token: token => `Token ${token}`,
  'Bearer-alone': () => 'Bearer',
  'Bearer-two-spaces': token => `Bearer  ${token}`,
  'Bearer-and-more': token => `Bearer ${token} x`,
  'Bearer-tab': token => `Bearer\t${token}`,
  padded: token => `  Bearer ${token}  `,
  empty: () => '',
};

// --- Cookies

function cookies(plan, context, handshake) {
  const { suffix } = context.configuration;
  const session = kind => (kind === 'none' ? 'none' : sessionToken(context, kind, plan.claims));
  const uat = name => (name === 'none' ? 'none' : UATS[name](context.now));
  const refresh = () => refreshToken(context, plan.refresh === 'plain-cookie' ? 'good' : plan.refresh);
  return [
    ...optional('__session', session(plan.plainSession)),
    ...optional(`__session_${suffix}`, session(plan.suffixedSession)),
    ...optional('__client_uat', uat(plan.plainUat)),
    ...optional(`__client_uat_${suffix}`, uat(plan.suffixedUat)),
    ...optional('__clerk_db_jwt', plan.plainDevBrowser),
    ...optional(`__clerk_db_jwt_${suffix}`, plan.suffixedDevBrowser),
    ...(plan.refresh === 'none' ? [] : [[plan.refresh === 'plain-cookie' ? '__refresh' : `__refresh_${suffix}`, refresh()]]),
    ...handshake.cookies,
    ...optional('__clerk_redirect_count', plan.redirectCount === 'garbage' ? 'many' : plan.redirectCount),
  ];
}

const UATS = {
  0: () => '0',
  old: now => String(now - 10_000),
  'of-the-session': now => String(now - 100),
  newer: now => String(now - 50),
  future: now => String(now + 5000),
  garbage: () => 'yesterday',
  fraction: () => '1.5',
  negative: () => '-5',
  zeros: () => '00',
  hexadecimal: () => '0x10',
  'with-a-tail': now => `${now - 10_000}abc`,
  empty: () => '',
};

function handshakeParts(plan, context) {
  const parts = { query: [], cookies: [] };
  if (plan.handshake === 'none') return parts;
  const list = directives(context, plan.directives, plan.claims);
  const nonce = () => ['__clerk_handshake_nonce', handshakeNonce(context, plan.nonce, list)];
  const token = () => ['__clerk_handshake', handshakeToken(context, plan.handshakeToken, list)];
  switch (plan.handshake) {
    case 'nonce-in-query': return { ...parts, query: [nonce()] };
    case 'nonce-in-cookie': return { ...parts, cookies: [nonce()] };
    case 'token-in-query': return { ...parts, query: [token()] };
    case 'token-in-cookie': return { ...parts, cookies: [token()] };
    case 'both': return { query: [nonce()], cookies: [token()] };
    case 'empty': return { query: [['__clerk_handshake', ''], ['__clerk_handshake_nonce', '']], cookies: [token()] };
    default: throw new Error(`no handshake ${plan.handshake}`);
  }
}

function cookieHeaders(plan, pairs) {
  const header = COOKIE_STYLES[plan.cookieStyle](pairs.map(pair => pair.join('=')), pairs);
  return header.filter(value => value !== '').map(value => ['cookie', value]);
}

/** The forms of the `Cookie` header. */
const COOKIE_STYLES = {
  tidy: texts => [texts.join('; ')],
  'no-spaces': texts => [texts.join(';')],
  'reverse-order': texts => [texts.toReversed().join('; ')],
  'two-headers': texts => [texts.filter((_, at) => at % 2 === 0).join('; '), texts.filter((_, at) => at % 2).join('; ')],
  'duplicates-after': (texts, pairs) => [[...texts, ...pairs.map(([name]) => `${name}=later`)].join('; ')],
  'duplicates-before': (texts, pairs) => [[...pairs.slice(0, 1).map(([name]) => `${name}=earlier`), ...texts].join('; ')],
  escaped: (_, pairs) => [pairs.map(([name, value]) => `${name}=${value.replaceAll('.', '%2E')}`).join('; ')],
  'bad-neighbours': texts => [[...BAD_COOKIES, ...texts, 'forged=1%3B __session=forged', 'z='].join('; ')],
  quoted: (_, pairs) => [pairs.map(([name, value]) => `${name}="${value}"`).join('; ')],
};

const BAD_COOKIES = ['flag', 'a=%E0%A4%A', '=nameless', 'name=Zo\u00eb'];

// --- Helpers

const optional = (name, value) => (value === 'none' ? [] : [[name, value]]);

const lines = (name, value, several) =>
  value === 'two-lines' ? several.map(line => [name, line]) : optional(name, value);
