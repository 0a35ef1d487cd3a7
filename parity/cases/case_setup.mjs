// The setup of a case beyond its request: the handler's instructions, settings, keys, an inner middleware, earlier requests.

import { BACKEND_FAILURES } from './backend_failures.mjs';
import { handlerOf } from './handlers.mjs';
import { buildRequest } from './request.mjs';
import { settingsChange } from './settings.mjs';

/**
 * Returns those of these members that the plan needs:
 *
 * - `handler`: the instructions to the handler (`handlers.mjs`)
 * - `inner`, `innerParties`: the index of the configuration of an inner middleware, and its authorized parties
 * - `settings`: settings that override the configuration's (`settings.mjs`)
 * - `cold`: the script of a Backend API that only this case uses (`backend_failures.mjs`), so that no key has been fetched yet
 * - `before`: earlier requests, each with the milliseconds that pass after it
 */
export function caseSetup(plan, context, configurations) {
  const { settings } = context.configuration;
  const rotation = ROTATIONS[plan.rotation];
  const cold = rotation ? { keys: rotation.keys } : coldStart(plan);
  // An inner middleware has a configuration from the file, for the same instance.
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

/** The script for a case with its own keys. */
function coldStart(plan) {
  if (plan.keys === 'none') return undefined;
  return { keys: [plan.keys], ...BACKEND_FAILURES[plan.stumble] };
}

const MINUTE = 60_000;

/** The keys for each fetch in turn, and the tokens of the earlier requests. */
const ROTATIONS = {
  none: undefined,
  'new-key': { keys: ['main', 'both'], before: [['good', 2 * MINUTE]] },
  'new-key-later': { keys: ['main', 'both'], before: [['good', 10 * MINUTE]] },
  'same-id': { keys: ['main', 'stranger'], before: [['good', 10 * MINUTE]] },
  'old-key-gone': { keys: ['main', 'stranger'], before: [['good', 10 * MINUTE]] },
  'unknown-key-before': { keys: ['main'], before: [['kid-rotated', 2 * MINUTE], ['wrong-kid', 2 * MINUTE]] },
};

function requestWith(kind, plan, context) {
  // With a path that both servers read in the same way.
  const plain = { method: 'GET', origin: 'none', path: '/dashboard', query: 'none', authorization: 'Bearer', machineToken: 'none', headerSession: kind };
  return buildRequest({ ...plan, ...plain }, context);
}

const variant = name => (outer, configurations) =>
  configurations.find(inner => inner.type === outer.type && inner.source === outer.source && inner.variant === name)?.index;

/** The configuration of the inner middleware, for the same instance. */
const INNER = {
  none: () => undefined,
  same: outer => outer.index,
  parties: variant('parties'),
  audience: variant('audience'),
  'no-skew': variant('no-skew'),
};

const defined = object => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
