// The differences between our proxy and the reference's, each with its reason. They are also in `docs/protocol.md`, section 14.
//
// `adjust(theirs, { request, own, addresses })` turns the reference's side into what ours has to be. It changes nothing where the difference
// does not apply. An entry that no case needs fails the run. The order matters: later entries see what earlier ones have changed.

const sort = headers => headers.sort();
const without = (headers, ...names) => headers.filter(line => !names.some(name => line.startsWith(`${name}: `)));
const value = (headers, name) => headers.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2);
/** The values of a header that the client, or the upstream, sent. */
const sent = (headers, name) => headers.filter(([found]) => found.toLowerCase() === name).map(([, value]) => String(value));
const isPassed = ({ asked }) => asked.length > 0;

/** Our own response. */
function refuse(theirs, status, code, message, more = []) {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return { ...theirs, status, headers: sort(['cache-control: no-store', 'content-type: application/json', ...more]), body, asked: [] };
}

/** The headers and the body of the upstream's answer. */
function answered({ answer: { answer } }) {
  // Informational responses are none of the browser's business.
  const final = answer.toString('latin1').replace(/^HTTP\/1\.1 1\d\d[^]*?\r\n\r\n/, '');
  const [head, ...body] = final.split('\r\n\r\n');
  const headers = head.split('\r\n').slice(1).map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  return { headers, body: body.join('\r\n\r\n') };
}

/** The lines of the client's header that pass, each by itself. */
const eachAsked = change => (theirs, context) => {
  theirs.asked.forEach(asked => change(asked, context));
};

export const DIFFERENCES = [
  {
    name: 'TRACE is refused with 405; the reference answers 400, without a body',
    adjust: (theirs, { request }) => request.method === 'TRACE'
      ? refuse(theirs, 405, 'proxy_method_not_allowed', 'The method is not proxied', ['allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'])
      : theirs,
  },
  {
    name: 'an upgrade is refused with 501; the reference passes the request on without it',
    adjust: (theirs, { request }) => {
      const [connection = ''] = sent(request.headers, 'connection');
      const [protocol = 'h2c'] = sent(request.headers, 'upgrade');
      return /upgrade/i.test(connection) && protocol !== 'h2c'
        ? refuse(theirs, 501, 'proxy_upgrade_not_supported', 'The proxy does not support Upgrade, such as WebSockets')
        : theirs;
    },
  },
  {
    name: 'a target with a backquote, angle bracket or, in the query, quotation mark is no URI, and Actix answers 400 (RFC 3986, section 2)',
    adjust: (theirs, { request }) => /[`<>]|\?.*"/.test(request.target.replace(/\?.*`/, '')) ? { status: 400, headers: [], body: '', asked: [] } : theirs,
  },
  {
    name: 'a path that begins with two slashes names no host, so it is not for the proxy',
    adjust: (theirs, { request, own }) => request.target.startsWith('//') && request.target.includes('/__clerk')
      ? { status: 200, headers: own.headers, body: 'mine', asked: [] }
      : theirs,
  },
  {
    name: 'a body that waits to be asked for (Expect) passes; the reference fails',
    adjust: (theirs, { request, own, addresses }) => {
      if (!sent(request.headers, 'expect').length) return theirs;
      const headers = ['clerk-proxy-url: http://app.example.com/__clerk', 'clerk-secret-key: sk_test_verysecret', 'content-length: 1',
        `host: ${addresses.upstream}`, 'x-forwarded-for: 127.0.0.1', 'x-forwarded-host: app.example.com', 'x-forwarded-proto: http'];
      return { status: 200, headers: ['content-type: application/json'], body: '{"response":null}', asked: [{ method: 'POST', target: '/v1/x', headers, body: 'a' }] };
    },
  },
  {
    name: 'the body of every method passes; the reference drops it, except for POST, PUT and PATCH',
    adjust: eachAsked((asked, { request }) => {
      if (['POST', 'PUT', 'PATCH'].includes(request.method)) return;
      const [length] = sent(request.headers, 'content-length');
      asked.headers = sort([...without(asked.headers, 'content-length'), ...(length === undefined ? [] : [`content-length: ${length}`])]);
      const isChunked = sent(request.headers, 'transfer-encoding').length > 0;
      const body = request.bytes.toString('latin1').split('\r\n\r\n').slice(1).join('\r\n\r\n');
      asked.body = isChunked ? 'strategy=pw' : body;
    }),
  },
  {
    name: 'fetch adds headers of its own; ours adds none',
    adjust: eachAsked((asked, { request }) => {
      const added = [['accept', '*/*'], ['accept-language', '*'], ['sec-fetch-mode', 'cors'], ['user-agent', 'node']];
      // fetch takes a condition for a reason to bypass caches.
      if (sent(request.headers, 'if-none-match').length) added.push(['cache-control', 'no-cache'], ['pragma', 'no-cache']);
      for (const [name, text] of added) {
        if (!sent(request.headers, name).length) asked.headers = asked.headers.filter(line => line !== `${name}: ${text}`);
      }
    }),
  },
  {
    name: 'Accept-Encoding passes, so that compressed responses can; the reference asks for identity',
    adjust: eachAsked((asked, { request }) => {
      const own = sent(request.headers, 'accept-encoding').map(text => `accept-encoding: ${text}`);
      asked.headers = sort([...without(asked.headers, 'accept-encoding'), ...own]);
    }),
  },
  {
    name: 'a compressed response passes as it is, with Content-Encoding; the reference decodes it',
    adjust: (theirs, { request }) => {
      const { headers, body } = answered(request);
      const [coding] = sent(headers, 'content-encoding');
      return coding && isPassed(theirs) ? { ...theirs, headers: sort([...theirs.headers, `content-encoding: ${coding}`]), body } : theirs;
    },
  },
  {
    name: "the client's address is that of the connection, or of a header that the settings name; the reference believes what clients send",
    adjust: eachAsked(asked => {
      const names = ['x-forwarded-for', 'x-real-ip', 'cf-connecting-ip', 'true-client-ip', 'forwarded'];
      asked.headers = sort([...without(asked.headers, ...names), 'x-forwarded-for: 127.0.0.1']);
    }),
  },
  {
    name: 'the address of the proxy is that of handshakes (section 3): forwarded values count one by one, and only if they are valid',
    adjust: eachAsked((asked, { request }) => {
      const first = name => sent(request.headers, name)[0]?.split(',')[0].trim();
      const [host, scheme] = [first('x-forwarded-host'), first('x-forwarded-proto')];
      if (host === undefined && scheme === undefined) return;
      const publicHost = host && /^[\w.:-]+$/.test(host) ? host : 'app.example.com';
      const publicScheme = /^https?$/.test(scheme ?? '') ? scheme : 'http';
      const own = [`clerk-proxy-url: ${publicScheme}://${publicHost}/__clerk`, `x-forwarded-host: ${publicHost}`, `x-forwarded-proto: ${publicScheme}`];
      asked.headers = sort([...without(asked.headers, 'clerk-proxy-url', 'x-forwarded-host', 'x-forwarded-proto'), ...own]);
    }),
  },
  {
    name: 'the host in an absolute target is not the address of the proxy: Host is',
    adjust: eachAsked((asked, { request }) => {
      if (!request.target.startsWith('http://')) return;
      const own = ['clerk-proxy-url: http://app.example.com/__clerk', 'x-forwarded-host: app.example.com'];
      asked.headers = sort([...without(asked.headers, 'clerk-proxy-url', 'x-forwarded-host'), ...own]);
    }),
  },
  {
    name: 'lines of a header are passed as they are; the reference joins them, and drops empty ones',
    adjust: (theirs, { request }) => {
      const apart = (headers, original) => {
        const lines = sent(original, 'x-own');
        return lines.length > 1 || lines[0] === '' ? sort([...without(headers, 'x-own'), ...lines.map(text => `x-own: ${text}`)]) : headers;
      };
      theirs.asked.forEach(asked => { asked.headers = apart(asked.headers, request.headers); });
      return { ...theirs, headers: isPassed(theirs) ? apart(theirs.headers, answered(request).headers) : theirs.headers };
    },
  },
  {
    name: 'Proxy-Connection is for one connection, and does not pass',
    adjust: eachAsked(asked => { asked.headers = without(asked.headers, 'proxy-connection'); }),
  },
  {
    name: 'every Set-Cookie passes; the reference keeps the last one',
    adjust: (theirs, { request }) => {
      const cookies = sent(answered(request).headers, 'set-cookie').map(text => `set-cookie: ${text}`);
      return isPassed(theirs) ? { ...theirs, headers: sort([...without(theirs.headers, 'set-cookie'), ...cookies]) } : theirs;
    },
  },
  {
    name: 'what a host says about itself does not pass: it would apply to the whole application',
    adjust: theirs => ({ ...theirs, headers: without(theirs.headers, 'alt-svc', 'nel', 'report-to', 'strict-transport-security') }),
  },
  {
    name: 'a relative Location is resolved against the URL of the request (RFC 9110, section 10.2.2); the reference resolves it against the root',
    adjust: (theirs, { request }) => {
      const [location] = isPassed(theirs) ? sent(answered(request).headers, 'location') : [];
      if (!['next', '../next', '?a=b', '#a'].includes(location)) return theirs;
      const url = new URL(location, 'http://app.example.com/v1/client');
      const own = `location: http://app.example.com/__clerk${url.pathname}${url.search}${url.hash}`;
      return { ...theirs, headers: sort([...without(theirs.headers, 'location'), own]) };
    },
  },
  {
    name: 'the message of an error names no cause, which is in the log',
    adjust: theirs => ({ ...theirs, body: theirs.body.replace('Clerk FAPI: fetch failed', 'Clerk FAPI') }),
  },
  {
    name: 'a GET without an answer is asked once more, because a kept connection may have been closed',
    adjust: (theirs, { own }) => own.status === 502 && theirs.asked.length === 1 && own.asked.length === 2 ? { ...theirs, asked: [...theirs.asked, ...theirs.asked] } : theirs,
  },
  {
    name: 'an upstream that breaks off ends that one connection; it ends the whole process of the reference',
    adjust: (theirs, { own }) => theirs.body === 'cut off' && (own.status === 0 || own.body === 'cut off') ? { ...own } : theirs,
  },
  {
    name: 'the length of a response passes; the reference removes it',
    adjust: (theirs, { request }) => {
      if (theirs.status === 0 || theirs.status === 204 || theirs.body === 'cut off') return theirs;
      const { headers } = answered(request);
      const isOwn = !isPassed(theirs) || theirs.body.includes('proxy_request_failed');
      const [length] = isOwn ? [Buffer.byteLength(theirs.body, 'latin1')] : sent(headers, 'content-length');
      const kept = theirs.status === 304 ? undefined : length;
      return { ...theirs, headers: sort([...without(theirs.headers, 'content-length'), ...(kept === undefined ? [] : [`content-length: ${kept}`])]) };
    },
  },
];
