// What a case has beside its request: what the handler does, how the server is set up for it, and what happened before.

import { BACKEND_FAILURES } from './backend_failures.mjs';
import { handlerOf } from './handlers.mjs';
import { buildRequest } from './request.mjs';
import { settingsChange } from './settings.mjs';

/**
 * Of these, those that a plan asks for:
 *
 * - `handler`: what the handler does (handlers.mjs);
 * - `inner`: the index of the configuration of a second middleware, inside the case's own, and its `innerParties`;
 * - `settings`: what is laid over the configuration's settings (settings.mjs);
 * - `cold`: the script of a Backend API that is the case's own (backend_failures.mjs), so that no key has been fetched yet;
 * - `before`: requests that come first, each with the milliseconds that pass after it.
 */
export function circumstances(plan, context, configurations) {
  const { settings } = context.configuration;
  const rotation = ROTATIONS[plan.rotation];
  const cold = rotation ? { keys: rotation.keys } : coldStart(plan);
  // An inner middleware is one of the file's, and has to be of the same instance.
  const isOfTheFile = !cold && plan.setting === 'none' && /^(plain|parties|audience|issuer|no-skew|hour-of-skew)$/.test(context.configuration.variant);
  const isPlain = plan.referer === 'none' && plan.redirectUrl === 'none' && plan.nonce === 'directives' && plan.deed !== 'verifies';
  const inner = isOfTheFile && isPlain ? INNER[plan.inner](context.configuration, configurations) : undefined;
  return defined({
    handler: handlerOf(plan),
    inner,
    innerParties: configurations[inner]?.settings.authorized_parties,
    settings: settingsChange(plan.setting, settings),
    cold: settings.jwt_key ? undefined : cold,
    before: settings.jwt_key ? undefined : rotation?.before.map(([kind, pauseMs]) => ({ ...requestWith(kind, plan, context), pauseMs })),
  });
}

/** Keys that a case brings along, or keys that come only after a while. */
function coldStart(plan) {
  if (plan.keys === 'none') return undefined;
  return { keys: [plan.keys], ...BACKEND_FAILURES[plan.stumble] };
}

const MINUTE = 60_000;

/** Which keys each fetch in turn gets, and the tokens that come before the case's own. */
const ROTATIONS = {
  none: undefined,
  'new-key': { keys: ['main', 'both'], before: [['good', 2 * MINUTE]] },
  'new-key-later': { keys: ['main', 'both'], before: [['good', 10 * MINUTE]] },
  'same-id': { keys: ['main', 'stranger'], before: [['good', 10 * MINUTE]] },
  'old-key-gone': { keys: ['main', 'stranger'], before: [['good', 10 * MINUTE]] },
  'unknown-key-before': { keys: ['main'], before: [['kid-rotated', 2 * MINUTE], ['wrong-kid', 2 * MINUTE]] },
};

function requestWith(kind, plan, context) {
  // By a path that both servers read alike.
  const plain = { method: 'GET', origin: 'none', path: '/dashboard', query: 'none', authorization: 'Bearer', machineToken: 'none', headerSession: kind };
  return buildRequest({ ...plan, ...plain }, context);
}

const variant = name => (outer, configurations) =>
  configurations.find(inner => inner.type === outer.type && inner.source === outer.source && inner.variant === name)?.index;

/** The configuration of the middleware inside: of the same instance, for another one is another matter. */
const INNER = {
  none: () => undefined,
  same: outer => outer.index,
  parties: variant('parties'),
  audience: variant('audience'),
  'no-skew': variant('no-skew'),
};

const defined = object => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
