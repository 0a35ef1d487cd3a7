// The cases about machine tokens: every token, every set of types that a handler can accept, every form of the header.

import { MACHINE_TOKEN_NAMES } from './backend_answers.mjs';
import { ACCEPTED_SETS, DIMENSIONS } from './dimensions.mjs';
import { KIND_NAMES } from './session_tokens.mjs';

const FORMS = Object.keys(DIMENSIONS.authorization);

/** Opaque tokens, JWTs of machines, and session tokens that a route for machines may get. */
const TOKENS = [
  ...MACHINE_TOKEN_NAMES.map(machineToken => ({ machineToken })),
  ...KIND_NAMES.filter(kind => /^(m2m|oauth|category|template|good$|pending|expired$|garbage|bad-signature)/.test(kind))
    .map(headerSession => ({ headerSession })),
];

export const MACHINE_CASES = TOKENS.length * ACCEPTED_SETS.length * FORMS.length;

/**
 * The subject of the case of that number. The first numbers already mix all tokens, sets and forms: the step through the table is
 * coprime to its size, so that each place is reached once.
 */
export function machinePlan(index) {
  const place = (index * step(MACHINE_CASES)) % MACHINE_CASES;
  const token = TOKENS[place % TOKENS.length];
  const accepts = ACCEPTED_SETS[Math.floor(place / TOKENS.length) % ACCEPTED_SETS.length];
  return { ...token, accepts, authorization: FORMS[Math.floor(place / TOKENS.length / ACCEPTED_SETS.length)] };
}

/** About a third of the size, and coprime to it. */
function step(size) {
  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  let step = Math.floor(size / 3) + 1;
  while (divisor(step, size) !== 1) step++;
  return step;
}
