// Sends a request byte for byte, and reads the response as it is on the wire.

import { connect } from 'node:net';

import { chunked } from './upstream.mjs';

const TIMEOUT_MS = 5_000;

/** Returns the status, headers and body of the response, or the status 0 if the connection ends without one. */
export function exchange(port, bytes, isHead) {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const finish = hasEnded => {
      const response = parse(received, isHead, hasEnded);
      if (!response && !hasEnded) return;
      clearTimeout(timer);
      socket.destroy();
      resolve(response ?? { status: 0, headers: [], body: received.toString('latin1') });
    };
    const timer = setTimeout(() => {
      received = Buffer.from('timeout');
      finish(true);
    }, TIMEOUT_MS);
    socket.on('data', data => {
      received = Buffer.concat([received, data]);
      finish(false);
    });
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
    socket.write(bytes);
  });
}

function parse(bytes, isHead, hasEnded) {
  let end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.subarray(0, end).toString('latin1');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  if (status === 100) return parse(bytes.subarray(end + 4), isHead, hasEnded);
  const headers = head.split('\r\n').slice(1).map(line => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const header = name => headers.find(([found]) => found === name)?.[1];
  const rest = bytes.subarray(end + 4);
  const whole = body => ({ status, headers, body: body.toString('latin1') });
  if (isHead || status === 204 || status === 304) return whole(Buffer.alloc(0));
  if (header('transfer-encoding') === 'chunked') {
    const body = chunked(rest);
    return body ? whole(body.body) : hasEnded ? { ...whole(rest), isCut: true } : null;
  }
  const length = header('content-length');
  if (length === undefined) return hasEnded ? whole(rest) : null;
  if (rest.length >= Number(length)) return whole(rest.subarray(0, Number(length)));
  return hasEnded ? { ...whole(rest), isCut: true } : null;
}
