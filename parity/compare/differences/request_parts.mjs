// What entries read out of a request: headers, cookies, and the URL that it was sent to.

export function headers(request, name) {
  return request.headers.filter(([key]) => key === name).map(([, value]) => value);
}

export function header(request, name) {
  return headers(request, name)[0];
}

/** The first of the values that a header lists. */
export function first(request, name) {
  return header(request, name)?.split(',')[0].trim();
}

/** The request with another value of a header; without it, where there is none. */
export function withHeader(request, name, value) {
  const others = without(request, name);
  return value === undefined ? others : { ...others, headers: [...others.headers, [name, value]] };
}

export function without(request, ...names) {
  return { ...request, headers: request.headers.filter(([key]) => !names.includes(key)) };
}

/** A host with an optional port, and nothing else that a URL could have there. */
export function isHost(text) {
  return Boolean(text) && !/[/\\?#@\s]/.test(text) && isUrl(`http://${text}/`);
}

export function isUrl(text) {
  return text !== null && URL.canParse(text);
}

/** What a forwarded scheme means: that of a WebSocket is that of the page around it. */
export function forwardedScheme(request) {
  const scheme = first(request, 'x-forwarded-proto')?.toLowerCase();
  return { http: 'http', https: 'https', ws: 'http', wss: 'https' }[scheme];
}

/** The URL as a browser sees it, and whether a proxy said which scheme that has. */
export function publicUrl(request) {
  const host = [first(request, 'x-forwarded-host'), header(request, 'host')].find(isHost);
  if (host === undefined) return { url: new URL('http://localhost/'), isSchemeKnown: false };
  const scheme = forwardedScheme(request);
  // A port of the other scheme is a proxy's own.
  const port = scheme === 'https' ? /:80$/ : /:443$/;
  return { url: new URL(`${scheme ?? 'http'}://${host.replace(port, '')}/`), isSchemeKnown: scheme !== undefined };
}

/** What Clerk puts into a query for one request. */
const SPENT = ['__clerk_db_jwt', '__dev_session', '__clerk_handshake', '__clerk_handshake_nonce', '__clerk_help'];

/** Whether two URLs are of one page, less what Clerk put there for one request, and however their queries are escaped. */
export function isSamePage(one, other) {
  const [a, b] = [one, other].map(pageOf);
  return a !== null && a === b;
}

function pageOf(text) {
  if (!isUrl(text)) return null;
  const url = new URL(text);
  return JSON.stringify([url.origin, url.pathname, url.hash, [...url.searchParams].filter(([name]) => ![...SPENT, '', '?'].includes(name))]);
}

/** Whether a token comes in the `Authorization` header. */
export function hasHeaderToken(request) {
  return /^(bearer +\S|\S+$)/i.test(header(request, 'authorization')?.trim() ?? '');
}
