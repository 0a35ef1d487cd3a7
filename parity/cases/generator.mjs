// The generator of cases. A seed and a number always give the same case, whichever other cases are generated.

import { BACKEND_FAILURES } from './backend_failures.mjs';
import { caseSetup } from './case_setup.mjs';
import { DIMENSIONS, draw } from './dimensions.mjs';
import { machinePlan } from './machine_tokens.mjs';
import { Random } from './random.mjs';
import { buildRequest } from './request.mjs';
import { TWISTS } from './twists.mjs';

/**
 * Generates cases. `configurations` come from `configurations.mjs` or `environments.mjs`, `mint` creates the tokens, and `now` is the
 * start of the run in seconds. With `onlyMachines`, the cases come from `machine_tokens.mjs`.
 */
export class Generator {
  #configurations;
  #seed;
  #mint;
  #now;
  #onlyMachines;

  constructor({ configurations, seed, mint, now, onlyMachines = false }) {
    this.#configurations = configurations;
    this.#seed = seed;
    this.#mint = mint;
    this.#now = now;
    this.#onlyMachines = onlyMachines;
  }

  /**
   * The case of that number. About half of the cases are a valid signed-in request with one to three twists, so that they reach the
   * last rules too. The others have random values and one twist.
   */
  case(index) {
    const random = Random.forIndex(this.#seed, index);
    // A run with environment variables has few configurations. If none matches, any configuration is used.
    const among = matches => this.#configurations.filter(entry => !entry.isFailing && matches(entry));
    const choose = matches => random.pick([among(matches), among(() => true)].find(({ length }) => length));
    const draft = { configuration: choose(() => true), random, choose, list: this.#configurations };
    if (this.#onlyMachines) {
      draft.configuration = choose(({ variant }) => /^(plain|parties|audience|issuer|no-skew|machine-secret.*|everything.*)$/.test(variant));
      draft.plan = { ...healthyPlan(), ...machinePlan(index) };
      if (random.chance(0.3)) draft.plan.plainSession = draft.plan.suffixedSession = 'none';
      return this.#finish(index, draft, true);
    }
    const isHealthy = random.chance(0.55);
    draft.plan = isHealthy ? healthyPlan() : freePlan(random);
    for (let twists = isHealthy ? random.between(1, 3) : 1; twists > 0; twists--) this.#twist(draft);
    return this.#finish(index, draft, isHealthy);
  }

  #twist(draft) {
    const weights = Object.fromEntries(Object.entries(TWISTS).map(([name, { weight }]) => [name, weight]));
    TWISTS[draft.random.weighted(weights)].twist(draft);
  }

  #finish(index, { configuration, plan }, isHealthy) {
    return {
      index,
      name: `${configuration.name}: ${isHealthy ? describe(plan) : `free, ${describe(plan)}`}`,
      configuration,
      plan,
      request: this.#request(index, configuration, plan),
      /** The request of the same case with changes to its plan. */
      requestBy: changes => this.#request(index, configuration, { ...plan, ...changes }),
    };
  }

  #request(index, configuration, plan) {
    const context = { index, configuration, now: this.#now, mint: this.#mint, stumble: BACKEND_FAILURES[plan.stumble] };
    // A call for a new token contains the session's id, so the id has to name the case.
    if (plan.deed.startsWith('gets-')) context.session = `sess_${index}`;
    const request = buildRequest(plan, context);
    // Environment variables cannot change with each request.
    return { ...request, ...(configuration.variables ? {} : caseSetup(plan, context, this.#configurations)) };
  }
}

/** The plan of a signed-in user's valid navigation. */
function healthyPlan() {
  return {
    method: 'GET', secFetchDest: 'document', accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
    secFetchSite: 'none', secFetchMode: 'none', script: 'none', upgrade: 'none', repeated: 'none', referer: 'none', origin: 'none', host: 'app.example.com', forwardedHost: 'none', forwardedProto: 'https',
    path: '/dashboard', query: 'none', queryPlace: 'before',
    plainSession: 'good', suffixedSession: 'good', claims: 'v2-organization', plainUat: 'old', suffixedUat: 'old',
    plainDevBrowser: 'dvb_plain', suffixedDevBrowser: 'dvb_suffixed', queryDevBrowser: 'none',
    authorization: 'none', headerSession: 'good', machineToken: 'none', accepts: 'none',
    handshake: 'none', nonce: 'directives', handshakeToken: 'signed', directives: 'good', refresh: 'none',
    redirectCount: 'none', synced: 'none', redirectUrl: 'none', cookieStyle: 'tidy',
    deed: 'tells', response: 'none', inner: 'none', stumble: 'none', keys: 'none', rotation: 'none', setting: 'none',
  };
}

function freePlan(random) {
  const drawn = Object.keys(DIMENSIONS).map(dimension => [dimension, draw(random, dimension)]);
  return { ...Object.fromEntries(drawn), machineToken: 'none', accepts: 'none' };
}

/** The differences from a valid request, in words. */
function describe(plan) {
  const healthy = healthyPlan();
  const unusual = Object.keys(plan).filter(dimension => plan[dimension] !== healthy[dimension] && matters(plan, dimension));
  return unusual.map(dimension => `${dimension} ${plan[dimension] || 'empty'}`).join(', ') || 'healthy';
}

/** Returns whether the dimension affects the request. For example, a nonce does not affect it without a handshake. */
function matters(plan, dimension) {
  const handshake = plan.handshake;
  switch (dimension) {
    case 'nonce': return handshake.startsWith('nonce') || handshake === 'both';
    case 'handshakeToken': return handshake.startsWith('token') || handshake === 'both' || handshake === 'empty';
    case 'directives': return handshake !== 'none';
    case 'headerSession': return plan.authorization !== 'none' && plan.machineToken === 'none';
    case 'queryPlace': return plan.query !== 'none';
    default: return true;
  }
}
