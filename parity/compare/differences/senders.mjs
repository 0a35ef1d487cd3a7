// Intended differences about the sender of a request: the application's own page, another page, a WebSocket, a script.

import { first, forwardedScheme, hasHeaderToken, header, headers, isHost, isUrl, without } from './request_parts.mjs';

export const SENDERS = [
  {
    name: 'websocket-of-another-origin',
    rule: 'PROTOCOL 14.14',
    reason: 'The cookies of a WebSocket handshake count only if its origin is the request\'s own or an authorized party.',
    applies: kase => isWebSocket(kase.request) && !hasHeaderToken(kase.request) && sender(kase) === 'foreign',
    accepts: ours => isRefusedAs(ours, 'cross-origin-websocket'),
  },
  {
    name: 'unsafe-request-of-another-page',
    rule: 'PROTOCOL 14.34',
    reason: 'The cookies of an unsafe request do not count when a page of another origin sends it.',
    applies: kase => !['GET', 'HEAD', 'OPTIONS'].includes(kase.request.method) && !hasHeaderToken(kase.request)
      && sender(kase) === 'foreign' && !(isOfTheToken(kase.request, 'every') && isGenuine(kase.plan)),
    accepts: ours => isRefusedAs(ours, 'cross-origin-request'),
  },
  {
    name: 'refresh-for-a-page-of-ones-own',
    rule: 'PROTOCOL 14.32',
    reason: 'A session is refreshed for every method if the application\'s own page sends the request.',
    applies: (kase, reference, ours) => kase.request.method !== 'GET'
      && (reference.hiddenReason ?? reference['x-clerk-auth-reason']) === 'session-token-expired-refresh-non-eligible-non-get'
      && (sender(kase) === 'own' || (isOfTheToken(kase.request, 'some') && !/non-eligible-non-get$/.test(ours['x-clerk-auth-reason']))),
    // A `GET` that is not a navigation never redirects to Clerk.
    as: request => without({ ...request, method: 'GET' }, 'accept', 'sec-fetch-dest'),
    // The answer to a `HEAD` request has no body.
    accepts: ours => ours.body === null && ours['x-clerk-auth-reason'] !== 'session-token-expired-refresh-non-eligible-non-get',
  },
  {
    name: 'script-that-looks-like-a-navigation',
    rule: 'PROTOCOL 14.33',
    reason: 'A script\'s request is not redirected to Clerk, because the script cannot follow the redirect.',
    applies: ({ request }) => request.method === 'GET' && (isFetchWithoutDestination(request) || isMarkedAsScript(request)),
    as: request => without(request, 'accept', ...(isMarkedAsScript(request) ? ['sec-fetch-dest'] : [])),
  },
];

/** Returns whether the request was rejected for that reason, without a call to Clerk. */
const isRefusedAs = (ours, reason) => (ours['x-clerk-auth-reason'] === reason || speaksForClerk(ours.handler)) && ours.calls.length === 0
  && ours['set-cookie'].length === ours.handlerCookies;

/** Returns whether the handler changes Clerk's headers. */
const speaksForClerk = ({ hides, headers = [] }) => hides !== undefined || headers.some(([name]) => name.startsWith('x-clerk'));

function isWebSocket(request) {
  const lists = (name, word) => headers(request, name).flatMap(value => value.split(',')).some(value => value.trim().toLowerCase() === word);
  return request.method === 'GET' && lists('upgrade', 'websocket') && lists('connection', 'upgrade');
}

/** The sender's page: 'own', 'foreign' or 'unknown'. The token's `azp` does not count here. */
function sender({ request, configuration }) {
  const sites = headers(request, 'sec-fetch-site').map(site => site.trim()).filter(Boolean);
  const site = sites.length === 0 ? undefined : sites.every(word => ['same-origin', 'none'].includes(word)) ? 'same' : 'another';
  const origins = headers(request, 'origin');
  if (site === 'same') return 'own';
  if (origins.length === 0) return site === 'another' ? 'foreign' : 'unknown';
  const parties = (request.outer === undefined ? request.settings?.authorized_parties ?? configuration.settings.authorized_parties : request.innerParties) ?? [];
  return origins.every(origin => (parties.includes(origin) && !NO_PAGES.includes(origin)) || isOwn(origin, request, site)) ? 'own' : 'foreign';
}

/** Origins that do not identify a site: every sandboxed page is `null`, and every file is `file://`. */
const NO_PAGES = ['', 'null', 'file://'];

function isOwn(origin, request, site) {
  const hosts = [first(request, 'x-forwarded-host'), header(request, 'host'), 'localhost'];
  const scheme = forwardedScheme(request);
  const own = new URL(`${scheme ?? 'http'}://${hosts.find(isHost)}/`);
  if (!isUrl(origin) || !/^https?:/i.test(origin)) return false;
  const page = new URL(origin);
  return scheme ? page.origin === own.origin : !site && page.hostname === own.hostname && page.port === own.port;
}

/** Returns whether the page's origin is the `azp` of `some` or `every` session in the cookies: then the page has the user's tokens anyway. */
function isOfTheToken(request, quantity) {
  const sessions = headers(request, 'cookie').flatMap(line => line.match(/(?<=__session[^=;]*=)[^;]*/g) ?? []);
  const origins = headers(request, 'origin');
  return origins.length > 0 && sessions.length > 0 && sessions[quantity](session => origins.every(origin => azpOf(session) === origin));
}

/** Returns whether all session cookies are valid tokens. */
const isGenuine = plan => [plan.plainSession, plan.suffixedSession].every(kind => ['good', 'older', 'newer', 'pending'].includes(kind));

function azpOf(token) {
  try {
    return JSON.parse(Buffer.from(decodeURIComponent(token).split('.')[1], 'base64url')).azp;
  } catch {
    return undefined;
  }
}

const SCRIPT_MARKS = [
  'hx-request', 'turbo-frame', 'x-turbo-request-id', 'x-pjax', 'x-inertia', 'x-up-version', 'x-livewire', 'x-alpine-request',
  'datastar-request',
];

const isMarkedAsScript = request => SCRIPT_MARKS.some(mark => header(request, mark) !== undefined)
  || /^[^.]+$/.test(header(request, 'x-requested-with') ?? '');

function isFetchWithoutDestination(request) {
  if (header(request, 'sec-fetch-dest')) return false;
  const mode = headers(request, 'sec-fetch-mode').join(', ') || undefined;
  return mode === undefined ? header(request, 'origin') !== undefined : !['navigate', 'nested-navigate'].includes(mode);
}

/** Returns whether a GET opens a page, in a tab or in an iframe. Without `Sec-Fetch-Dest`, `Accept` has to start with HTML. */
export function isPageNavigation(request) {
  // Several lines of one header form one list.
  const destination = headers(request, 'sec-fetch-dest').join(', ');
  if (request.method !== 'GET' || isFetchWithoutDestination(request) || isMarkedAsScript(request)) return false;
  return destination ? ['document', 'iframe'].includes(destination) : Boolean(header(request, 'accept')?.startsWith('text/html'));
}
