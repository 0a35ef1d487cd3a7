// The intended differences that bear on every answer of a kind, whatever the case: what the reference's answer becomes
// before it is compared. Those that bear on certain cases are in `differences.mjs`.

/** Each takes a comparable answer of the reference's, and gives the one that ours has to be. */
const ADJUSTMENTS = [
  {
    rule: 'PROTOCOL 14.15',
    reason: 'A handshake is a navigation and needs no CORS: a stranger\'s parameter would relax it for any page.',
    adjust: answer => ({ ...answer, 'access-control-allow-origin': null, 'access-control-allow-credentials': null }),
  },
  {
    rule: 'PROTOCOL 14.12',
    reason: 'A response with Clerk\'s cookies must not be stored; the reference says so of redirects alone.',
    adjust: answer => (answer.status === 307 || answer['set-cookie'].length === 0
      ? answer
      : { ...answer, 'cache-control': 'private, no-store' }),
  },
];

/** The reference's answer with all of that. Adjusted again, it stays as it is. */
export function adjusted(answer) {
  return ADJUSTMENTS.reduce((current, { adjust }) => adjust(current), answer);
}
