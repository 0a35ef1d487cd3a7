// How the Backend API stumbles before it answers, or in how it answers; and instances whose keys nobody has fetched yet.

import { errorBody } from './backend_answers.mjs';

/** A connection that ends without an answer. */
export const CLOSED = 'closed';

const failing = (...answers) => ({ first: answers });

const NOT_FOUND = [404, errorBody('resource_not_found')];
const ERROR = [500, 'something went wrong'];

/**
 * What precedes an answer (`first`: a status and a body for each call, in turn), how late it comes, and how it is written down.
 * The times keep far from the four seconds that a call of ours may take.
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

/** How often each is drawn: those that cost seconds rarely. */
export const BACKEND_FAILURE_WEIGHTS = {
  ...Object.fromEntries(Object.keys(BACKEND_FAILURES).filter(name => name !== 'none').map(name => [name, 4])),
  'late-by-seconds': 0.3, 'error-three-times': 1,
};

/** The first segment of the API URL of an instance that no other request has to do with. */
export function coldInstance(index, run, script) {
  return `cold~${index}~${run}~${Buffer.from(JSON.stringify(script)).toString('base64url')}`;
}

/** The reverse: `{ index, script }`, or null for the name of another instance. */
export function parseColdInstance(name) {
  const [, index, script] = /^cold~(\d+)~\d+~([\w-]+)$/.exec(name) ?? [];
  return script === undefined ? null : { index: Number(index), script: JSON.parse(Buffer.from(script, 'base64url').toString()) };
}
