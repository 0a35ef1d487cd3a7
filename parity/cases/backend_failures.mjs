// Failures of the Backend API before or in its answer (the dimension `stumble`), and instances whose keys have not been fetched yet.

import { errorBody } from './backend_answers.mjs';

/** Stands for a connection that closes without an answer. */
export const CLOSED = 'closed';

const failing = (...answers) => ({ first: answers });

const NOT_FOUND = [404, errorBody('resource_not_found')];
const ERROR = [500, 'something went wrong'];

/**
 * - `first`: a status and a body for each call that comes before the answer, in turn
 * - `lateMs`: the delay of the answer, far from the four seconds after which our server gives up
 * - `type`, `encoding`: the content type and the content encoding of the answer
 */
export const BACKEND_FAILURES = {
  none: {},
  'error-once': failing(ERROR),
  'error-three-times': failing(ERROR, ERROR, ERROR),
  'bad-gateway-twice': failing([502, '<html>Bad gateway</html>'], [502, '<html>Bad gateway</html>']),
  'unavailable-once': failing([503, errorBody('maintenance')]),
  'not-found-once': failing(NOT_FOUND),
  'not-found-twice': failing(NOT_FOUND, NOT_FOUND),
  'unauthorized-once': failing([401, errorBody('authentication_invalid')]),
  'secret-refused-once': failing([401, errorBody('clerk_key_invalid')]),
  'too-many-once': failing([429, errorBody('too_many_requests')]),
  'closed-once': failing([CLOSED]),
  'closed-twice': failing([CLOSED], [CLOSED]),
  'late-a-little': { lateMs: 250 },
  'late-by-seconds': { lateMs: 6000 },
  'with-charset': { type: 'application/json; charset=utf-8' },
  'in-another-case': { type: 'Application/JSON' },
  'as-problem': { type: 'application/problem+json' },
  'without-type': { type: null },
  gzip: { encoding: 'gzip' },
};

/** The weight of each failure. Those that take seconds are rare. */
export const BACKEND_FAILURE_WEIGHTS = {
  ...Object.fromEntries(Object.keys(BACKEND_FAILURES).filter(name => name !== 'none').map(name => [name, 4])),
  'late-by-seconds': 0.3, 'error-three-times': 1,
};

/** The first segment of the API URL of an instance that only one request uses. */
export function coldInstance(index, run, script) {
  return `cold~${index}~${run}~${Buffer.from(JSON.stringify(script)).toString('base64url')}`;
}

/** Parses the name of such an instance into `{ index, script }`. Returns null for other names. */
export function parseColdInstance(name) {
  const [, index, script] = /^cold~(\d+)~\d+~([\w-]+)$/.exec(name) ?? [];
  return script === undefined ? null : { index: Number(index), script: JSON.parse(Buffer.from(script, 'base64url').toString()) };
}
