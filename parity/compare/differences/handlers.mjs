// Intended differences about the actions of handlers: redirects to sign in, new tokens, verification.

import { isDeepStrictEqual } from 'node:util';

import { DEEDS } from '../../cases/handlers.mjs';
import { isSamePage, publicUrl } from './request_parts.mjs';

const SESSIONS = ['plainSession', 'suffixedSession', 'headerSession', 'directives'];

const isRedirect = ({ plan }) => /^(redirects|returns)/.test(plan.deed);

export const HANDLERS = [
  {
    name: 'return-to-no-page-of-ours',
    rule: 'PROTOCOL 14.19',
    reason: 'A visitor returns to a page of this application. Addresses of other sites, and addresses that are not pages, are ignored.',
    applies: ({ plan, request }) => /^returns-(elsewhere|to-(a-network-path|backslashes|a-script|a-page-of-its-own))$/.test(plan.deed)
      && !isOwnPage(plan, request),
    plan: () => ({ deed: 'redirects-to-sign-in' }),
  },
  {
    name: 'step-of-a-sign-in-page',
    rule: 'PROTOCOL 14.19',
    reason: '`/tasks` and `/create` are segments of the page\'s path, or of its hash; the reference appends them as text.',
    applies: kase => isRedirect(kase) && steps(kase).length > 0,
    adjusts: (answer, kase, ours) => (answer.status === 302 ? withSteps(answer, kase, ours) : answer),
  },
  {
    name: 'template-whose-name-is-no-segment',
    rule: 'PROTOCOL 13',
    reason: 'A template\'s name is one encoded segment of the path; the reference reads a path and a query from it.',
    applies: ({ plan }) => plan.deed === 'gets-a-template-to-encode',
    adjusts: answer => ({
      ...answer,
      body: answer.body?.token ? { token: answer.body.token.replace(/(?<=^new-token\/).*/, ENCODED) } : answer.body,
      calls: answer.calls.map(call => (/\/tokens\//.test(call.path)
        ? { ...call, path: call.path.replace(/(?<=\/tokens\/).*/, ENCODED), query: {} }
        : call)),
    }),
  },
  {
    name: 'session-id-that-is-none',
    rule: 'PROTOCOL 13',
    reason: 'A session whose id is not a text gets no new tokens; the reference calls another path of Clerk\'s API.',
    applies: ({ plan }) => SESSIONS.some(carrier => /^sid-|^no-sid|^sub-empty/.test(plan[carrier])),
    accepts: (ours, reference) => /missing-sid-claim$/.test(ours['x-clerk-auth-reason']) || ours.body?.failed === true || ours.body?.token === null || reference.body?.failed === true || reference.body?.token === null,
  },
  {
    name: 'machine-that-is-verified-by-hand',
    rule: 'PROTOCOL 14.30',
    reason: '`verify_token` accepts tokens of sessions and templates. It rejects machine tokens, whatever their category.',
    applies: ({ plan }) => plan.deed === 'verifies' && /^(m2m|oauth)/.test(plan.headerSession),
    accepts: (ours, reference) => /^token-(invalid|type-mismatch)$/.test(ours.body?.reason)
      && ['status', 'set-cookie', 'location', 'cache-control'].every(what => isDeepStrictEqual(ours[what], reference[what])),
  },
  {
    name: 'dev-browser-of-a-redirect',
    rule: 'PROTOCOL 5',
    reason: 'A redirect chooses between two dev browser cookies by the usual rule; the reference has no dev browser for a machine\'s request.',
    applies: kase => isRedirect(kase) && kase.configuration.type === 'development',
    adjusts: (answer, _, ours) => withDevBrowserOf(answer, ours),
  },
  {
    name: 'return-address-of-a-redirect',
    rule: 'PROTOCOL 14.18',
    reason: 'A return address has the requested query, byte for byte, without the parameters that Clerk added for one request.',
    applies: isRedirect,
    adjusts: (answer, _, ours) => withReturnOf(answer, ours),
  },
  {
    name: 'opaque-token-that-no-redirect-asks-about',
    rule: 'PROTOCOL 14.6',
    reason: 'The server asks Clerk about an opaque token only if a handler accepts its type, not for a redirect or a session\'s new token.',
    applies: ({ plan }, reference) => plan.deed !== 'tells' && plan.machineToken !== 'none'
      && reference.calls.length > 0,
    adjusts: (answer, { plan }) => ({
      ...answer,
      calls: [],
      ...Object.fromEntries(Object.entries(OF_ANOTHER_TYPE).map(([name, value]) => [`x-clerk-auth-${name}`, value])),
      body: plan.deed === 'reads-headers-of-clerk' && answer.body ? OF_ANOTHER_TYPE : answer.body,
    }),
  },
];

const ENCODED = encodeURIComponent(DEEDS['gets-a-template-to-encode'].template);

const OF_ANOTHER_TYPE = { status: 'signed-out', reason: 'token-type-mismatch', message: null };

function isOwnPage({ deed }, request) {
  const { url, isSchemeKnown } = publicUrl(request);
  return deed === 'returns-to-a-page-of-its-own' && (isSchemeKnown ? url.origin === 'https://app.example.com' : url.host === 'app.example.com');
}

/** The steps that follow the sign-in page. */
function steps({ plan, request, configuration }) {
  const settings = { ...configuration.settings, ...request.settings };
  const isSignUp = /sign-up|fragment/.test(plan.deed);
  const create = isSignUp && settings.sign_in_url && !settings.sign_up_url ? ['create'] : [];
  return [...create, 'tasks'];
}

function withSteps(answer, kase, ours) {
  const { plan, request, configuration } = kase;
  const settings = { ...configuration.settings, ...request.settings };
  const isSignUp = /sign-up|fragment/.test(plan.deed);
  const page = (isSignUp && settings.sign_up_url) || settings.sign_in_url || `https://${configuration.portal}/sign-${isSignUp ? 'up' : 'in'}`;
  const url = new URL(page, publicUrl(request).url);
  // The reference's answer may lose the step together with the parameter that it was appended to.
  const isPending = [answer, ours].some(({ location }) => /tasks/.test(JSON.stringify(location)));
  for (const step of steps(kase).filter(step => step !== 'tasks' || isPending)) append(url, step);
  // The sign-in page's own return address stays if there is no other one.
  const isNamed = plan.deed === 'returns-to-nothing' ? name => name === '__clerk_db_jwt' : isClerks;
  const own = answer.location.parameters.filter(([name], at, all) => isNamed(name) && all.findLastIndex(([other]) => other === name) === at);
  for (const [name, value] of own) url.searchParams.set(name, value);
  const { origin, pathname, hash, searchParams } = url;
  return { ...answer, location: { base: `${origin}${pathname}${hash}`, credentials: ':', parameters: [...searchParams] } };
}

const isClerks = name => ['redirect_url', '__clerk_db_jwt'].includes(name);

function append(url, step) {
  const [path, ...query] = url.hash.split('?');
  if (path.startsWith('#/')) url.hash = [`${path.replace(/\/+$/, '')}/${step}`, ...query].join('?');
  else url.pathname = `${url.pathname.replace(/\/+$/, '')}/${step}`;
}

function withDevBrowserOf(answer, ours) {
  if (answer.status !== 302 || !ours.location) return answer;
  const others = answer.location.parameters.filter(([name]) => name !== '__clerk_db_jwt');
  const own = ours.location.parameters.filter(([name, value]) => name === '__clerk_db_jwt' && /^("?dvb_|earlier$|later$)/.test(value));
  return { ...answer, location: { ...answer.location, parameters: [...others, ...own] } };
}

function withReturnOf(answer, ours) {
  const own = ours.location?.parameters.find(([name]) => name === 'redirect_url')?.[1];
  if (!answer.location || own === undefined) return answer;
  const isOwn = ([name, value]) => name === 'redirect_url' && isSamePage(value, own);
  return { ...answer, location: { ...answer.location, parameters: answer.location.parameters.map(pair => (isOwn(pair) ? [pair[0], own] : pair)) } };
}
