// A recording upstream: it keeps each request as it arrived, and answers as the request's case says.

import { createServer } from 'node:net';

/**
 * Starts it. `answerTo(target)` returns the bytes of the answer. Returns its port, and `take()`, which returns the requests so far and
 * forgets them.
 */
export async function startUpstream(answerTo) {
  let recorded = [];
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    let bytes = Buffer.alloc(0);
    socket.on('data', data => {
      bytes = Buffer.concat([bytes, data]);
      for (;;) {
        const request = parse(bytes);
        if (!request) return;
        bytes = bytes.subarray(request.length);
        recorded.push(request);
        const { answer, closes } = answerTo(request);
        socket.write(answer);
        if (closes) socket.end();
      }
    });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const take = () => {
    const taken = recorded;
    recorded = [];
    return taken;
  };
  return { port: server.address().port, take, close: () => server.close() };
}

/** Parses a whole request, or returns `null` if more has to arrive. */
function parse(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [start, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method, target] = start.split(' ');
  const headers = lines.map(line => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const header = name => headers.find(([found]) => found === name)?.[1];
  const rest = bytes.subarray(end + 4);
  const body = header('transfer-encoding') === 'chunked' ? chunked(rest) : sized(rest, Number(header('content-length') ?? 0));
  return body && { method, target, headers, body: body.body.toString('latin1'), length: end + 4 + body.length };
}

function sized(bytes, length) {
  return bytes.length < length ? null : { body: bytes.subarray(0, length), length };
}

/** Takes a chunked body, without trailers. */
export function chunked(bytes) {
  const parts = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return null;
    const size = parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!Number.isFinite(size)) return null;
    if (size === 0) {
      const last = bytes.indexOf('\r\n', end + 2);
      return last < 0 ? null : { body: Buffer.concat(parts), length: last + 2 };
    }
    if (bytes.length < end + 4 + size) return null;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
}
