// Twists: each makes one dimension of a plan unusual, or several that only have a meaning together.

import { MACHINE_TOKEN_NAMES } from './backend_answers.mjs';
import { DIMENSIONS, draw } from './dimensions.mjs';
import { DEEDS, RESPONSES } from './handlers.mjs';
import { PAGE_SETTINGS, PARTY_SETTINGS, PATTERN_SETTINGS } from './settings.mjs';

const redraw = (draft, ...dimensions) => {
  for (const dimension of dimensions) draft.plan[dimension] = draw(draft.random, dimension, draft.plan[dimension]);
};

/** Puts a session into both cookies, or into one of them with its `__client_uat`. */
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

export const TWISTS = {
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
      // A refresh reads the cookie first, even if the expired token is in the header.
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
      // Only a redirect shows how the server read the URL.
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
      // The reference tries five times to load keys, so failing key sets are rare.
      const mayFail = draft.random.chance(0.22);
      const hasOtherKeys = ({ variant, isFailing }) => variant.startsWith('keys-') && isFailing === mayFail;
      draft.configuration = draft.random.pick(draft.list.filter(hasOtherKeys)) ?? draft.configuration;
      const kinds = ['wrong-kid', 'no-kid', 'alg-rs384', 'alg-rs512', 'of-a-stranger'];
      if (draft.random.chance(0.4)) placeSession(draft, draft.random.pick(kinds));
      else if (draft.random.chance(0.3)) Object.assign(draft.plan, { authorization: 'Bearer', headerSession: 'good' });
    },
  },

  claims: { weight: 6, twist: draft => redraw(draft, 'claims') },

  'sign-in page': {
    weight: 5,
    twist: draft => {
      draft.plan.deed = draft.random.pick(Object.keys(DEEDS).filter(name => /^re(directs|turns)/.test(name)));
      if (draft.random.chance(0.7)) draft.plan.setting = draft.random.pick(PAGE_SETTINGS);
      if (draft.random.chance(0.3)) placeSession(draft, 'pending');
      else if (draft.random.chance(0.5)) noSession(draft);
    },
  },

  'new token': {
    weight: 2,
    twist: draft => {
      draft.plan.deed = draft.random.pick(Object.keys(DEEDS).filter(name => name.startsWith('gets')));
    },
  },

  'verified by hand': {
    weight: 3,
    twist: draft => {
      Object.assign(draft.plan, { deed: 'verifies', authorization: 'Bearer' });
      draft.plan.headerSession = draft.random.chance(0.2) ? 'template' : draw(draft.random, 'headerSession');
    },
  },

  'response of the handler': {
    weight: 6,
    twist: draft => {
      draft.plan.response = draft.random.pick(Object.keys(RESPONSES).filter(name => name !== 'none'));
      // Most significant if Clerk sets cookies too.
      if (draft.random.chance(0.4)) Object.assign(draft.plan, { handshake: draft.random.pick(['nonce-in-query', 'nonce-in-cookie', 'token-in-cookie']) });
      else if (draft.random.chance(0.6)) {
        draft.plan.refresh = 'good';
        placeSession(draft, draft.random.weighted(SESSIONS_OUT_OF_TIME));
      }
      if (draft.random.chance(0.7)) draft.configuration = draft.choose(({ type }) => type === 'production');
    },
  },

  'nonce of a stranger': {
    weight: 4,
    twist: draft => {
      draft.plan.handshake = draft.random.pick(['nonce-in-query', 'nonce-in-cookie', 'both']);
      draft.plan.nonce = draw(draft.random, 'nonce', 'directives');
      if (draft.random.chance(0.4)) redraw(draft, draft.random.pick(['method', 'secFetchDest']));
      if (draft.random.chance(0.2)) draft.plan.response = draft.random.pick(['cors-of-another', 'cors-for-all', 'cache-public']);
    },
  },

  form: {
    weight: 5,
    twist: draft => {
      draft.plan.method = draft.random.weighted({ POST: 6, PUT: 1, PATCH: 1, DELETE: 1 });
      redraw(draft, 'origin');
      if (draft.random.chance(0.6)) redraw(draft, 'secFetchSite');
      if (draft.random.chance(0.2)) redraw(draft, 'referer');
      if (draft.random.chance(0.2)) redraw(draft, 'host', 'forwardedHost');
      if (draft.random.chance(0.4)) {
        draft.plan.refresh = 'good';
        placeSession(draft, draft.random.weighted(SESSIONS_OUT_OF_TIME));
      }
    },
  },

  'call of a script': {
    weight: 3,
    twist: draft => {
      redraw(draft, 'script');
      if (draft.random.chance(0.5)) draft.plan.plainUat = draft.plan.suffixedUat = draft.random.pick(['none', 'newer']);
      if (draft.random.chance(0.3)) Object.assign(draft.plan, { secFetchDest: 'none' });
      if (draft.random.chance(0.3)) redraw(draft, 'origin', 'secFetchMode');
    },
  },

  websocket: {
    weight: 4,
    twist: draft => {
      draft.plan.upgrade = draft.random.chance(0.7) ? 'websocket' : draw(draft.random, 'upgrade', 'none');
      if (draft.random.chance(0.8)) redraw(draft, 'origin');
      if (draft.random.chance(0.6)) redraw(draft, 'forwardedProto');
      if (draft.random.chance(0.2)) redraw(draft, 'forwardedHost');
      if (draft.random.chance(0.3)) draft.plan.secFetchDest = 'empty';
      if (draft.random.chance(0.2)) draft.configuration = draft.choose(({ variant }) => /parties/.test(variant));
    },
  },

  'line that comes twice': {
    weight: 3,
    twist: draft => {
      redraw(draft, 'repeated');
      if (draft.random.chance(0.5)) draft.plan.plainUat = draft.plan.suffixedUat = 'none';
      if (/authorization/.test(draft.plan.repeated)) draft.plan.authorization = 'Bearer';
    },
  },

  'to the second': {
    weight: 4,
    twist: draft => {
      const kinds = Object.keys(DIMENSIONS.headerSession).filter(kind => /-edge$|-by-a-fraction$|-a-day-ago$/.test(kind));
      const kind = draft.random.pick(kinds);
      const place = draft.random.weighted({ cookies: 3, header: 3, handshake: 2 });
      if (place === 'cookies') placeSession(draft, kind);
      else if (place === 'header') Object.assign(draft.plan, { authorization: 'Bearer', headerSession: kind });
      else Object.assign(draft.plan, { handshake: 'token-in-query', directives: kind });
      if (draft.random.chance(0.3)) draft.configuration = draft.choose(({ variant }) => /skew|tokens/.test(variant));
    },
  },

  nesting: {
    weight: 2,
    twist: draft => {
      redraw(draft, 'inner');
      if (draft.random.chance(0.5)) draft.plan.handshake = draft.random.pick(['nonce-in-query', 'nonce-in-cookie']);
      else if (draft.random.chance(0.5)) {
        draft.plan.refresh = 'good';
        placeSession(draft, draft.random.weighted(SESSIONS_OUT_OF_TIME));
      }
      if (draft.random.chance(0.4)) placeSession(draft, draft.random.pick(['wrong-azp', 'second-azp', 'aud-of-another', 'expired-within-the-edge']));
    },
  },

  stumble: {
    weight: 3,
    twist: draft => {
      redraw(draft, 'stumble');
      const call = draft.random.weighted({ keys: 4, machine: 3, refresh: 3, nonce: 2 });
      if (call === 'machine') {
        const names = MACHINE_TOKEN_NAMES.filter(name => /^(api-key|m2m|oauth)(-unknown)?$/.test(name));
        Object.assign(draft.plan, { authorization: 'Bearer', machineToken: draft.random.pick(names) });
      } else if (call === 'refresh') {
        draft.plan.refresh = 'good';
        placeSession(draft, draft.random.weighted(SESSIONS_OUT_OF_TIME));
      } else if (call === 'nonce') {
        draft.plan.handshake = draft.random.pick(['nonce-in-query', 'nonce-in-cookie']);
      } else {
        draft.plan.keys = 'main';
        draft.configuration = draft.choose(({ source, apiInstance }) => source === 'jwks' && apiInstance === 'good');
      }
    },
  },

  'odd keys': {
    weight: 2.5,
    twist: draft => {
      redraw(draft, 'keys');
      draft.configuration = draft.choose(({ source, apiInstance }) => source === 'jwks' && apiInstance === 'good');
      if (draft.plan.keys === 'weak-key') placeSession(draft, 'of-a-weak-key');
      else if (draft.random.chance(0.15)) placeSession(draft, draft.random.pick(['no-kid', 'wrong-kid', 'alg-rs512', 'kid-a-number']));
    },
  },

  rotation: {
    weight: 1.5,
    twist: draft => {
      redraw(draft, 'rotation');
      draft.configuration = draft.choose(({ source, apiInstance }) => source === 'jwks' && apiInstance === 'good');
      placeSession(draft, { 'same-id': 'of-a-stranger', 'old-key-gone': 'good', 'unknown-key-before': 'good' }[draft.plan.rotation] ?? 'kid-rotated');
    },
  },

  setting: {
    weight: 5,
    twist: draft => {
      redraw(draft, 'setting');
      if (PATTERN_SETTINGS.includes(draft.plan.setting)) draft.plan.path = draw(draft.random, 'path');
      if (/^pem/.test(draft.plan.setting)) draft.configuration = draft.choose(({ source }) => source === 'pem');
      else if (draft.random.chance(0.5)) draft.configuration = draft.choose(({ variant }) => variant === 'plain');
    },
  },

  'odd party': {
    weight: 2,
    twist: draft => {
      draft.plan.setting = draft.random.pick(PARTY_SETTINGS);
      const kinds = Object.keys(DIMENSIONS.headerSession).filter(kind => kind.startsWith('azp-'));
      const fitting = kinds.filter(kind => kind.replace('azp', 'party') === draft.plan.setting);
      placeSession(draft, draft.random.chance(0.5) && fitting.length ? fitting[0] : draft.random.pick([...kinds, 'good']));
      draft.configuration = draft.choose(({ variant }) => variant === 'plain');
    },
  },

  'style of cookies': { weight: 3, twist: draft => redraw(draft, 'cookieStyle') },
};

const isMachine = kind => /^(m2m|oauth)/.test(kind);
