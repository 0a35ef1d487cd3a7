// The HTTP client: sends a case's request byte for byte, and does not follow redirects.

import { Agent, request as httpRequest } from 'node:http';

const TIMEOUT_MS = 60_000;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/**
 * Sends the request with `controls`, the headers with instructions to the server.
 *
 * Returns the status, headers and body of the answer, or the status 0 and the error's message if there is no answer.
 */
export async function send(port, request, controls) {
  for (;;) {
    const answer = await attempt(port, request, controls);
    // The server closed an idle connection, which has nothing to do with this request.
    if (!answer.wasIdle) return answer;
  }
}

function attempt(port, { method, target, headers }, controls) {
  return new Promise(resolve => {
    const lines = [...headers, ...controls];
    // Node.js sends a list of pairs unchanged: it does not add, merge or reorder headers.
    const outgoing = httpRequest({ host: '127.0.0.1', port, agent, method, path: target, headers: lines, timeout: TIMEOUT_MS });
    const fail = error => resolve({
      status: 0, headers: [], body: error.message, wasIdle: outgoing.reusedSocket && error.code === 'ECONNRESET',
    });
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
    outgoing.on('response', response => {
      const chunks = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => resolve({
        status: response.statusCode, headers: pairs(response.rawHeaders), body: Buffer.concat(chunks).toString(),
      }));
    });
    outgoing.end();
  });
}

function pairs(rawHeaders) {
  const list = [];
  for (let at = 0; at < rawHeaders.length; at += 2) list.push([rawHeaders[at].toLowerCase(), rawHeaders[at + 1]]);
  return list;
}
