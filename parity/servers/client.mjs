// Sends a request byte for byte as a case has it, and brings back the answer without following it.

import { Agent, request as httpRequest } from 'node:http';

const TIMEOUT_MS = 60_000;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/**
 * `controls` are headers for the servers of this comparison.
 *
 * The answer's status, its headers as they came, and its body; status 0 and the error where none came.
 */
export async function send(port, request, controls) {
  for (;;) {
    const answer = await attempt(port, request, controls);
    // A connection that the server closed while it was idle says nothing about this request.
    if (!answer.wasIdle) return answer;
  }
}

function attempt(port, { method, target, headers }, controls) {
  return new Promise(resolve => {
    const lines = [...headers, ...controls];
    // A list of pairs goes out as it is: nothing is added, merged or reordered.
    const outgoing = httpRequest({ host: '127.0.0.1', port, agent, method, path: target, headers: lines, timeout: TIMEOUT_MS });
    const fail = error => resolve({
      status: 0, headers: [], body: error.message, wasIdle: outgoing.reusedSocket && error.code === 'ECONNRESET',
    });
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
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
