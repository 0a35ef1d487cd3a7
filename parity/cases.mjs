// The generator: from a seed and a number, a case. The same case whichever others are made.

import { MACHINE_TOKEN_NAMES } from './answers.mjs';
import { DIMENSIONS, draw } from './dimensions.mjs';
import { machinePlan } from './machines.mjs';
import { Random } from './random.mjs';
import { buildRequest } from './request.mjs';

/**
 * Makes cases. `configurations` are those of configurations.mjs, `mint` makes the tokens, `now` is the start of the
 * run in seconds; `onlyMachines` makes those of machines.mjs instead.
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
    const choose = matches => random.pick(this.#configurations.filter(entry => !entry.isFailing && matches(entry)));
    const draft = { configuration: choose(() => true), random, choose, list: this.#configurations };
    if (this.#onlyMachines) {
      draft.configuration = choose(({ variant }) => /^(plain|parties|audience|issuer|no-skew|machine-secret.*|everything.*)$/.test(variant));
      draft.plan = { ...healthyPlan(), ...machinePlan(index) };
      if (random.chance(0.3)) noSession(draft);
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
    const context = { index, configuration, now: this.#now, mint: this.#mint };
    return {
      index,
      name: `${configuration.name}: ${isHealthy ? describe(plan) : `free, ${describe(plan)}`}`,
      configuration,
      plan,
      request: buildRequest(plan, context),
    };
  }
}

/** A signed-in user's navigation, with everything in order. */
function healthyPlan() {
  return {
    method: 'GET', secFetchDest: 'document', accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
    referer: 'none', origin: 'none', host: 'app.example.com', forwardedHost: 'none', forwardedProto: 'https',
    path: '/dashboard', query: 'none', queryPlace: 'before',
    plainSession: 'good', suffixedSession: 'good', claims: 'v2-organization', plainUat: 'old', suffixedUat: 'old',
    plainDevBrowser: 'dvb_plain', suffixedDevBrowser: 'dvb_suffixed', queryDevBrowser: 'none',
    authorization: 'none', headerSession: 'good', machineToken: 'none', accepts: 'none',
    handshake: 'none', nonce: 'directives', handshakeToken: 'signed', directives: 'good', refresh: 'none',
    redirectCount: 'none', synced: 'none', redirectUrl: 'none', cookieStyle: 'tidy',
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

// --- Twists: each makes one thing of a draft unusual, or several that only mean something together

const redraw = (draft, ...dimensions) => {
  for (const dimension of dimensions) draft.plan[dimension] = draw(draft.random, dimension, draft.plan[dimension]);
};

/** Puts a session where the server looks for it: into both cookies, or one of them with the uat that goes with it. */
function placeSession({ plan, random }, kind) {
  const place = random.weighted({ both: 6, plain: 2, suffixed: 2 });
  plan.plainSession = place === 'suffixed' ? 'none' : kind;
  plan.suffixedSession = place === 'plain' ? 'none' : kind;
  if (place === 'plain') plan.suffixedUat = 'none';
  if (place === 'suffixed') plan.plainUat = 'none';
}

function noSession({ plan }) {
  plan.plainSession = 'none';
  plan.suffixedSession = 'none';
}

const SESSIONS_OUT_OF_TIME = {
  expired: 5, 'expired-hours-ago': 6, 'expired-days-ago': 2, 'expired-without-sid': 1, 'expired-with-wrong-azp': 1,
};
const SESSIONS_AHEAD_OF_TIME = {
  'not-yet': 3, 'not-yet-by-minutes': 2, 'from-the-future': 3, 'from-the-future-by-minutes': 2, 'expired-and-not-yet': 1,
};

const TWISTS = {
  any: { weight: 16, twist: draft => redraw(draft, draft.random.pick(Object.keys(DIMENSIONS))) },

  session: {
    weight: 16,
    twist: draft => placeSession(draft, draw(draft.random, 'headerSession', 'good')),
  },

  'two sessions': {
    weight: 8,
    twist: draft => {
      const among = {
        none: 2, good: 4, older: 4, newer: 4, expired: 3, 'expired-hours-ago': 2, 'foreign-issuer': 2, 'no-issuer': 1, garbage: 1,
      };
      draft.plan.plainSession = draft.random.weighted(among);
      draft.plan.suffixedSession = draft.random.weighted(among);
      if (draft.random.chance(0.6)) redraw(draft, 'plainUat', 'suffixedUat');
    },
  },

  uat: {
    weight: 8,
    twist: draft => {
      if (draft.random.chance(0.5)) redraw(draft, 'plainUat', 'suffixedUat');
      else draft.plan.plainUat = draft.plan.suffixedUat = draw(draft.random, 'plainUat', 'old');
    },
  },

  'session or uat alone': {
    weight: 5,
    twist: draft => {
      if (draft.random.chance(0.5)) noSession(draft);
      else draft.plan.plainUat = draft.plan.suffixedUat = draft.random.pick(['none', '0']);
    },
  },

  nobody: {
    weight: 4,
    twist: draft => {
      noSession(draft);
      draft.plan.plainUat = draft.plan.suffixedUat = draft.random.pick(['none', '0', 'garbage']);
    },
  },

  header: {
    weight: 12,
    twist: draft => {
      draft.plan.authorization = draft.random.chance(0.7) ? 'Bearer' : draw(draft.random, 'authorization', 'none');
      draft.plan.headerSession = draw(draft.random, 'headerSession');
      if (draft.random.chance(0.5)) noSession(draft);
    },
  },

  'opaque token': {
    weight: 6,
    twist: draft => {
      const authorization = draft.random.chance(0.8) ? 'Bearer' : draw(draft.random, 'authorization', 'none');
      Object.assign(draft.plan, { authorization, machineToken: draft.random.pick(MACHINE_TOKEN_NAMES) });
    },
  },

  'machine token': {
    weight: 5,
    twist: draft => {
      const machines = Object.keys(DIMENSIONS.headerSession).filter(isMachine);
      const kind = draft.random.pick(machines);
      if (draft.random.chance(0.75)) Object.assign(draft.plan, { authorization: 'Bearer', headerSession: kind });
      else placeSession(draft, kind);
      if (draft.random.chance(0.5)) draft.configuration = draft.choose(({ variant }) => /audience|tokens/.test(variant));
    },
  },

  refresh: {
    weight: 9,
    twist: draft => {
      const kind = draft.random.weighted(SESSIONS_OUT_OF_TIME);
      draft.plan.refresh = draw(draft.random, 'refresh', 'none');
      if (draft.random.chance(0.8)) return placeSession(draft, kind);
      Object.assign(draft.plan, { authorization: 'Bearer', headerSession: kind });
      // A refresh looks at the cookie first, wherever the expired token came from.
      if (draft.random.chance(0.4)) {
        draft.plan.plainSession = draft.plan.suffixedSession = draft.random.pick(['garbage', 'none', 'no-sid']);
      }
    },
  },

  'out of time': {
    weight: 6,
    twist: draft => placeSession(draft, draft.random.weighted({ ...SESSIONS_OUT_OF_TIME, ...SESSIONS_AHEAD_OF_TIME })),
  },

  handshake: {
    weight: 12,
    twist: draft => {
      redraw(draft, 'handshake');
      const fault = draft.random.weighted({ none: 3, directives: 4, answer: 3 });
      if (fault === 'directives') redraw(draft, 'directives');
      if (fault === 'answer') redraw(draft, 'nonce', 'handshakeToken');
      if (draft.random.chance(0.3)) noSession(draft);
    },
  },

  satellite: {
    weight: 9,
    twist: draft => {
      draft.configuration = draft.choose(({ variant }) => variant.startsWith('satellite'));
      if (draft.random.chance(0.6)) {
        noSession(draft);
        if (draft.random.chance(0.7)) draft.plan.plainUat = draft.plan.suffixedUat = draft.random.pick(['none', '0']);
      }
      if (draft.random.chance(0.7)) redraw(draft, 'synced');
      if (draft.random.chance(0.03)) draft.plan.origin = 'primary';
    },
  },

  'primary asked to sync': {
    weight: 4,
    twist: draft => {
      const isPrimary = ({ type, variant }) => type === 'development' && !variant.startsWith('satellite');
      if (draft.random.chance(0.8)) draft.configuration = draft.choose(isPrimary);
      redraw(draft, 'redirectUrl');
      if (draft.random.chance(0.3)) redraw(draft, 'plainDevBrowser', 'suffixedDevBrowser');
    },
  },

  'dev browser': {
    weight: 5,
    twist: draft => {
      if (draft.random.chance(0.8)) draft.configuration = draft.choose(({ type }) => type === 'development');
      if (draft.random.chance(0.5)) redraw(draft, 'queryDevBrowser');
      else draft.plan.plainDevBrowser = draft.plan.suffixedDevBrowser = draft.random.pick(['none', 'none', '']);
    },
  },

  organization: {
    weight: 9,
    twist: draft => {
      draft.configuration = draft.choose(({ variant }) => /organizations|personal/.test(variant));
      const paths = Object.keys(DIMENSIONS.path).filter(path => /^\/(orgs|organizations|me|tenant|x\/team)/i.test(path));
      draft.plan.path = draft.random.pick(paths);
      if (draft.random.chance(0.5)) redraw(draft, 'claims');
      if (draft.random.chance(0.2)) redraw(draft, 'redirectCount');
    },
  },

  'another origin': {
    weight: 6,
    twist: draft => {
      redraw(draft, 'referer');
      if (draft.random.chance(0.2)) redraw(draft, 'redirectCount');
    },
  },

  'no navigation': { weight: 6, twist: draft => redraw(draft, draft.random.pick(['method', 'secFetchDest', 'accept'])) },

  'public URL': {
    weight: 9,
    twist: draft => {
      const dimensions = ['host', 'forwardedHost', 'forwardedProto', 'path', 'query'];
      redraw(draft, draft.random.pick(dimensions));
      if (draft.random.chance(0.4)) redraw(draft, draft.random.pick(dimensions), 'queryPlace');
      // Only a redirect shows what the server took the URL for.
      if (draft.random.chance(0.6)) draft.plan.plainUat = draft.plan.suffixedUat = 'none';
    },
  },

  loop: {
    weight: 4,
    twist: draft => {
      redraw(draft, 'redirectCount');
      if (draft.random.chance(0.7)) draft.plan.plainUat = draft.plan.suffixedUat = 'none';
    },
  },

  'parties, audience and issuer': {
    weight: 9,
    twist: draft => {
      draft.configuration = draft.choose(({ variant }) => /parties|audience|issuer|tokens/.test(variant));
      const kinds = Object.keys(DIMENSIONS.headerSession).filter(kind => /azp|aud|issuer/.test(kind) && !/oauth/.test(kind));
      placeSession(draft, draft.random.pick(kinds));
    },
  },

  'other keys': {
    weight: 4,
    twist: draft => {
      // The reference asks five times for keys that do not come, so those are the exception.
      const mayFail = draft.random.chance(0.22);
      const hasOtherKeys = ({ variant, isFailing }) => variant.startsWith('keys-') && isFailing === mayFail;
      draft.configuration = draft.random.pick(draft.list.filter(hasOtherKeys));
      const kinds = ['wrong-kid', 'no-kid', 'alg-rs384', 'alg-rs512', 'of-a-stranger'];
      if (draft.random.chance(0.4)) placeSession(draft, draft.random.pick(kinds));
      else if (draft.random.chance(0.3)) Object.assign(draft.plan, { authorization: 'Bearer', headerSession: 'good' });
    },
  },

  claims: { weight: 6, twist: draft => redraw(draft, 'claims') },

  'style of cookies': { weight: 3, twist: draft => redraw(draft, 'cookieStyle') },
};

const isMachine = kind => /^(m2m|oauth)/.test(kind);
