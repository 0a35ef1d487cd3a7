// The list of the intended differences, and the only one but for `../adjustments.mjs`, which has those that bear on every
// answer of a kind. What is not explained is a failure.
//
// An entry says when it bears on a case (`applies`), and then, as narrowly as can be, what our answer has to be:
//
// - `as(request)` gives another request: ours must answer the case's as the reference answers that one. It may come
//   with `edit(text, request)`, for what the reference cannot be made to say.
// - `plan(plan)` gives what is otherwise in another case, which the reference answers as we have to answer this one.
// - `adjusts(answer)` changes the reference's answer where the difference does not depend on the request.
// - `accepts(ours, reference)` says whether our answer will do, where no request of the reference's is like it.
//
// Rules are numbered as in PROTOCOL, section 14.

import { isDeepStrictEqual } from 'node:util';

import { differences } from '../comparable.mjs';
import { BACKEND_FAILURES } from './backend_failures.mjs';
import { HANDLERS } from './handlers.mjs';
import { KEYS } from './keys.mjs';
import { first, forwardedScheme, header, isHost, isUrl, withHeader, without } from './request_parts.mjs';
import { isPageNavigation, SENDERS } from './senders.mjs';
import { SETTINGS } from './settings.mjs';
import { TEXTS, withOwnOf } from './texts.mjs';

export const DIFFERENCES = [
  ...SETTINGS,
  ...SENDERS,
  ...KEYS,
  ...BACKEND_FAILURES,
  ...TEXTS,
  ...HANDLERS,
  {
    name: 'token-with-a-null-part',
    rule: 'PROTOCOL 14.5',
    reason: 'A token whose header or payload is `null` is undecodable; the reference trips over it.',
    applies: ({ request }) => nullTokens(request).length > 0,
    as: request => nullTokens(request).reduce((changed, token) => replaceInHeaders(changed, token, UNDECODABLE), request),
    // Other entries have texts of their own that nobody can decode, with a number.
    edit: (text, request) => text.replace(/not\.base64!\.atall(?!\d)/g, () => decodeURIComponent(nullTokens(request)[0])),
  },
  {
    name: 'token-with-another-text',
    rule: 'PROTOCOL 14.21',
    reason: 'A token that is padded is undecodable (RFC 7515, section 2); the reference drops the padding.',
    applies: ({ request }) => tokensOf(request, isPadded).length > 0,
    as: request => withUndecodable(request, isPadded),
    edit: (text, request) => withTokens(text, request, isPadded),
  },
  {
    name: 'token-with-critical-extensions',
    rule: 'PROTOCOL 14.22',
    reason: 'A token whose header has `crit` is refused (RFC 7515, section 4.1.11); the reference does not look at it.',
    applies: ({ request }) => tokensOf(request, isCritical).length > 0,
    as: request => withUndecodable(request, isCritical),
    edit: (text, request) => withTokens(text, request, isCritical)
      .replace('Invalid JWT form. The header, payload, or signature could not be decoded. (', `${CRITICAL} (`),
    // Of several tokens that nobody can decode, it may be another one that is told of.
    adjusts: (answer, _, ours) => {
      const [told, critical] = [ours, answer].map(side => side['x-clerk-auth-message'] ?? '');
      return told.includes(UNDECODABLE_MESSAGE) ? { ...answer, 'x-clerk-auth-message': critical.replace(CRITICAL, UNDECODABLE_MESSAGE) || null } : answer;
    },
  },
  {
    name: 'authorization-scheme',
    rule: 'PROTOCOL 14.9',
    reason: 'The scheme is matched in any case, with any number of spaces after it (RFC 9110); alone it is no token.',
    applies: ({ request }) => {
      const value = header(request, 'authorization')?.trim();
      return value !== undefined && referenceToken(value) !== referenceToken(canonicalAuthorization(value));
    },
    as: request => withHeader(request, 'authorization', canonicalAuthorization(header(request, 'authorization').trim())),
  },
  {
    name: 'loop-guard',
    rule: 'PROTOCOL 14.3',
    reason: 'The guard stops at three or more; a count that is no whole number is rounded up, and never buys more rounds.',
    applies: ({ request }) => !['', '0', '1', '2', '3'].includes(redirectCount(request) ?? ''),
    as: request => {
      // Hexadecimal is a number to JavaScript alone.
      const count = redirectCount(request).startsWith('0x') ? 0 : Math.ceil(Number(redirectCount(request))) || 0;
      return withRedirectCount(request, String(Math.min(Math.max(count, 0), 3)));
    },
  },
  {
    name: 'forwarded-host-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A forwarded host that is no host, or more than one, is ignored in favour of `Host`.',
    applies: ({ request }) => {
      const forwarded = first(request, 'x-forwarded-host');
      return forwarded !== undefined && !isHost(forwarded);
    },
    as: request => without(request, 'x-forwarded-host'),
  },
  {
    name: 'forwarded-scheme-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A forwarded scheme other than http and https is ignored, apart from those of WebSockets, which stand for them.',
    applies: ({ request }) => {
      const scheme = first(request, 'x-forwarded-proto');
      return scheme !== undefined && !['http', 'https'].includes(scheme.toLowerCase());
    },
    as: request => withHeader(request, 'x-forwarded-proto', forwardedScheme(request)),
  },
  {
    name: 'host-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A request that names no host is taken for one to `http://localhost`; the reference makes up another.',
    applies: ({ request }) => !isHost(header(request, 'host')) && !isHost(first(request, 'x-forwarded-host')),
    as: request => withHeader(without(request, 'x-forwarded-host', 'x-forwarded-proto'), 'host', 'localhost'),
  },
  {
    name: 'port-of-the-other-scheme',
    rule: 'PROTOCOL 14.18',
    reason: 'No browser writes `https://host:80`, or `http://host:443`: such a port is a proxy\'s own, and dropped.',
    applies: ({ request }) => portOfTheOtherScheme(request) !== null,
    as: request => {
      const [name, host] = portOfTheOtherScheme(request);
      return withHeader(request, name, host);
    },
  },
  {
    name: 'path-that-looks-like-a-host',
    rule: 'PROTOCOL 14.5',
    reason: 'A path that starts with two slashes stays a path; the reference takes it for a host, or refuses it.',
    applies: ({ request }) => startsWithSlashes(request.target),
    as: request => ({ ...request, target: withNamedSegments(request.target) }),
    edit: text => text.replaceAll(`${NAMED_SEGMENT}/`, '/'),
  },
  {
    name: 'redirect-url-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A primary that is asked to redirect to what is no URL goes on as if it were not; the reference answers 500.',
    applies: ({ request }, reference) => reference.error === 'Invalid URL' && !isUrl(redirectUrl(request)),
    as: request => withRenamedRedirectUrl(request),
    edit: text => text.replaceAll(RENAMED_REDIRECT_URL, '__clerk_redirect_url'),
  },
  {
    name: 'redirect-url-that-is-no-page',
    rule: 'PROTOCOL 14.7',
    reason: 'A primary redirects to http and https only; asked for `javascript:` and the like, it goes on as if it were not.',
    applies: ({ request }, reference) => {
      const url = redirectUrl(request);
      return reference['x-clerk-auth-reason'] === 'primary-responds-to-syncing' && isUrl(url) && !/^https?:/i.test(url);
    },
    as: request => withRenamedRedirectUrl(request),
    edit: text => text.replaceAll(RENAMED_REDIRECT_URL, '__clerk_redirect_url'),
  },
  {
    name: 'satellite-that-is-not-listed',
    rule: 'PROTOCOL 14.20',
    reason: 'In development a primary sends the dev browser to loopback, its own origin and listed ones alone; asked for others, it goes on.',
    applies: ({ request, configuration }, reference) => {
      const url = redirectUrl(request);
      return reference['x-clerk-auth-reason'] === 'primary-responds-to-syncing' && isUrl(url) && !isKnownPage(url, request, configuration);
    },
    as: request => withRenamedRedirectUrl(request),
    edit: text => text.replaceAll(RENAMED_REDIRECT_URL, '__clerk_redirect_url'),
  },
  {
    name: 'handshake-token-refused-in-development',
    rule: 'PROTOCOL 14.5',
    reason: 'A handshake token that fails verification is the request\'s fault: 400, not 500.',
    applies: (_, reference) => isHandshakeError(reference) && !isAboutKeys(reference),
    accepts: ours => ours.status === 400,
  },
  {
    name: 'handshake-without-keys-in-development',
    rule: 'PROTOCOL 14.4',
    reason: 'A handshake token that cannot be checked, because the keys cannot be loaded, is not the request\'s fault; one of another class needs no key to be refused.',
    applies: (_, reference) => isHandshakeError(reference) && isAboutKeys(reference),
    accepts: isHandshakeWithoutKeys,
  },
  {
    name: 'handshake-with-keys-that-are-no-json',
    rule: 'PROTOCOL 14.4',
    reason: 'The same, where the reference stumbles over the keys and goes on as if there had been no handshake.',
    applies: ({ configuration, plan }) =>
      configuration.apiInstance === 'html' && configuration.type === 'development' && !/^(none|nonce)/.test(plan.handshake),
    accepts: isHandshakeWithoutKeys,
  },
  {
    name: 'token-without-a-key',
    rule: 'PROTOCOL 14.8',
    reason: 'A token that names no key causes no fetch, and so does not hear that the keys cannot be loaded.',
    applies: ({ plan }, reference) =>
      usesSession(plan, kind => /^(no-kid|kid-(a-number|null|empty)$|header-is-)/.test(kind)) && isForWantOfKeys(reference),
    accepts: (ours, reference) => ours.status === reference.status && ours['x-clerk-auth-reason'] === 'jwk-kid-mismatch',
  },
  {
    name: 'handshake-outside-of-a-navigation',
    rule: 'PROTOCOL 14.37',
    reason: 'Handshakes are page navigations: whatever else brings one has it from a stranger, or by a cookie that was left behind.',
    applies: ({ request }) => bringsHandshake(request) && !isPageNavigation(request),
    as: withoutHandshake,
  },
  {
    name: 'handshake-out-of-time',
    rule: 'PROTOCOL 14.37',
    reason: 'The times of a handshake token count if it has them; in development a clock may be off by a day.',
    applies: ({ configuration, plan, request }, reference) => configuration.type === 'production'
      && isOutOfTime(plan) && !/^(nonce|both)/.test(plan.handshake)
      && isHandshakeResolved(reference) && bringsHandshake(request),
    as: withoutHandshake,
    edit: recounted,
  },
  {
    name: 'counter-of-a-chain',
    rule: 'PROTOCOL 14.3',
    reason: 'From the second redirect of a chain on, the counter outlives a slow Frontend API.',
    applies: ({ configuration, request }, reference) => reference['set-cookie'].some(cookie => /^__clerk_redirect_count=/.test(cookie))
      && (bringsHandshake(request) || (configuration.type === 'development' && Number(redirectCount(request)) > 0)),
    as: request => request,
    edit: recounted,
  },
  {
    name: 'satellite-without-fetch-metadata',
    rule: 'PROTOCOL 14.39',
    reason: 'A browser that does not say what it opens is synchronized by its `Accept`, as handshakes are.',
    applies: ({ configuration, request }) => (request.settings?.is_satellite ?? configuration.settings.is_satellite) === true && !header(request, 'sec-fetch-dest')
      && isPageNavigation(request),
    as: request => withHeader(request, 'sec-fetch-dest', 'document'),
  },
  {
    name: 'handshake-that-brings-no-session-token',
    rule: 'PROTOCOL 7',
    reason: 'A token of another class is no session token, wherever it comes from; Clerk never sets one as a session.',
    applies: ({ plan }, reference) => isOfAnotherClass(plan.directives) && isHandshakeResolved(reference),
    accepts: isDecidedWithoutTheHandshake,
  },
  {
    name: 'handshake-that-brings-a-date-that-is-none',
    rule: 'PROTOCOL 6',
    reason: 'A time claim later than now is later than now, even if it is beyond all dates; to JavaScript it is neither.',
    applies: ({ plan }, reference) => isBeyondAllDates(plan.directives) && isHandshakeResolved(reference),
    accepts: isDecidedWithoutTheHandshake,
  },
  {
    name: 'date-that-is-none',
    rule: 'PROTOCOL 6',
    reason: 'A time claim later than now is later than now, even if it is beyond all dates; to JavaScript it is neither.',
    applies: ({ plan }) => usesSession(plan, isBeyondAllDates),
    accepts: ours => /^session-token-(nbf|iat-in-the-future)$/.test(ours['x-clerk-auth-reason']),
  },
  {
    name: 'keys-that-are-no-json',
    rule: 'PROTOCOL 14.4',
    reason: 'Keys that cannot be read are keys that cannot be loaded; the reference has no word for it.',
    applies: ({ configuration }, reference) =>
      configuration.apiInstance === 'html' && reference['x-clerk-auth-reason'] === 'unexpected-error',
    accepts: (ours, reference) =>
      ours.status === reference.status && ours['x-clerk-auth-reason'] === 'jwk-remote-failed-to-load',
  },
  {
    name: 'satellite-on-the-origin-of-its-sign-in',
    rule: 'PROTOCOL 14.5',
    reason: 'An `Origin` header that names the sign-in page\'s origin makes the reference answer 500.',
    applies: (_, reference) => reference.status === 500 && reference.error.includes('different origin than your satellite'),
    as: request => without(request, 'origin'),
  },
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
  {
    name: 'machine-token-without-keys',
    rule: 'PROTOCOL 14.4',
    reason: 'A machine\'s JWT that cannot be checked, because the keys cannot be loaded, is not the caller\'s fault.',
    applies: ({ configuration, plan, request }, reference) => (configuration.isFailing || request.cold) && /^(m2m|oauth)/.test(plan.headerSession)
      && reference['x-clerk-auth-reason'] === 'token-verification-failed',
    accepts: ours => isSignedOutForWantOfKeys(ours),
  },
  {
    name: 'opaque-token-that-nobody-asks-about',
    rule: 'PROTOCOL 14.6',
    reason: 'Clerk is asked about an opaque token only where a handler accepts its type; elsewhere it is of another type.',
    applies: ({ plan }, reference) => plan.machineToken !== 'none' && reference.calls.length > 0 && !accepts(plan, typeOfOpaque(plan)),
    accepts: (ours, reference) => isHandled(ours) && ours.calls.length === 0
      && ours['x-clerk-auth-reason'] === 'token-type-mismatch' && !ours.body?.isAuthenticated
      && (reference.status === 500 || isDeepStrictEqual(ours.body, reference.body)),
  },
  {
    name: 'answer-that-describes-no-token',
    rule: 'PROTOCOL 14.13',
    reason: 'Whatever Clerk answers that is no description of a token vouches for nobody; the reference takes a page for a machine.',
    applies: ({ plan }) => /-(html|nothing)$/.test(plan.machineToken),
    accepts: (ours, reference) => isHandled(ours) && ours['x-clerk-auth-reason'] === 'unexpected-error'
      && !toldAny(ours).isAuthenticated && isDeepStrictEqual(ours.calls, reference.calls),
  },
  {
    name: 'token-that-is-over',
    rule: 'PROTOCOL 14.13',
    reason: 'A token that Clerk\'s answer says is revoked or expired is refused, though the answer is a 200.',
    applies: ({ plan }) => /^(api-key|m2m|oauth)-(revoked|expired)$/.test(plan.machineToken),
    accepts: (ours, reference) => isHandled(ours) && ours['x-clerk-auth-reason'] === 'token-invalid'
      && !toldAny(ours).isAuthenticated && isDeepStrictEqual(ours.calls, reference.calls),
  },
  {
    name: 'scopes-of-another-form',
    rule: 'PROTOCOL 12',
    reason: 'Scopes are a list of texts, however a token writes them; the reference passes them on as they are, or answers 500.',
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
  {
    name: 'cookie-that-no-header-can-hold',
    rule: 'PROTOCOL 14.25',
    reason: 'Of a refresh, a cookie that no header can hold is left out, and the others are set; the reference answers 500.',
    applies: ({ plan }, reference) => /-among-good$/.test(plan.refresh ?? '') && reference.status === 500,
    accepts: ours => isHandled(ours) && ours['set-cookie'].some(cookie => cookie.startsWith('__session')),
  },
  {
    name: 'return-address',
    rule: 'PROTOCOL 14.18',
    reason: 'A return address has the query that the visitor asked for, byte for byte, less what Clerk put there for one request.',
    applies: ({ request }, reference) => (reference.location?.parameters ?? []).some(
      ([name, value]) => RETURNS.includes(name) && withReturnAddress(value, request) !== value),
    as: request => request,
    edit: withReturnAddress,
  },
  // Those that judge our answer come last: the others may have to explain the rest of it first.
  {
    name: 'handshake-in-vain',
    rule: 'PROTOCOL 14.37',
    reason: 'A nonce that Clerk does not know, or no cookie of Clerk\'s, says nothing of who is signed in.',
    applies: ({ request }, reference) => isPageNavigation(request) && isHandshakeResolved(reference)
      && reference['x-clerk-auth-reason'] === 'session-token-missing' && clerksCookies(reference).length === 0,
    accepts: (ours, reference) => isCounted(ours, reference) || isDecidedWithoutTheNonce(ours, reference),
  },
  {
    name: 'handshake-whose-times-are-none',
    rule: 'PROTOCOL 14.37',
    reason: 'The times of a handshake token count if it has them; one that is no number is the token\'s fault.',
    applies: ({ configuration, plan, request }) => configuration.type === 'development' && plan.handshakeToken === 'exp-as-text'
      && bringsHandshake(request) && isPageNavigation(request),
    accepts: ours => ours.status === 400,
  },
  {
    name: 'handshake-without-keys',
    rule: 'PROTOCOL 14.37',
    reason: 'A handshake token that cannot be checked, because the keys cannot be loaded, leaves open who is signed in.',
    applies: ({ configuration, request }) =>
      (configuration.isFailing || request.cold) && bringsHandshake(request) && isPageNavigation(request),
    accepts: ours => isSignedOutForWantOfKeys(ours),
  },
  {
    name: 'cookies-of-others',
    rule: 'PROTOCOL 14.38',
    reason: 'Only cookies whose names are Clerk\'s are set; another one whose name starts like the session\'s is none.',
    applies: (_, reference) => clerksCookies(reference).length + reference.handlerCookies < reference['set-cookie'].length,
    adjusts: withClerksCookies,
    accepts: (ours, reference) => isCounted(ours, withClerksCookies(reference)),
  },
  {
    name: 'cookie-that-starts-like-the-session',
    rule: 'PROTOCOL 14.38',
    reason: 'A cookie whose name only starts like the session\'s is no session, and does not spoil the handshake.',
    applies: ({ plan, request }) => plan.directives === 'a-name-that-starts-alike' && bringsHandshake(request) && isPageNavigation(request),
    accepts: ours => ours['set-cookie'].some(cookie => cookie.startsWith('__session=')) && clerksCookies(ours).length + ours.handlerCookies === ours['set-cookie'].length,
  },
  {
    name: 'handshake-resolved-in-development',
    rule: 'PROTOCOL 14.11',
    reason: 'The redirect that cleans the URL renews the counter; where it would go on for ever, the handler is reached.',
    applies: ({ configuration }, reference) =>
      configuration.type === 'development' && reference.status === 307 && isHandshakeResolved(reference),
    accepts: (ours, reference) => isCounted(ours, reference) || isDecidedAsInProduction(ours, reference),
  },
  {
    name: 'session-cookie-of-another-library',
    rule: 'PROTOCOL 14.40',
    reason: 'A developer is told which cookie hides Clerk\'s.',
    applies: ({ configuration, plan }, reference) => configuration.type === 'development'
      && reference['x-clerk-auth-status'] === 'signed-out' && plan.plainSession !== 'none'
      && (plan.suffixedSession !== 'none' || plan.suffixedUat !== 'none'),
    adjusts: (answer, _, ours) => {
      const [hint] = / ?The cookie named __session is not Clerk's.*$/.exec(ours['x-clerk-auth-message'] ?? '') ?? [''];
      return { ...answer, 'x-clerk-auth-message': (answer['x-clerk-auth-message'] ?? '') + hint || null };
    },
  },
];

/**
 * Which entries bear on a difference: `{ names, isExplained, reference }`, where `reference` is the answer that ours
 * would have to be after them. `ask(request)` gives the reference's answer to another request.
 */
export async function explain(kase, reference, ours, ask) {
  const names = [];
  // What the entries so far make of the case: another plan, then other requests, then other answers.
  const steps = { plan: kase.plan, as: [], edits: [] };
  let current = { plan: kase.plan, request: kase.request, reference };
  let unedited = reference;
  // Several may bear on one case: each is asked about what the one before it left.
  for (;;) {
    const bears = ({ applies }) => applies({ ...kase, ...current }, current.reference, ours);
    // Those that judge by themselves are asked again about what is left.
    const judge = DIFFERENCES.find(entry => entry.accepts && bears(entry) && entry.accepts(ours, current.reference, kase));
    if (judge) return { names: [...new Set([...names, judge.name])], isExplained: true, reference: current.reference };
    const entry = DIFFERENCES.find(candidate => !names.includes(candidate.name) && bears(candidate));
    if (!entry) return { names, isExplained: false, reference: current.reference };
    names.push(entry.name);
    if (!entry.plan && !entry.as && !entry.adjusts) continue;
    if (entry.plan) steps.plan = { ...steps.plan, ...entry.plan(steps.plan, kase) };
    if (entry.as) steps.as.push(entry.as);
    if (entry.edit) steps.edits.push(answer => edited(answer, text => entry.edit(text, kase.request)));
    if (entry.adjusts) steps.edits.push(answer => entry.adjusts(answer, kase, ours));
    const request = steps.as.reduce((changed, as) => as(changed, kase), steps.plan === kase.plan ? kase.request : kase.requestBy(steps.plan));
    if (entry.plan || entry.as) unedited = await ask(request);
    const answer = steps.edits.reduce((edited, edit) => edit(edited), unedited);
    current = { plan: steps.plan, request, reference: withOwnOf(answer, ours, { isOfAnotherPlan: steps.plan !== kase.plan }) };
    if (differences(current.reference, ours, { isSameRequest: false }).length === 0) {
      return { names, isExplained: true, reference: current.reference };
    }
  }
}

/** Whether any entry bears on a case, whatever ours may answer. */
export function mayDiffer(kase, reference) {
  return DIFFERENCES.some(entry => entry.applies(kase, reference, reference));
}

/** The answer with each of its texts changed. */
function edited(answer, edit) {
  return JSON.parse(JSON.stringify(answer), (_, value) => (typeof value === 'string' ? edit(value) : value));
}

/** Whether a handler has answered, with the status that it was told to. */
const isHandled = ({ status, handler }) => status === (/^sign-/.test(handler.does) ? 302 : handler.status ?? 200);

// --- Handshake tokens in development

const isHandshakeError = ({ status, error }) => status === 500 && error.startsWith('Clerk: Handshake token verification failed');

/** A token of another class needs no key to be refused. */
function isHandshakeWithoutKeys(ours) {
  return isSignedOutForWantOfKeys(ours) || (ours.status === 400 && ours.error.includes('invalid category'));
}

const isSignedOutForWantOfKeys = ours => isHandled(ours) && isForWantOfKeys(ours);

const isForWantOfKeys = answer => /^(jwk-remote-failed-to-load|secret-key-invalid|unexpected-error)$/.test(answer['x-clerk-auth-reason']);

/** The handler's own origin may come after Clerk's. */
const isHandshakeResolved = answer => /^null(,|$)/.test(answer['access-control-allow-origin'] ?? '');

/** Nothing that the handshake brought is set, and nobody is signed in by it. */
function isDecidedWithoutTheHandshake(ours, reference) {
  const isBrought = cookie => !cookie.startsWith('__clerk_redirect_count=') && clerksCookies(reference).includes(cookie);
  return !clerksCookies(ours).some(isBrought);
}

/** The same without the nonce, which was asked about: signed in by the cookies, or signed out because Clerk failed. */
function isDecidedWithoutTheNonce(ours, reference) {
  const isAsked = isDeepStrictEqual(ours.calls.slice(0, reference.calls.length), reference.calls);
  return isAsked && isDecidedWithoutTheHandshake(ours, reference) && ours['x-clerk-auth-reason'] !== 'session-token-missing';
}

const HANDSHAKE_COOKIE = /(?:^|(?<=;))\s*__clerk_handshake(?:_nonce)?=[^;]*;?/g;
const HANDSHAKE_PARAMETER = /(?<=[?&])__clerk_handshake(?:_nonce)?=[^&#]*&?/g;

/** Whether a handshake is looked at: where a token is in the header, no cookie is, and no handshake. */
function bringsHandshake(request) {
  const authorization = canonicalAuthorization(header(request, 'authorization')?.trim() ?? '');
  if (referenceToken(authorization)) return false;
  const inQuery = ['__clerk_handshake', '__clerk_handshake_nonce'].some(name => parameters(request).get(name));
  return inQuery || request.headers.some(([key, value]) => key === 'cookie' && /(?:^|;)\s*__clerk_handshake(?:_nonce)?\s*=[^;]/.test(value));
}

/** The request as if there were no handshake. */
function withoutHandshake(request) {
  const strip = ([key, value]) => [key, key === 'cookie' ? value.replace(HANDSHAKE_COOKIE, '') : value];
  return {
    ...request,
    target: request.target.replace(HANDSHAKE_PARAMETER, '').replace(/[?&]$/, ''),
    headers: request.headers.map(strip).filter(([key, value]) => key !== 'cookie' || value.trim()),
  };
}

/** The counter as it is on a redirect that follows another one. */
function recounted(text, request) {
  return text.replace(/^__clerk_redirect_count=(\d+); SameSite=Lax; HttpOnly; Max-Age=2$/, (_, count) =>
    `__clerk_redirect_count=${bringsHandshake(request) ? Math.max(count, 2) : count}; SameSite=Lax; HttpOnly; Max-Age=30`);
}

/** A minute is over where a case lets more of it pass. */
const isOutOfTime = ({ handshakeToken, rotation }) => /^(expired|expired-at-the-edge|from-the-future|exp-as-text)$/.test(handshakeToken)
  || (handshakeToken === 'in-time' && rotation !== 'none');

const CLERKS_COOKIE = /^(?:__clerk_|(?:__session|__client_uat|__refresh|__client|clerk_active_context|__dev_session)(?:_[\w-]{8})?(?:[=;]|$))/;

/** The handler's own come last. */
const handlersCookies = ({ 'set-cookie': cookies, handlerCookies }) => cookies.slice(cookies.length - handlerCookies);

const clerksCookies = ({ 'set-cookie': cookies, handlerCookies }) =>
  cookies.slice(0, cookies.length - handlerCookies).filter(cookie => CLERKS_COOKIE.test(cookie));

function withClerksCookies(answer) {
  return { ...answer, 'set-cookie': [...clerksCookies(answer), ...handlersCookies(answer)] };
}

/** The same redirect with one more cookie, which counts it. */
function isCounted(ours, reference) {
  const cookies = [...ours['set-cookie']];
  const last = cookies.pop() ?? '';
  return /^__clerk_redirect_count=\d+; SameSite=Lax; HttpOnly; Max-Age=2$/.test(last) && differences(reference, { ...ours, 'set-cookie': cookies }, { isSameRequest: false }).length === 0;
}

/** The cookies are set, and the handler is reached. */
const isDecidedAsInProduction = (ours, reference) =>
  isHandled(ours) && clerksCookies(ours).join() === clerksCookies(reference).join();

// --- Kinds of session

const isOfAnotherClass = kind => /^(m2m|oauth|template|category-(?!ignore|absent))/.test(kind);

const isBeyondAllDates = kind => /-huge$/.test(kind);

/** Whether one of the tokens that a request carries is such a one. */
const usesSession = (plan, test) => [plan.headerSession, plan.plainSession, plan.suffixedSession].some(test);

const isAboutKeys = ({ error }) => /reason=(jwk-remote-failed-to-load|secret-key-invalid)/.test(error);

// --- Machine tokens

const typeOfOpaque = ({ machineToken }) => ({ api: 'api_key', m2m: 'm2m_token', oauth: 'oauth_token' })[machineToken.split('-')[0]];

/** Whether a handler asks for that type; one of those that ask for sessions alone and for any is always among them. */
const accepts = (plan, type) => (plan.deed !== 'tells'
  ? type === 'session_token'
  : ['none', 'any'].includes(plan.accepts) || plan.accepts.split(',').includes(type));

/** What a handler is told that accepts what the case is about. */
const toldAny = ({ body }) => body?.any ?? body ?? {};

/** Whether the scopes that an answer tells of are lists. The answer to a HEAD tells of none. */
const areLists = ({ body }) => body === null || [body, ...Object.values(body)].every(part => Array.isArray(part?.scopes ?? []));

/** The answer with whatever scopes it tells of left out. */
const withoutScopes = answer => JSON.parse(JSON.stringify(answer, (name, value) => (name === 'scopes' ? undefined : value)));

// --- Authorization

/** The token that the reference finds in an `Authorization` header. */
function referenceToken(value = '') {
  const [scheme, token] = value.split(' ', 2);
  if (!token) return scheme;
  return scheme === 'Bearer' ? token : '';
}

/** The header as we read it, in the reference's words; none where there is no token. */
function canonicalAuthorization(value) {
  const [, scheme, rest] = /^([^ ]*) *(.*)$/s.exec(value);
  if (scheme.toLowerCase() !== 'bearer') return value;
  return rest ? `Bearer ${rest}` : undefined;
}

// --- Hosts and URLs

const startsWithSlashes = target => target.startsWith('//') || (target.startsWith('/') && pathOf(target).startsWith('//'));

/** The path as a URL has it, when nothing in it can be mistaken for a host. */
const pathOf = target => new URL(`http://host${target}`).pathname;

const NAMED_SEGMENT = 'parity-empty-segment';

/** The target with its leading empty segments named, so that the reference sees a path. */
function withNamedSegments(target) {
  const query = target.indexOf('?') < 0 ? '' : target.slice(target.indexOf('?'));
  return pathOf(target).replace(/^\/+/, slashes => `/${NAMED_SEGMENT}`.repeat(slashes.length - 1) + '/') + query;
}

function redirectUrl(request) {
  return parameters(request).get('__clerk_redirect_url');
}

function parameters({ target }) {
  return new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?')) : '');
}

/** Whether a dev browser may go along to that page. */
function isKnownPage(text, request, { settings }) {
  const url = new URL(text);
  const host = isHost(first(request, 'x-forwarded-host')) ? first(request, 'x-forwarded-host') : header(request, 'host');
  const own = isHost(host) ? new URL(`${first(request, 'x-forwarded-proto') ?? 'http'}://${host}`).origin : null;
  const isLoopback = /^(127\.\d+\.\d+\.\d+|\[::1\]|(.+\.)?localhost\.?)$/.test(url.hostname);
  const parties = request.settings?.authorized_parties ?? settings.authorized_parties ?? [];
  const isListed = [own, ...parties].includes(url.origin);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && (isLoopback || isListed);
}

const RETURNS = ['redirect_url', '__clerk_redirect_url'];

const DEV_BROWSERS = ['__clerk_db_jwt', '__dev_session'];

const SPENT = [...DEV_BROWSERS, '__clerk_handshake', '__clerk_handshake_nonce', '__clerk_help'];

/** If the text is the request's URL as the reference returns to it, with its query written anew or not: as we return to it. */
function withReturnAddress(text, { target }) {
  if (!/^https?:/.test(text) || !isUrl(text) || new URL(text).href !== text) return text;
  const asked = queryOf(target).replaceAll(RENAMED_REDIRECT_URL, '__clerk_redirect_url');
  const query = queryOf(new URL(`http://host${asked}`).href);
  const parameters = new URLSearchParams(query);
  for (const name of DEV_BROWSERS) parameters.delete(name);
  const rewritten = parameters.size ? `?${parameters}` : '';
  if (!query || ![query, rewritten].includes(queryOf(text))) return text;
  const parts = query.slice(1).split('&');
  const kept = parts.filter(part => !SPENT.includes([...new URLSearchParams(part)][0]?.[0]));
  const isKept = kept.length === parts.length || kept.join('&') !== '';
  return text.slice(0, text.length - queryOf(text).length) + (isKept ? `?${kept.join('&')}` : '');
}

/** The query with its question mark. */
const queryOf = text => (text.includes('?') ? text.slice(text.indexOf('?')) : '');

/** The header that names a host with a port of the other scheme, and the host without it. */
function portOfTheOtherScheme(request) {
  const name = isHost(first(request, 'x-forwarded-host')) ? 'x-forwarded-host' : 'host';
  const [host, scheme] = [first(request, name), first(request, 'x-forwarded-proto')?.toLowerCase()];
  const port = scheme === 'https' ? /:80$/ : /:443$/;
  return isHost(host) && port.test(host) ? [name, host.replace(port, '')] : null;
}

const RENAMED_REDIRECT_URL = '__parity_redirect_url';

/** The request as if the parameter meant nothing: still there, for redirects keep it, but under another name. */
function withRenamedRedirectUrl(request) {
  return { ...request, target: request.target.replace(/(?<=[?&])__clerk_redirect_url(?==)/, RENAMED_REDIRECT_URL) };
}

// --- Headers and cookies

function replaceInHeaders(request, text, replacement) {
  return { ...request, headers: request.headers.map(([key, value]) => [key, value.replaceAll(text, replacement)]) };
}

const COUNT_COOKIE = /(?<=(?:^|;)\s*__clerk_redirect_count=)[^;]*/;

function redirectCount(request) {
  const counts = request.headers.filter(([key]) => key === 'cookie').map(([, value]) => COUNT_COOKIE.exec(value)?.[0]);
  return unescaped(counts.find(Boolean));
}

function unescaped(text) {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withRedirectCount(request, count) {
  const change = ([key, value]) => [key, key === 'cookie' ? value.replace(COUNT_COOKIE, count) : value];
  return { ...request, headers: request.headers.map(change) };
}

const UNDECODABLE = 'not.base64!.atall';

/** The tokens in a request's headers of which a part is `null`. */
function nullTokens({ headers }) {
  const encodedNull = Buffer.from('null').toString('base64url');
  const [part, dot] = ['[\\w-]+', '(?:\\.|%2E)'];
  const token = new RegExp(`${part}${dot}${encodedNull}${dot}${part}|\\b${encodedNull}${dot}${part}${dot}${part}`, 'g');
  return headers.flatMap(([, value]) => value.match(token) ?? []);
}

const CRITICAL =
  'The JWT header parameter "crit" lists extensions that have to be understood, and none are. Make sure that this is a valid Clerk-generated JWT.';

const UNDECODABLE_MESSAGE = 'Invalid JWT form. The header, payload, or signature could not be decoded.';

/** What may be a token in a header: three parts, padded or not, with escapes as cookies have them. */
const TOKEN = /(?<![\w-])(?!__)[\w-]{8,}(?:=|%3D)*(?:\.|%2E)[\w-]+(?:=|%3D)*(?:\.|%2E)[\w-]*(?:=|%3D)*/g;

const isPadded = token => token.includes('=');

function isCritical(token) {
  try {
    return Object.hasOwn(JSON.parse(Buffer.from(token.split('.')[0], 'base64url')), 'crit');
  } catch {
    return false;
  }
}

/** The texts in a request's headers that are such a token, each once. */
function tokensOf({ headers }, test) {
  const texts = headers.flatMap(([, value]) => value.match(TOKEN) ?? []);
  return [...new Set(texts.filter(text => test(unescaped(text))))];
}

const undecodable = index => `not.base64!.atall${index}`;

/** The request with each such token replaced by what nobody can decode. */
const withUndecodable = (request, test) =>
  tokensOf(request, test).reduce((changed, token, index) => replaceInHeaders(changed, token, undecodable(index)), request);

/** The reverse, in a text of an answer's. */
const withTokens = (text, request, test) =>
  tokensOf(request, test).reduce((changed, token, index) => changed.replaceAll(undecodable(index), unescaped(token)), text);
