// Intended differences about a request's headers and URL: `Authorization`, the redirect counter, hosts, schemes, paths, redirect URLs.

import {
  canonicalAuthorization, first, forwardedScheme, header, isHost, isUrl, parameters, redirectCount, referenceToken, withHeader, without,
  withRedirectCount,
} from './request_parts.mjs';

export const HEADERS_AND_URLS = [
  {
    name: 'authorization-scheme',
    rule: 'PROTOCOL 14.9',
    reason: 'The scheme matches in any case, with any number of spaces after it (RFC 9110). A scheme alone is not a token.',
    applies: ({ request }) => {
      const value = header(request, 'authorization')?.trim();
      return value !== undefined && referenceToken(value) !== referenceToken(canonicalAuthorization(value));
    },
    as: request => withHeader(request, 'authorization', canonicalAuthorization(header(request, 'authorization').trim())),
  },
  {
    name: 'loop-guard',
    rule: 'PROTOCOL 14.3',
    reason: 'The guard stops at three or more. A count that is not a whole number is rounded up, and never allows more redirects.',
    applies: ({ request }) => !['', '0', '1', '2', '3'].includes(redirectCount(request) ?? ''),
    as: request => {
      // Only JavaScript reads hexadecimal as a number.
      const count = redirectCount(request).startsWith('0x') ? 0 : Math.ceil(Number(redirectCount(request))) || 0;
      return withRedirectCount(request, String(Math.min(Math.max(count, 0), 3)));
    },
  },
  {
    name: 'forwarded-host-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'An invalid forwarded host is ignored, and `Host` counts.',
    applies: ({ request }) => {
      const forwarded = first(request, 'x-forwarded-host');
      return forwarded !== undefined && !isHost(forwarded);
    },
    as: request => without(request, 'x-forwarded-host'),
  },
  {
    name: 'forwarded-scheme-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A forwarded scheme other than http and https is ignored; ws and wss stand for http and https.',
    applies: ({ request }) => {
      const scheme = first(request, 'x-forwarded-proto');
      return scheme !== undefined && !['http', 'https'].includes(scheme.toLowerCase());
    },
    as: request => withHeader(request, 'x-forwarded-proto', forwardedScheme(request)),
  },
  {
    name: 'host-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A request without a valid host is treated as one to `http://localhost`; the reference assumes another host.',
    applies: ({ request }) => !isHost(header(request, 'host')) && !isHost(first(request, 'x-forwarded-host')),
    as: request => withHeader(without(request, 'x-forwarded-host', 'x-forwarded-proto'), 'host', 'localhost'),
  },
  {
    name: 'port-of-the-other-scheme',
    rule: 'PROTOCOL 14.18',
    reason: 'Browsers do not send `https://host:80` or `http://host:443`: such a port is the proxy\'s internal port, and is dropped.',
    applies: ({ request }) => portOfTheOtherScheme(request) !== null,
    as: request => {
      const [name, host] = portOfTheOtherScheme(request);
      return withHeader(request, name, host);
    },
  },
  {
    name: 'path-that-looks-like-a-host',
    rule: 'PROTOCOL 14.5',
    reason: 'A path that starts with two slashes stays a path; the reference reads a host from it, or rejects it.',
    applies: ({ request }) => startsWithSlashes(request.target),
    as: request => ({ ...request, target: withNamedSegments(request.target) }),
    edit: text => text.replaceAll(`${NAMED_SEGMENT}/`, '/'),
  },
  {
    name: 'redirect-url-that-is-none',
    rule: 'PROTOCOL 14.5',
    reason: 'A primary ignores a redirect address that is not a URL; the reference answers 500.',
    applies: ({ request }, reference) => reference.error === 'Invalid URL' && !isUrl(redirectUrl(request)),
    as: request => withRenamedRedirectUrl(request),
    edit: text => text.replaceAll(RENAMED_REDIRECT_URL, '__clerk_redirect_url'),
  },
  {
    name: 'redirect-url-that-is-no-page',
    rule: 'PROTOCOL 14.7',
    reason: 'A primary redirects to http and https only. It ignores addresses with `javascript:` and other schemes.',
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
    reason: 'In development, a primary sends the dev browser only to loopback, its own origin and authorized parties. It ignores other addresses.',
    applies: ({ request, configuration }, reference) => {
      const url = redirectUrl(request);
      return reference['x-clerk-auth-reason'] === 'primary-responds-to-syncing' && isUrl(url) && !isKnownPage(url, request, configuration);
    },
    as: request => withRenamedRedirectUrl(request),
    edit: text => text.replaceAll(RENAMED_REDIRECT_URL, '__clerk_redirect_url'),
  },
];

export const RETURN_ADDRESSES = [
  {
    name: 'return-address',
    rule: 'PROTOCOL 14.18',
    reason: 'A return address has the requested query, byte for byte, without the parameters that Clerk added for one request.',
    applies: ({ request }, reference) => (reference.location?.parameters ?? []).some(
      ([name, value]) => RETURNS.includes(name) && withReturnAddress(value, request) !== value),
    as: request => request,
    edit: withReturnAddress,
  },
];

const startsWithSlashes = target => target.startsWith('//') || (target.startsWith('/') && pathOf(target).startsWith('//'));

/** The path in the form in which a URL has it. */
const pathOf = target => new URL(`http://host${target}`).pathname;

const NAMED_SEGMENT = 'parity-empty-segment';

/** The target with names for its leading empty segments, so that the reference reads a path. */
function withNamedSegments(target) {
  const query = target.indexOf('?') < 0 ? '' : target.slice(target.indexOf('?'));
  return pathOf(target).replace(/^\/+/, slashes => `/${NAMED_SEGMENT}`.repeat(slashes.length - 1) + '/') + query;
}

function redirectUrl(request) {
  return parameters(request).get('__clerk_redirect_url');
}

/** Returns whether a redirect to that page may carry the dev browser. */
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

/** Turns the reference's return address into ours. Other texts stay as they are. */
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

/** The query, with its question mark. */
const queryOf = text => (text.includes('?') ? text.slice(text.indexOf('?')) : '');

/** The header whose host has the port of the other scheme, and that host without the port; null if there is none. */
function portOfTheOtherScheme(request) {
  const name = isHost(first(request, 'x-forwarded-host')) ? 'x-forwarded-host' : 'host';
  const [host, scheme] = [first(request, name), first(request, 'x-forwarded-proto')?.toLowerCase()];
  const port = scheme === 'https' ? /:80$/ : /:443$/;
  return isHost(host) && port.test(host) ? [name, host.replace(port, '')] : null;
}

const RENAMED_REDIRECT_URL = '__parity_redirect_url';

/** The request with another name for the parameter. The parameter stays, because redirects keep it. */
function withRenamedRedirectUrl(request) {
  return { ...request, target: request.target.replace(/(?<=[?&])__clerk_redirect_url(?==)/, RENAMED_REDIRECT_URL) };
}
