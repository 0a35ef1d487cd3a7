// The intended differences that apply to all answers of a kind. They change the reference's answer before it is compared.
// `differences/` has those that apply to certain cases.

/** Each entry turns the reference's comparable answer into the answer that ours has to equal. */
const ADJUSTMENTS = [
  {
    rule: 'PROTOCOL 14.15',
    reason: 'A handshake is a navigation and needs no CORS headers. With them, an attacker\'s parameter would open the page to any origin.',
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
    reason: 'A response with Clerk\'s cookies must not be stored, whatever the handler sets; the reference forbids it only for redirects.',
    adjust: answer => (answer.status === 307 || !hasCookiesOfClerk(answer)
      ? answer
      : { ...answer, ...Object.fromEntries(SPEAKING_TO_CACHES.map(name => [name, null])), 'cache-control': 'private, no-store' }),
  },
  {
    rule: 'PROTOCOL 14.27',
    reason: 'A message that clients can read does not contain the address at which this server reaches Clerk\'s API.',
    adjust: answer => ({
      ...answer,
      'x-clerk-auth-message': withoutAddress(answer['x-clerk-auth-message']),
      // A handler can read the message too.
      body: typeof answer.body?.message === 'string' ? { ...answer.body, message: withoutAddress(answer.body.message) } : answer.body,
    }),
  },
  {
    rule: 'PROTOCOL 14.26',
    reason: 'A refresh describes the browser to Clerk, without credentials and other applications\' cookies.',
    adjust: answer => ({ ...answer, calls: answer.calls.map(withForwardedHeaders) }),
  },
];

const withoutAddress = message => message?.replace(/(Error loading Clerk JWKS) from \S*\/jwks/, '$1') ?? null;

/** The headers of a request that a refresh sends to Clerk. `src/backend/refresh/headers.rs` has the same list. */
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

/** Returns whether a cookie belongs to this instance, in the form that counts for the request. The refresh cookie has its suffix. */
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

/** Headers that allow a cache to store a response. */
const SPEAKING_TO_CACHES = ['etag', 'last-modified', 'expires', 'cdn-cache-control', 'surrogate-control'];

/** Returns whether there are more cookies than the handler set. */
const hasCookiesOfClerk = ({ 'set-cookie': cookies, handlerCookies }) => cookies.length > handlerCookies;

/** The reference's answer after all adjustments. A second call changes nothing. */
export function adjusted(answer) {
  return ADJUSTMENTS.reduce((current, { adjust }) => adjust(current), answer);
}
