// The generator: from a seed and a number, a case. The same case whichever others are made.

import { BACKEND_FAILURES } from './backend_failures.mjs';
import { circumstances } from './case_setup.mjs';
import { DIMENSIONS, draw } from './dimensions.mjs';
import { machinePlan } from './machine_tokens.mjs';
import { Random } from './random.mjs';
import { buildRequest } from './request.mjs';
import { TWISTS } from './twists.mjs';

/**
 * Makes cases. `configurations` are those of configurations.mjs, `mint` makes the tokens, `now` is the start of the
 * run in seconds; `onlyMachines` makes those of machine_tokens.mjs instead.
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
   * The case of that number: half of them are a healthy signed-in request with one to three twists, so that the rules
   * that come last are reached too; the others are drawn freely, and then given one twist.
   */
  case(index) {
    const random = Random.forIndex(this.#seed, index);
    // A run by environment variables has few configurations: then any will do where none matches.
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
      /** The same case by another plan. */
      requestBy: changes => this.#request(index, configuration, { ...plan, ...changes }),
    };
  }

  #request(index, configuration, plan) {
    const context = { index, configuration, now: this.#now, mint: this.#mint, stumble: BACKEND_FAILURES[plan.stumble] };
    // A new token of the session is asked for by its id: then that has to say which case asks.
    if (plan.deed.startsWith('gets-')) context.session = `sess_${index}`;
    const request = buildRequest(plan, context);
    // An environment cannot be changed with each request.
    return { ...request, ...(configuration.variables ? {} : circumstances(plan, context, this.#configurations)) };
  }
}

/** A signed-in user's navigation, with everything in order. */
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

/** What differs from a healthy request, in words. */
function describe(plan) {
  const healthy = healthyPlan();
  const unusual = Object.keys(plan).filter(dimension => plan[dimension] !== healthy[dimension] && matters(plan, dimension));
  return unusual.map(dimension => `${dimension} ${plan[dimension] || 'empty'}`).join(', ') || 'healthy';
}

/** Whether the dimension shows in the request at all: a nonce does not where there is no handshake. */
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
