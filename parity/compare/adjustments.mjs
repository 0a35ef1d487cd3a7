// The intended differences that bear on every answer of a kind, whatever the case: what the reference's answer becomes
// before it is compared. Those that bear on certain cases are in `differences/`.

/** Each takes a comparable answer of the reference's, and gives the one that ours has to be. */
const ADJUSTMENTS = [
  {
    rule: 'PROTOCOL 14.15',
    reason: 'A handshake is a navigation and needs no CORS: a stranger\'s parameter would relax it for any page.',
    adjust: answer => ({
      ...answer,
      'access-control-allow-origin': answer['access-control-allow-origin']?.replace(/^null(, |$)/, '') || null,
      'access-control-allow-credentials': answer['access-control-allow-origin']?.startsWith('null')
        ? answer['access-control-allow-credentials']?.replace(/^true(, |$)/, '') || null
        : answer['access-control-allow-credentials'],
    }),
  },
  {
    rule: 'PROTOCOL 14.12',
    reason: 'A response with Clerk\'s cookies must not be stored, whatever the handler says; the reference says so of redirects alone.',
    adjust: answer => (answer.status === 307 || !hasCookiesOfClerk(answer)
      ? answer
      : { ...answer, ...Object.fromEntries(SPEAKING_TO_CACHES.map(name => [name, null])), 'cache-control': 'private, no-store' }),
  },
  {
    rule: 'PROTOCOL 14.27',
    reason: 'A message for whoever sees the response does not say where this server reaches Clerk\'s API.',
    adjust: answer => ({
      ...answer,
      'x-clerk-auth-message': withoutAddress(answer['x-clerk-auth-message']),
      // A handler may read it, too.
      body: typeof answer.body?.message === 'string' ? { ...answer.body, message: withoutAddress(answer.body.message) } : answer.body,
    }),
  },
  {
    rule: 'PROTOCOL 14.26',
    reason: 'A refresh tells Clerk which browser asks; credentials and other applications\' cookies are none of its business.',
    adjust: answer => ({ ...answer, calls: answer.calls.map(withForwardedHeaders) }),
  },
];

const withoutAddress = message => message?.replace(/(Error loading Clerk JWKS) from \S*\/jwks/, '$1') ?? null;

/** What a refresh tells Clerk of a request's headers; `src/backend/refresh/headers.rs` has the same list. */
const FORWARDED = new Set([
  'accept', 'accept-encoding', 'accept-language', 'cf-connecting-ip', 'cf-connecting-ipv6', 'cf-ipcountry', 'cf-ray', 'client-ip',
  'cloudfront-viewer-address', 'cookie', 'dnt', 'fastly-client-ip', 'fly-client-ip', 'forwarded', 'host', 'origin', 'referer',
  'sec-gpc', 'true-client-ip', 'upgrade-insecure-requests', 'user-agent', 'x-azure-clientip', 'x-client-ip', 'x-cluster-client-ip',
  'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-original-forwarded-for', 'x-real-ip',
  'x-vercel-forwarded-for', 'x-vercel-ip-country', 'x-vercel-ip-timezone',
]);

function withForwardedHeaders(call) {
  if (!call.body?.request_headers) return call;
  const forwarded = Object.entries(call.body.request_headers)
    .filter(([name]) => FORWARDED.has(name) || /^sec-(fetch|ch)-/.test(name))
    .map(([name, lines]) => [name, lines.flatMap(line => forwardedValue(name, line, call) ?? [])])
    .filter(([, lines]) => lines.length > 0);
  return { ...call, body: { ...call.body, request_headers: Object.fromEntries(forwarded) } };
}

function forwardedValue(name, line, call) {
  if (name === 'referer') return line.replace(/[?#].*$/s, '');
  if (name !== 'cookie') return line.length <= 4096 ? line : null;
  const pairs = line.split(';').map(pair => pair.trim()).filter(pair => pair.includes('='));
  return pairs.filter(pair => isOwnCookie(pair, pairs, call)).join('; ') || null;
}

/** Whether a cookie is this instance's, in the form that counts for the request. Its suffix is the refresh cookie's. */
function isOwnCookie(pair, pairs, { query, body }) {
  const [name] = pair.split('=');
  const refresh = pairs.find(other => /^__refresh_/.test(other) && valueOf(other) === body.refresh_token)?.split('=')[0];
  if (name === refresh) return true;
  const suffix = query.suffixed_cookies === 'true' ? refresh?.slice('__refresh'.length) : '';
  return ['__session', '__client_uat', '__clerk_db_jwt'].some(own => name === `${own}${suffix}`);
}

function valueOf(pair) {
  try {
    return decodeURIComponent(pair.slice(pair.indexOf('=') + 1));
  } catch {
    return null;
  }
}

/** What tells caches, shared or not, that they may keep a response. */
const SPEAKING_TO_CACHES = ['etag', 'last-modified', 'expires', 'cdn-cache-control', 'surrogate-control'];

/** Whether there are more cookies than the handler set. */
const hasCookiesOfClerk = ({ 'set-cookie': cookies, handlerCookies }) => cookies.length > handlerCookies;

/** The reference's answer with all of that. Adjusted again, it stays as it is. */
export function adjusted(answer) {
  return ADJUSTMENTS.reduce((current, { adjust }) => adjust(current), answer);
}
