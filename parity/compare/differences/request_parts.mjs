// Parts of a request that the entries read or replace: headers, cookies, and the URL.

export function headers(request, name) {
  return request.headers.filter(([key]) => key === name).map(([, value]) => value);
}

export function header(request, name) {
  return headers(request, name)[0];
}

/** The first value of a comma-separated header. */
export function first(request, name) {
  return header(request, name)?.split(',')[0].trim();
}

/** The request with another value of a header, or without the header if the value is undefined. */
export function withHeader(request, name, value) {
  const others = without(request, name);
  return value === undefined ? others : { ...others, headers: [...others.headers, [name, value]] };
}

export function without(request, ...names) {
  return { ...request, headers: request.headers.filter(([key]) => !names.includes(key)) };
}

/** Returns whether the text is a host with an optional port, and nothing else. */
export function isHost(text) {
  return Boolean(text) && !/[/\\?#@\s]/.test(text) && isUrl(`http://${text}/`);
}

export function isUrl(text) {
  return text !== null && URL.canParse(text);
}

/** The scheme of a page that a forwarded scheme stands for: `wss` stands for `https`. */
export function forwardedScheme(request) {
  const scheme = first(request, 'x-forwarded-proto')?.toLowerCase();
  return { http: 'http', https: 'https', ws: 'http', wss: 'https' }[scheme];
}

/** The origin as a browser sees it, and whether a proxy has forwarded its scheme. */
export function publicUrl(request) {
  const host = [first(request, 'x-forwarded-host'), header(request, 'host')].find(isHost);
  if (host === undefined) return { url: new URL('http://localhost/'), isSchemeKnown: false };
  const scheme = forwardedScheme(request);
  // The port of the other scheme is the proxy's internal port.
  const port = scheme === 'https' ? /:80$/ : /:443$/;
  return { url: new URL(`${scheme ?? 'http'}://${host.replace(port, '')}/`), isSchemeKnown: scheme !== undefined };
}

/** The parameters that Clerk adds to a query for one request. */
const SPENT = ['__clerk_db_jwt', '__dev_session', '__clerk_handshake', '__clerk_handshake_nonce', '__clerk_help'];

/** Returns whether two URLs name the same page, apart from Clerk's parameters and the escapes of the query. */
export function isSamePage(one, other) {
  const [a, b] = [one, other].map(pageOf);
  return a !== null && a === b;
}

function pageOf(text) {
  if (!isUrl(text)) return null;
  const url = new URL(text);
  return JSON.stringify([url.origin, url.pathname, url.hash, [...url.searchParams].filter(([name]) => ![...SPENT, '', '?'].includes(name))]);
}

/** Returns whether the `Authorization` header has a token. */
export function hasHeaderToken(request) {
  return /^(bearer +\S|\S+$)/i.test(header(request, 'authorization')?.trim() ?? '');
}

/** The token that the reference finds in an `Authorization` header. */
export function referenceToken(value = '') {
  const [scheme, token] = value.split(' ', 2);
  if (!token) return scheme;
  return scheme === 'Bearer' ? token : '';
}

/** The `Authorization` header in the reference's form, or undefined if it has no token. */
export function canonicalAuthorization(value) {
  const [, scheme, rest] = /^([^ ]*) *(.*)$/s.exec(value);
  if (scheme.toLowerCase() !== 'bearer') return value;
  return rest ? `Bearer ${rest}` : undefined;
}

export function parameters({ target }) {
  return new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?')) : '');
}

export function replaceInHeaders(request, text, replacement) {
  return { ...request, headers: request.headers.map(([key, value]) => [key, value.replaceAll(text, replacement)]) };
}

const COUNT_COOKIE = /(?<=(?:^|;)\s*__clerk_redirect_count=)[^;]*/;

export function redirectCount(request) {
  const counts = request.headers.filter(([key]) => key === 'cookie').map(([, value]) => COUNT_COOKIE.exec(value)?.[0]);
  return unescaped(counts.find(Boolean));
}

export function withRedirectCount(request, count) {
  const change = ([key, value]) => [key, key === 'cookie' ? value.replace(COUNT_COOKIE, count) : value];
  return { ...request, headers: request.headers.map(change) };
}

/** The text without percent escapes, or the text itself if an escape is invalid. */
export function unescaped(text) {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}
