// Intended differences about handshakes: their tokens, keys and times, satellites, the redirect counter, and the cookies that they set.

import { isDeepStrictEqual } from 'node:util';

import { differences } from '../comparable.mjs';
import { isForWantOfKeys, isHandled, isSignedOutForWantOfKeys } from './answer_parts.mjs';
import { canonicalAuthorization, header, parameters, redirectCount, referenceToken, withHeader, without } from './request_parts.mjs';
import { isPageNavigation } from './senders.mjs';

export const HANDSHAKES = [
  {
    name: 'handshake-token-refused-in-development',
    rule: 'PROTOCOL 14.5',
    reason: 'A handshake token that fails verification is an error of the client: 400, not 500.',
    applies: (_, reference) => isHandshakeError(reference) && !isAboutKeys(reference),
    accepts: ours => ours.status === 400,
  },
  {
    name: 'handshake-without-keys-in-development',
    rule: 'PROTOCOL 14.4',
    reason: 'A handshake token that cannot be verified because the keys cannot be loaded is not an error of the client. A token of another class is rejected without a key.',
    applies: (_, reference) => isHandshakeError(reference) && isAboutKeys(reference),
    accepts: isHandshakeWithoutKeys,
  },
  {
    name: 'handshake-with-keys-that-are-no-json',
    rule: 'PROTOCOL 14.4',
    reason: 'The same, if the reference fails to read the keys and ignores the handshake.',
    applies: ({ configuration, plan }) =>
      configuration.apiInstance === 'html' && configuration.type === 'development' && !/^(none|nonce)/.test(plan.handshake),
    accepts: isHandshakeWithoutKeys,
  },
  {
    name: 'token-without-a-key',
    rule: 'PROTOCOL 14.8',
    reason: 'A token without a key id causes no fetch, so a failure to load the keys does not affect it.',
    applies: ({ plan }, reference) =>
      usesSession(plan, kind => /^(no-kid|kid-(a-number|null|empty)$|header-is-)/.test(kind)) && isForWantOfKeys(reference),
    accepts: (ours, reference) => ours.status === reference.status && ours['x-clerk-auth-reason'] === 'jwk-kid-mismatch',
  },
  {
    name: 'handshake-outside-of-a-navigation',
    rule: 'PROTOCOL 14.37',
    reason: 'Handshakes are page navigations. In any other request, a handshake comes from an attacker or from a leftover cookie.',
    applies: ({ request }) => bringsHandshake(request) && !isPageNavigation(request),
    as: withoutHandshake,
  },
  {
    name: 'handshake-out-of-time',
    rule: 'PROTOCOL 14.37',
    reason: 'The times of a handshake token count, if it has any. In development, the clock may be off by a day.',
    applies: ({ configuration, plan, request }, reference) => configuration.type === 'production'
      && isOutOfTime(plan) && !/^(nonce|both)/.test(plan.handshake)
      && isHandshakeResolved(reference) && bringsHandshake(request),
    as: withoutHandshake,
    edit: recounted,
  },
  {
    name: 'counter-of-a-chain',
    rule: 'PROTOCOL 14.3',
    reason: 'From the second redirect of a chain on, the counter lasts long enough for a slow Frontend API.',
    applies: ({ configuration, request }, reference) => reference['set-cookie'].some(cookie => /^__clerk_redirect_count=/.test(cookie))
      && (bringsHandshake(request) || (configuration.type === 'development' && Number(redirectCount(request)) > 0)),
    as: request => request,
    edit: recounted,
  },
  {
    name: 'satellite-without-fetch-metadata',
    rule: 'PROTOCOL 14.39',
    reason: 'For a browser that sends no `Sec-Fetch-Dest`, `Accept` decides about synchronization, as it does about handshakes.',
    applies: ({ configuration, request }) => (request.settings?.is_satellite ?? configuration.settings.is_satellite) === true && !header(request, 'sec-fetch-dest')
      && isPageNavigation(request),
    as: request => withHeader(request, 'sec-fetch-dest', 'document'),
  },
  {
    name: 'handshake-that-brings-no-session-token',
    rule: 'PROTOCOL 7',
    reason: 'A token of another class is not a session token, wherever it comes from. Clerk never sets one as a session.',
    applies: ({ plan }, reference) => isOfAnotherClass(plan.directives) && isHandshakeResolved(reference),
    accepts: isDecidedWithoutTheHandshake,
  },
  {
    name: 'handshake-that-brings-a-date-that-is-none',
    rule: 'PROTOCOL 6',
    reason: 'A time claim after the last valid date is in the future; JavaScript compares it as NaN.',
    applies: ({ plan }, reference) => isBeyondAllDates(plan.directives) && isHandshakeResolved(reference),
    accepts: isDecidedWithoutTheHandshake,
  },
  {
    name: 'date-that-is-none',
    rule: 'PROTOCOL 6',
    reason: 'A time claim after the last valid date is in the future; JavaScript compares it as NaN.',
    applies: ({ plan }) => usesSession(plan, isBeyondAllDates),
    accepts: ours => /^session-token-(nbf|iat-in-the-future)$/.test(ours['x-clerk-auth-reason']),
  },
  {
    name: 'keys-that-are-no-json',
    rule: 'PROTOCOL 14.4',
    reason: 'Keys that cannot be read count as keys that cannot be loaded; the reference has no reason for it.',
    applies: ({ configuration }, reference) =>
      configuration.apiInstance === 'html' && reference['x-clerk-auth-reason'] === 'unexpected-error',
    accepts: (ours, reference) =>
      ours.status === reference.status && ours['x-clerk-auth-reason'] === 'jwk-remote-failed-to-load',
  },
  {
    name: 'satellite-on-the-origin-of-its-sign-in',
    rule: 'PROTOCOL 14.5',
    reason: 'The reference answers 500 if `Origin` is the origin of the sign-in page.',
    applies: (_, reference) => reference.status === 500 && reference.error.includes('different origin than your satellite'),
    as: request => without(request, 'origin'),
  },
];

/** Entries that check our answer itself. They come last, because others may have to explain a part of the difference first. */
export const HANDSHAKES_CHECKED_LAST = [
  {
    name: 'handshake-in-vain',
    rule: 'PROTOCOL 14.37',
    reason: 'A nonce that Clerk does not know, or a handshake without Clerk\'s cookies, does not tell who is signed in.',
    applies: ({ request }, reference) => isPageNavigation(request) && isHandshakeResolved(reference)
      && reference['x-clerk-auth-reason'] === 'session-token-missing' && clerksCookies(reference).length === 0,
    accepts: (ours, reference) => isCounted(ours, reference) || isDecidedWithoutTheNonce(ours, reference),
  },
  {
    name: 'handshake-whose-times-are-none',
    rule: 'PROTOCOL 14.37',
    reason: 'The times of a handshake token count, if it has any. A time that is not a number makes the token invalid.',
    applies: ({ configuration, plan, request }) => configuration.type === 'development' && plan.handshakeToken === 'exp-as-text'
      && bringsHandshake(request) && isPageNavigation(request),
    accepts: ours => ours.status === 400,
  },
  {
    name: 'handshake-without-keys',
    rule: 'PROTOCOL 14.37',
    reason: 'A handshake token that cannot be verified because the keys cannot be loaded does not tell who is signed in.',
    applies: ({ configuration, request }) =>
      (configuration.isFailing || request.cold) && bringsHandshake(request) && isPageNavigation(request),
    accepts: ours => isSignedOutForWantOfKeys(ours),
  },
  {
    name: 'cookies-of-others',
    rule: 'PROTOCOL 14.38',
    reason: 'Only cookies with Clerk\'s names are set. A name that starts like the session\'s is not enough.',
    applies: (_, reference) => clerksCookies(reference).length + reference.handlerCookies < reference['set-cookie'].length,
    adjusts: withClerksCookies,
    accepts: (ours, reference) => isCounted(ours, withClerksCookies(reference)),
  },
  {
    name: 'cookie-that-starts-like-the-session',
    rule: 'PROTOCOL 14.38',
    reason: 'A cookie whose name only starts like the session\'s is not a session, and does not invalidate the handshake.',
    applies: ({ plan, request }) => plan.directives === 'a-name-that-starts-alike' && bringsHandshake(request) && isPageNavigation(request),
    accepts: ours => ours['set-cookie'].some(cookie => cookie.startsWith('__session=')) && clerksCookies(ours).length + ours.handlerCookies === ours['set-cookie'].length,
  },
  {
    name: 'handshake-resolved-in-development',
    rule: 'PROTOCOL 14.11',
    reason: 'The redirect that cleans the URL renews the counter. Instead of an endless loop, the request reaches the handler.',
    applies: ({ configuration }, reference) =>
      configuration.type === 'development' && reference.status === 307 && isHandshakeResolved(reference),
    accepts: (ours, reference) => isCounted(ours, reference) || isDecidedAsInProduction(ours, reference),
  },
  {
    name: 'session-cookie-of-another-library',
    rule: 'PROTOCOL 14.40',
    reason: 'A hint for developers names the cookie that hides Clerk\'s.',
    applies: ({ configuration, plan }, reference) => configuration.type === 'development'
      && reference['x-clerk-auth-status'] === 'signed-out' && plan.plainSession !== 'none'
      && (plan.suffixedSession !== 'none' || plan.suffixedUat !== 'none'),
    adjusts: (answer, _, ours) => {
      const [hint] = / ?The cookie named __session is not Clerk's.*$/.exec(ours['x-clerk-auth-message'] ?? '') ?? [''];
      return { ...answer, 'x-clerk-auth-message': (answer['x-clerk-auth-message'] ?? '') + hint || null };
    },
  },
];

// --- Handshakes

const isHandshakeError = ({ status, error }) => status === 500 && error.startsWith('Clerk: Handshake token verification failed');

/** A token of another class is rejected without a key. */
function isHandshakeWithoutKeys(ours) {
  return isSignedOutForWantOfKeys(ours) || (ours.status === 400 && ours.error.includes('invalid category'));
}

/** The handler's origin may follow Clerk's. */
const isHandshakeResolved = answer => /^null(,|$)/.test(answer['access-control-allow-origin'] ?? '');

/** Returns whether our answer sets no cookie from the handshake. */
function isDecidedWithoutTheHandshake(ours, reference) {
  const isBrought = cookie => !cookie.startsWith('__clerk_redirect_count=') && clerksCookies(reference).includes(cookie);
  return !clerksCookies(ours).some(isBrought);
}

/** Returns whether our server asked about the nonce and then ignored it: signed in by the cookies, or signed out because Clerk failed. */
function isDecidedWithoutTheNonce(ours, reference) {
  const isAsked = isDeepStrictEqual(ours.calls.slice(0, reference.calls.length), reference.calls);
  return isAsked && isDecidedWithoutTheHandshake(ours, reference) && ours['x-clerk-auth-reason'] !== 'session-token-missing';
}

const HANDSHAKE_COOKIE = /(?:^|(?<=;))\s*__clerk_handshake(?:_nonce)?=[^;]*;?/g;
const HANDSHAKE_PARAMETER = /(?<=[?&])__clerk_handshake(?:_nonce)?=[^&#]*&?/g;

/** Returns whether a handshake counts. With a token in the header, neither cookies nor handshakes count. */
function bringsHandshake(request) {
  const authorization = canonicalAuthorization(header(request, 'authorization')?.trim() ?? '');
  if (referenceToken(authorization)) return false;
  const inQuery = ['__clerk_handshake', '__clerk_handshake_nonce'].some(name => parameters(request).get(name));
  return inQuery || request.headers.some(([key, value]) => key === 'cookie' && /(?:^|;)\s*__clerk_handshake(?:_nonce)?\s*=[^;]/.test(value));
}

/** The request without its handshake. */
function withoutHandshake(request) {
  const strip = ([key, value]) => [key, key === 'cookie' ? value.replace(HANDSHAKE_COOKIE, '') : value];
  return {
    ...request,
    target: request.target.replace(HANDSHAKE_PARAMETER, '').replace(/[?&]$/, ''),
    headers: request.headers.map(strip).filter(([key, value]) => key !== 'cookie' || value.trim()),
  };
}

/** The counter's cookie on a redirect that follows another one. */
function recounted(text, request) {
  return text.replace(/^__clerk_redirect_count=(\d+); SameSite=Lax; HttpOnly; Max-Age=2$/, (_, count) =>
    `__clerk_redirect_count=${bringsHandshake(request) ? Math.max(count, 2) : count}; SameSite=Lax; HttpOnly; Max-Age=30`);
}

/** Returns whether the token has expired or is not yet valid. A rotation lets more than a minute pass. */
const isOutOfTime = ({ handshakeToken, rotation }) => /^(expired|expired-at-the-edge|from-the-future|exp-as-text)$/.test(handshakeToken)
  || (handshakeToken === 'in-time' && rotation !== 'none');

const CLERKS_COOKIE = /^(?:__clerk_|(?:__session|__client_uat|__refresh|__client|clerk_active_context|__dev_session)(?:_[\w-]{8})?(?:[=;]|$))/;

/** The handler's cookies come last. */
const handlersCookies = ({ 'set-cookie': cookies, handlerCookies }) => cookies.slice(cookies.length - handlerCookies);

const clerksCookies = ({ 'set-cookie': cookies, handlerCookies }) =>
  cookies.slice(0, cookies.length - handlerCookies).filter(cookie => CLERKS_COOKIE.test(cookie));

function withClerksCookies(answer) {
  return { ...answer, 'set-cookie': [...clerksCookies(answer), ...handlersCookies(answer)] };
}

/** Returns whether our answer is the same redirect with one more cookie, the counter. */
function isCounted(ours, reference) {
  const cookies = [...ours['set-cookie']];
  const last = cookies.pop() ?? '';
  return /^__clerk_redirect_count=\d+; SameSite=Lax; HttpOnly; Max-Age=2$/.test(last) && differences(reference, { ...ours, 'set-cookie': cookies }, { isSameRequest: false }).length === 0;
}

/** Returns whether our answer sets the cookies and reaches the handler. */
const isDecidedAsInProduction = (ours, reference) =>
  isHandled(ours) && clerksCookies(ours).join() === clerksCookies(reference).join();

// --- Kinds of session

const isOfAnotherClass = kind => /^(m2m|oauth|template|category-(?!ignore|absent))/.test(kind);

const isBeyondAllDates = kind => /-huge$/.test(kind);

/** Returns whether one of the request's tokens passes the test. */
const usesSession = (plan, test) => [plan.headerSession, plan.plainSession, plan.suffixedSession].some(test);

const isAboutKeys = ({ error }) => /reason=(jwk-remote-failed-to-load|secret-key-invalid)/.test(error);
