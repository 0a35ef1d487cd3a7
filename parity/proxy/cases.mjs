// The requests: each with its name, its bytes, and the answer of the upstream.

import { gzipSync } from 'node:zlib';

const GZIPPED = gzipSync('{"compressed":true}').toString('latin1');
const JSON_ANSWER = answer(200, [['Content-Type', 'application/json']], '{"response":null}');

/** The bytes of an answer. The body's framing is its length, unless the headers have another one. */
function answer(status, headers = [], body = '', { chunks, closes, reason = 'X' } = {}) {
  const framing = chunks ? [['Transfer-Encoding', 'chunked']] : closes || status === 204 || status === 304 ? [] : [['Content-Length', Buffer.byteLength(body, 'latin1')]];
  const lines = [...headers, ...framing].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const framed = chunks ? [...chunks.map(chunk => `${chunk.length.toString(16)}\r\n${chunk}\r\n`), '0\r\n\r\n'].join('') : body;
  return { answer: Buffer.from(`HTTP/1.1 ${status} ${reason}\r\n${lines}\r\n${framed}`, 'latin1'), closes };
}

/** The bytes of a request. */
function request(method, target, headers = [], body = '') {
  const host = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : [['Host', 'app.example.com']];
  const lines = [...host, ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n${body}`, 'latin1');
}

const sized = (type, body) => [[['Content-Type', type], ['Content-Length', Buffer.byteLength(body, 'latin1')]], body];
const FORM = 'application/x-www-form-urlencoded';

/** Returns all cases. `upstream` and `elsewhere` are addresses, HOST:PORT. */
export function cases(upstream, elsewhere) {
  const all = [];
  const add = (kind, name, method, target, headers = [], body = '', answered = JSON_ANSWER) =>
    all.push({ kind, name: `${kind}: ${name}`, method, target, headers, bytes: request(method, target, headers, body), answer: answered });
  const get = (kind, name, headers, answered) => add(kind, name, 'GET', '/__clerk/v1/client', headers, '', answered);
  const redirect = (status, location) => answer(status, [['Location', location]]);

  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH']) {
    const ok = method === 'HEAD' ? answer(200, [['Content-Type', 'application/json']], '') : JSON_ANSWER;
    add('method', method, method, '/__clerk/v1/client?a=1', [], '', ok);
    add('method', `${method} with no length`, method, '/__clerk/v1/client', [['Content-Length', 0]], '', ok);
    add('body', `${method} with a form`, method, '/__clerk/v1/client', ...sized(FORM, 'strategy=password&password=%E9'), ok);
    add('body', `${method} in chunks`, method, '/__clerk/v1/client', [['Content-Type', FORM], ['Transfer-Encoding', 'chunked']],
      '8\r\nstrategy\r\n3\r\n=pw\r\n0\r\n\r\n', ok);
  }
  for (const [name, type, body] of [
    ['JSON', 'application/json', '{"a":[1,2,{"b":"é"}]}'], ['text', 'text/plain; charset=utf-8', 'a\nb'], ['XML', 'application/xml', '<a/>'],
    ['one byte', 'application/octet-stream', 'a'], ['what looks like a request', 'text/plain', 'GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
  ]) {
    for (const method of ['POST', 'PUT', 'PATCH']) add('body', `${name} by ${method}`, method, '/__clerk/v1/me', ...sized(type, body));
  }
  add('body', 'bytes', 'POST', '/__clerk/v1/me/profile_image', ...sized('application/octet-stream', '\x00\x01\r\n\r\n\x7f'));
  add('body', 'a large one', 'POST', '/__clerk/v1/me/profile_image', ...sized('image/png', 'x'.repeat(1 << 20)));
  add('body', 'a part of a form', 'POST', '/__clerk/v1/x', ...sized('multipart/form-data; boundary=b', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'));
  add('body', 'compressed', 'POST', '/__clerk/v1/x', [['Content-Encoding', 'gzip'], ['Content-Length', 3]], '\x1f\x08\x00');
  add('body', 'with trailers', 'POST', '/__clerk/v1/x', [['Transfer-Encoding', 'chunked'], ['Trailer', 'X-T']], '1\r\na\r\n0\r\nX-T: 1\r\n\r\n');
  add('body', 'that waits to be asked', 'POST', '/__clerk/v1/x', [['Expect', '100-continue'], ['Content-Length', 1]], 'a');

  for (const target of [
    '/__clerk', '/__clerk/', '/__clerk?', '/__clerk?a=b', '/__clerk/?a=b', '/__clerk/v1', '/__clerk/v1/', '/__clerk/v1//x', '/__clerk//v1',
    '/__clerkx', '/__cler', '/__CLERK/v1', '/x/__clerk/v1', '/__clerk;x/v1', '/__clerk.js', '/__clerk%2Fv1', '/%5F_clerk/v1', '/other',
    '/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js', '/__clerk/npm/@clerk/ui@1/dist/ui.browser.js?v=1',
    '/__clerk/../admin', '/__clerk/..', '/__clerk/.', '/__clerk/./v1', '/__clerk/a/../b', '/__clerk/%2e%2e/admin', '/__clerk/%2E./admin',
    '/__clerk/.%2e/admin', '/__clerk/a/%2e%2e/b', '/x/../__clerk/v1', '/x/%2e%2e/__clerk/v1', '/../__clerk/v1', '/./__clerk/v1', '/__clerk/...',
    '/__clerk/..%2fadmin', '/__clerk/..%5cadmin', '/__clerk/%252e%252e/x', '/__clerk/a%2Fb', '/__clerk/a%5Cb', '/__clerk/a%00b', '/__clerk/%0d%0aX:y',
    '/__clerk\\v1', '/__clerk\\..\\admin', '\\__clerk\\v1', '/__clerk\\\\evil.example/x', '/__clerk/a|b', '/__clerk/a^b', '/__clerk/{a}', '/__clerk/a`b',
    '/__clerk/<a>', '/__clerk/a"b', "/__clerk/a'b", '/__clerk/[a]', '/__clerk/a;b', '/__clerk/a,b', '/__clerk/a=b', '/__clerk/a&b', '/__clerk/a+b', '/__clerk/a~b',
    '/__clerk/@evil.example/x', '/__clerk/:80/x', '/__clerk/user:secret@evil.example/x', '/__clerk/https://evil.example/x', '/__clerk///evil.example',
    `/__clerk//${elsewhere}/x`, `/__clerk/@${elsewhere}/x`, `//${elsewhere}/x`, `//${elsewhere}/__clerk/v1`, `http://${elsewhere}/__clerk/v1`, `http://${elsewhere}/x`,
    `http://${upstream}/__clerk/v1`, '/__clerk/%', '/__clerk/%zz', '/__clerk/%E9', '/__clerk/%C3%A9', '/__clerk/\xe9', '/__clerk/a#b', '/__clerk/v1?a#b',
    '/__clerk/v1?', '/__clerk/v1??', '/__clerk/v1?a', '/__clerk/v1?a=', '/__clerk/v1?a=b&a=c', '/__clerk/v1?a=%E9&b=%C3%A9', '/__clerk/v1?a=%zz', '/__clerk/v1?a=b+c%20d',
    "/__clerk/v1?a='b'", '/__clerk/v1?a="b"', '/__clerk/v1?a=<b>', '/__clerk/v1?a=[b]', '/__clerk/v1?a={b}|c^d`e', '/__clerk/v1?a=\\b', '/__clerk/v1?a=/../b', '/__clerk/v1?a=\xe9',
    '/__clerk/v1?_method=PATCH&__clerk_api_version=2026-08-20', `/__clerk/v1/${'a'.repeat(8000)}`, `/__clerk/v1?a=${'b'.repeat(8000)}`,
  ]) add('path', target.length > 100 ? `${target.slice(0, 20)}… (${target.length})` : target, 'GET', target);

  for (const [name, headers] of [
    ['cookies', [['Cookie', '__client=a; __session=b; other=c']]],
    ['two lines of cookies', [['Cookie', 'a=1'], ['Cookie', 'b=2']]],
    ['a token', [['Authorization', 'Bearer token']]],
    ['an origin', [['Origin', 'https://app.example.com'], ['Referer', 'https://app.example.com/x']]],
    ['a browser', [['User-Agent', 'Browser/1'], ['Accept', '*/*'], ['Accept-Language', 'de'], ['Sec-Fetch-Mode', 'cors'], ['Sec-Fetch-Site', 'same-origin'], ['Sec-Fetch-Dest', 'empty']]],
    ['what it accepts', [['Accept', 'text/html,application/json;q=0.9']]],
    ['conditions', [['If-None-Match', '"1"'], ['If-Modified-Since', 'Tue, 14 Nov 2023 22:13:20 GMT']]],
    ['a range', [['Range', 'bytes=0-1']]],
    ['a cache', [['Cache-Control', 'no-cache'], ['Pragma', 'no-cache']]],
    ['an own header', [['X-Own', '1']]],
    ['an own header twice', [['X-Own', '1'], ['X-Own', '2']]],
    ['an empty header', [['X-Own', '']]],
    ['bytes in a header', [['X-Own', 'caf\xe9']]],
    ['a long header', [['X-Own', 'a'.repeat(4000)]]],
    ['many headers', Array.from({ length: 40 }, (_, n) => [`X-Own-${n}`, String(n)])],
    ['a session and a client', [['Cookie', '__session=a; __session_abc=b; __client_uat=1']]],
    ['the kind of body', [['Content-Type', 'application/json'], ['Content-Language', 'de']]],
    ['a request id', [['X-Request-Id', '1'], ['X-Clerk-Auth-Status', 'signed-in']]],
    ['encodings', [['Accept-Encoding', 'gzip, br']]],
    ['no encodings', [['Accept-Encoding', 'identity']]],
    ['an override of the method', [['X-HTTP-Method-Override', 'DELETE']]],
    ['a preflight', [['Origin', 'https://a.example'], ['Access-Control-Request-Method', 'POST'], ['Access-Control-Request-Headers', 'authorization']]],
    ['Via', [['Via', '1.1 front']]],
    ['Max-Forwards', [['Max-Forwards', '3']]],
    ['a trace', [['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']]],
  ]) get('headers', name, headers);
  for (const [name, headers] of [
    ['close', [['Connection', 'close']]],
    ['keep-alive', [['Connection', 'keep-alive'], ['Keep-Alive', 'timeout=5']]],
    ['a name', [['Connection', 'X-Hop'], ['X-Hop', '1'], ['X-Stays', '1']]],
    ['names in any case', [['Connection', 'close, x-HOP ,, X-other'], ['X-Hop', '1'], ['X-Other', '2']]],
    ['names of ours', [['Connection', 'Clerk-Secret-Key, Clerk-Proxy-Url, X-Forwarded-Host']]],
    ['Cookie', [['Connection', 'Cookie'], ['Cookie', 'a=1']]],
    ['TE', [['TE', 'trailers'], ['Connection', 'TE']]],
    ['Trailer', [['Trailer', 'X-T']]],
    ['Proxy-Authorization', [['Proxy-Authorization', 'Basic x'], ['Proxy-Authenticate', 'Basic']]],
    ['Proxy-Connection', [['Proxy-Connection', 'keep-alive']]],
    ['Upgrade to HTTP/2', [['Connection', 'Upgrade, HTTP2-Settings'], ['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABkAAQAAP__']]],
    ['Upgrade to a WebSocket', [['Connection', 'Upgrade'], ['Upgrade', 'websocket'], ['Sec-WebSocket-Version', '13'], ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==']]],
    ['Upgrade to another protocol', [['Connection', 'Upgrade'], ['Upgrade', 'irc/1']]],
    ['Upgrade alone', [['Upgrade', 'websocket']]],
  ]) get('hop-by-hop', name, headers);
  for (const [name, headers] of [
    ['a key and a proxy of the client', [['Clerk-Secret-Key', 'sk_test_evil'], ['Clerk-Proxy-Url', 'https://evil.example']]],
    ['a host with a port', [['Host', 'localhost:3000']]],
    ['a forwarded host and scheme', [['X-Forwarded-Host', 'www.example.com'], ['X-Forwarded-Proto', 'https']]],
    ['a forwarded host alone', [['X-Forwarded-Host', 'www.example.com']]],
    ['a forwarded scheme alone', [['X-Forwarded-Proto', 'https']]],
    ['lists of them', [['X-Forwarded-Host', 'a.example, b.example'], ['X-Forwarded-Proto', 'https, http']]],
    ['a forwarded host that is none', [['X-Forwarded-Host', 'a b'], ['X-Forwarded-Proto', 'https']]],
    ['a forwarded scheme that is none', [['X-Forwarded-Host', 'a.example'], ['X-Forwarded-Proto', 'javascript']]],
    ['a forwarded host with a path', [['X-Forwarded-Host', 'a.example/x'], ['X-Forwarded-Proto', 'https']]],
  ]) get('addresses', name, headers);
  for (const [name, headers] of [
    ['X-Forwarded-For', [['X-Forwarded-For', '1.1.1.1, 2.2.2.2']]],
    ['X-Real-IP', [['X-Real-IP', '1.1.1.1']]],
    ['CF-Connecting-IP', [['CF-Connecting-IP', '1.1.1.1'], ['X-Real-IP', '2.2.2.2']]],
    ['True-Client-IP', [['True-Client-IP', '1.1.1.1']]],
    ['Forwarded', [['Forwarded', 'for=1.1.1.1']]],
    ['none', []],
  ]) get('client', name, headers);

  for (const status of [200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 409, 410, 418, 422, 429, 500, 502, 503, 599]) {
    const body = status === 204 || status === 304 ? '' : '{"errors":[]}';
    get('status', String(status), [], answer(status, [['Content-Type', 'application/json'], ['ETag', '"1"']], body));
    if (status !== 204 && status !== 304) add('status', `${status} of a POST`, 'POST', '/__clerk/v1/x', ...sized(FORM, 'a=b'), answer(status, [['Content-Type', 'application/json']], body));
  }
  for (const status of [301, 302, 303, 307, 308]) get('redirect', `${status} within`, [], redirect(status, '/v1/next?a=b#c'));
  for (const location of [
    `http://${upstream}/v1/x`, `http://${upstream}`, `https://${upstream}/v1/x`, `//${upstream}/v1/x`, `http://user:secret@${upstream}/x`, `http://${elsewhere}/x`, `http://${upstream}.evil.example/`,
    'https://app.example.com/welcome', '//evil.example/x', '/\\evil.example', 'next', '../next', '?a=b', '#a', '', 'https://[', 'javascript:alert(1)', 'com.example.app://callback', '/v1/%E9?b=%zz',
  ]) get('redirect', JSON.stringify(location), [], redirect(307, location));

  for (const [name, answered] of [
    ['one cookie', answer(200, [['Set-Cookie', '__client=a; HttpOnly; Secure']])],
    ['three cookies', answer(200, [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2; Path=/'], ['Set-Cookie', 'c=3; Expires=Tue, 14 Nov 2023 22:13:20 GMT']])],
    ['a cookie that is deleted', answer(200, [['Set-Cookie', '__session=; Max-Age=0'], ['Set-Cookie', '__client_uat=0']])],
    ['cookies with a redirect', answer(307, [['Set-Cookie', 'a=1'], ['Location', '/x'], ['Set-Cookie', 'b=2']])],
    ['caching', answer(200, [['Cache-Control', 'public, max-age=60'], ['ETag', '"1"'], ['Vary', 'Accept-Encoding'], ['Age', '3']], 'x')],
    ['CORS', answer(200, [['Access-Control-Allow-Origin', 'https://a.example'], ['Access-Control-Allow-Credentials', 'true']], 'x')],
    ['an own header twice', answer(200, [['X-Own', '1'], ['X-Own', '2']], 'x')],
    ['bytes in a header', answer(200, [['X-Own', 'caf\xe9']], 'x')],
    ['hop-by-hop', answer(200, [['Connection', 'X-Hop'], ['X-Hop', '1'], ['Keep-Alive', 'timeout=5'], ['Trailer', 'X-T'], ['Proxy-Authenticate', 'Basic'], ['Upgrade', 'h2c']], 'x')],
    ['what a host says about itself', answer(200, [['Strict-Transport-Security', 'max-age=1; includeSubDomains'], ['Alt-Svc', 'h3=":443"'], ['NEL', '{}'], ['Report-To', '{}']], 'x')],
    ['chunks', answer(200, [['Content-Type', 'text/plain']], '', { chunks: ['abc', 'd', 'e'.repeat(5000)] })],
    ['no chunks', answer(200, [], '', { chunks: [] })],
    ['the end of the connection', answer(200, [['Connection', 'close']], 'abc', { closes: true })],
    ['a large body', answer(200, [['Content-Type', 'text/javascript']], 'x'.repeat(1 << 20))],
    ['bytes', answer(200, [['Content-Type', 'application/octet-stream']], 'abc\x00\r\n\r\n\x7f')],
    ['empty', answer(200, [['Content-Type', 'application/json']], '')],
    ['no type', answer(200, [], 'abc')],
    ['a download', answer(200, [['Content-Disposition', 'attachment'], ['Content-Range', 'bytes 0-2/9'], ['Accept-Ranges', 'bytes']], 'abc')],
    ['compressed, unasked', answer(200, [['Content-Encoding', 'gzip']], GZIPPED)],
  ]) get('response', name, [], answered);
  get('response', 'compressed', [['Accept-Encoding', 'gzip']], answer(200, [['Content-Encoding', 'gzip'], ['Content-Type', 'text/plain']], GZIPPED));
  add('response', 'HEAD with a length', 'HEAD', '/__clerk/v1/x', [], '', { answer: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: "1"\r\n\r\n') });
  add('response', 'HEAD with chunks', 'HEAD', '/__clerk/v1/x', [], '', { answer: Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n') });
  get('response', '304 with a length', [], { answer: Buffer.from('HTTP/1.1 304 X\r\nContent-Length: 1000\r\n\r\n') });
  get('response', 'hints before it', [], { answer: Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.') });
  get('response', 'a length and chunks', [], { answer: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n') });
  get('response', 'that breaks off', [], { answer: Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'), closes: true });
  get('response', 'shorter than its length', [], { answer: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'), closes: true });
  get('response', 'none', [], { answer: Buffer.alloc(0), closes: true });
  get('response', 'of another protocol', [], { answer: Buffer.from('SSH-2.0-OpenSSH_9\r\n\r\n'), closes: true });
  return all;
}
