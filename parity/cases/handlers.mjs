// The instructions to the handler, which both servers get in a header.

/** The handler's action: it reports the caller, redirects to sign in, gets a new token, or verifies a token. */
export const DEEDS = {
  tells: {},
  'redirects-to-sign-in': { does: 'sign-in' },
  'redirects-to-sign-up': { does: 'sign-up' },
  'returns-to-a-path': { does: 'sign-in', returnTo: '/after?x=1#y' },
  'returns-to-a-sibling': { does: 'sign-in', returnTo: 'orders' },
  'returns-to-a-query': { does: 'sign-in', returnTo: '?q=1' },
  'returns-to-a-fragment': { does: 'sign-up', returnTo: '#f' },
  'returns-to-a-parent': { does: 'sign-in', returnTo: '../up' },
  'returns-to-a-page-of-its-own': { does: 'sign-in', returnTo: 'https://app.example.com/orders' },
  'returns-elsewhere': { does: 'sign-in', returnTo: 'https://elsewhere.example.org/' },
  'returns-elsewhere-on-purpose': { does: 'sign-in', returnTo: 'https://elsewhere.example.org/x?y=1#z', isElsewhere: true },
  'returns-to-a-network-path': { does: 'sign-in', returnTo: '//elsewhere.example.org/x' },
  'returns-to-backslashes': { does: 'sign-in', returnTo: '/\\elsewhere.example.org' },
  'returns-to-a-script': { does: 'sign-in', returnTo: 'javascript:alert(1)' },
  'returns-to-nothing': { does: 'sign-in', returnTo: '' },
  'gets-its-token': { does: 'get-token' },
  'gets-a-template': { does: 'get-token', template: 'hasura' },
  'gets-a-template-for-a-while': { does: 'get-token', template: 'hasura', expiresInSeconds: 600 },
  'gets-a-token-for-a-while': { does: 'get-token', expiresInSeconds: 600 },
  'gets-an-empty-template': { does: 'get-token', template: '' },
  'gets-a-template-to-encode': { does: 'get-token', template: 'my template/ü?x#y' },
  'gets-a-template-elsewhere': { does: 'get-token', template: '../../users' },
  'gets-an-unknown-template': { does: 'get-token', template: 'unknown' },
  'reads-headers-of-clerk': { does: 'read-headers' },
  verifies: { does: 'verify' },
};

/** Headers, in order, and a status that the handler adds to its response. */
export const RESPONSES = {
  none: {},
  'session-cookie': { headers: [['set-cookie', '__session=handler; Path=/']] },
  'clears-the-session': {
    status: 303,
    headers: [['set-cookie', '__session=; Path=/; Max-Age=0'], ['set-cookie', '__client_uat=0; Path=/'], ['location', '/bye']],
  },
  'cookie-of-its-own': { headers: [['set-cookie', 'theme=dark'], ['set-cookie', 'lang=en; Path=/']] },
  'cache-public': { headers: [['cache-control', 'public, max-age=600']] },
  'cache-shared': { headers: [['cache-control', 's-maxage=600']] },
  'cache-private': { headers: [['cache-control', 'private, max-age=600']] },
  'cache-no-store': { headers: [['cache-control', 'no-store']] },
  'cache-two-lines': { headers: [['cache-control', 'private'], ['cache-control', 'public, max-age=600']] },
  'static-file': { headers: [['etag', '"abc"'], ['last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT']] },
  expires: { headers: [['expires', 'Thu, 01 Jan 2099 00:00:00 GMT']] },
  'cdn-cache': { headers: [['cdn-cache-control', 'max-age=600']] },
  'surrogate-cache': { headers: [['surrogate-control', 'max-age=600'], ['surrogate-key', 'page']] },
  'cors-of-another': {
    headers: [['access-control-allow-origin', 'https://front.example.org'], ['access-control-allow-credentials', 'true']],
  },
  'cors-for-all': { headers: [['access-control-allow-origin', '*'], ['vary', 'Origin']] },
  'not-found': { status: 404 },
  teapot: { status: 418 },
  'internal-error': { status: 500 },
  'not-modified': { status: 304, headers: [['etag', '"abc"']] },
  created: { status: 201, headers: [['location', '/things/1']] },
  'hides-headers-of-clerk': { hides: ['x-clerk-auth-status', 'x-clerk-auth-reason', 'x-clerk-auth-message'] },
  'hides-the-message': { hides: ['x-clerk-auth-message'] },
  'headers-of-clerk': { headers: [['x-clerk-auth-status', 'handler'], ['x-clerk-auth-reason', 'handler']] },
};

/** The plans in which a handler may hide Clerk's headers. In others, the intended differences need them. */
const SPEAKS_FOR_ITSELF = [['machineToken', 'none'], ['handshake', 'none'], ['refresh', 'none'], ['method', 'GET'], ['upgrade', 'none']];

/** The instructions for the handler, or undefined if it only reports the caller. */
export function handlerOf(plan) {
  const handler = { ...DEEDS[plan.deed], ...RESPONSES[plan.response] };
  if (!SPEAKS_FOR_ITSELF.every(([dimension, value]) => plan[dimension] === value)) {
    delete handler.hides;
    if (handler.headers?.some(([name]) => name.startsWith('x-clerk'))) delete handler.headers;
  }
  return Object.keys(handler).length ? handler : undefined;
}
