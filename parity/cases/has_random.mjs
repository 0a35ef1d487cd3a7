// Random claims and authorization checks from the same few texts, so that they often match, with the claims as unusual JSON.

import { Random } from './random.mjs';

/** The pieces of names: ordinary words, and texts with a meaning in some rule. */
const PIECES = [
  'a', 'b', 'posts', 'admin', 'A', 'org', 'o', 'u', 'uo', 'ou', 'user', 'organization', 'x', ':', ':', ':', 'org:', ',', ' ', '\t', '\u00a0', '\ufeff',
  '\u0085', '\u2028', '\u0130', '\u00eb', '"', '\\', '\ud83d\ude00', '0', '1', '*', '',
];
const SCOPES = ['o', 'u', 'ou', 'uo', 'o', 'u', 'x', 'org', '', ' o', 'o '];
const MASKS = ['0', '1', '2', '3', '5', '7', '255', '01', ' 1 ', 'x', '', '-1', '18446744073709551617', '340282366920938463463374607431768211457'];
const AGES = [-1, -1, 0, 1, 5, 9, 10, 11, 59, 60, 1439, 1440, 0.5, 9.5, -2, 1e300, null, '1'];
const MINUTES = [0, 1, 9, 10, 11, 60, 1440];
const PRESETS = ['strict_mfa', 'strict', 'moderate', 'lax'];
const LEVELS = ['first_factor', 'second_factor', 'multi_factor'];
const ODD = [null, 0, 5, true, '', 'a', [], ['a'], {}];

/** The case of that number. `write` writes its claims as JSON. */
export function randomCase(seed, index) {
  const random = Random.forIndex(seed, index);
  const claims = randomClaims(random);
  return { name: `drawn ${seed}/${index}`, claims, asked: randomQuestion(random, claims), write: payload => oddJson(random, payload) };
}

const list = (random, most, make) => Array.from({ length: random.between(0, most) }, make);

function word(random) {
  if (random.chance(0.6)) return random.pick(['a', 'b', 'posts', 'admin', 'a:b']);
  return list(random, 3, () => random.pick(PIECES)).join('');
}

function randomClaims(random) {
  const maybe = (probability, make) => (random.chance(probability) ? make() : undefined);
  const perhapsOdd = make => (random.chance(0.04) ? random.pick(ODD) : make());
  const element = () => (random.chance(0.04) ? word(random) : `${random.pick(SCOPES)}:${word(random)}`);
  const entitlements = () => list(random, 4, element).join(random.chance(0.2) ? ', ' : ',');
  const permission = () => `${random.chance(0.8) ? 'org:' : ''}${word(random)}:${word(random)}`;
  const claims = {
    v: random.chance(0.6) ? 2 : random.pick([undefined, 1, '2']),
    sts: maybe(0.3, () => random.pick(['active', 'pending'])),
    fea: maybe(0.7, () => perhapsOdd(entitlements)),
    pla: maybe(0.6, () => perhapsOdd(entitlements)),
    fva: maybe(0.7, () => perhapsOdd(() => [random.pick(AGES), random.pick(AGES), ...list(random, random.chance(0.05) ? 1 : 0, () => 1)])),
    o: maybe(0.7, () => perhapsOdd(() => ({
      id: perhapsOdd(() => 'org_a'),
      rol: maybe(0.9, () => perhapsOdd(() => word(random))),
      per: maybe(0.8, () => perhapsOdd(() => list(random, 4, () => word(random)).join(','))),
      fpm: maybe(0.8, () => perhapsOdd(() => list(random, 4, () => random.pick(MASKS)).join(','))),
    }))),
    org_id: maybe(0.7, () => perhapsOdd(() => 'org_a')),
    org_role: maybe(0.7, () => perhapsOdd(() => (random.chance(0.5) ? `org:${word(random)}` : word(random)))),
    org_permissions: maybe(0.7, () => perhapsOdd(() => list(random, 4, permission))),
  };
  // Removes undefined claims.
  return JSON.parse(JSON.stringify(claims));
}

/** A check of up to two dimensions. Its texts are often pieces of the claims. */
function randomQuestion(random, claims) {
  const said = [...JSON.stringify(claims).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([text]) => JSON.parse(text));
  const pieces = said.flatMap(text => [text, ...text.split(','), ...text.split(/[:,]/)]).filter(text => text.length < 30);
  const name = () => (random.chance(0.6) && pieces.length ? random.pick(pieces) : word(random));
  const scoped = () => (random.chance(0.4) ? `${random.pick(['o', 'org', 'organization', 'u', 'user', 'uo', 'x'])}:${name()}` : name());
  const ask = {
    role: name,
    permission: () => (random.chance(0.7) ? `org:${name()}:${name()}` : name()),
    feature: scoped,
    plan: scoped,
    reverification: () => (
      random.chance(0.5) ? random.pick(PRESETS) : { level: random.pick(LEVELS), afterMinutes: random.pick(MINUTES) }
    ),
  };
  const dimensions = new Set(list(random, 2, () => random.pick(Object.keys(ask))));
  return Object.fromEntries([...dimensions].map(dimension => [dimension, ask[dimension]()]));
}

/** The value as unusual JSON: white space, unnecessary escapes, other forms of numbers, and members that a later one replaces. */
function oddJson(random, value) {
  const space = () => (random.chance(0.1) ? random.pick([' ', '\n', '\t', '\r\n  ']) : '');
  const text = string => JSON.stringify(string).replace(/[a-z_:,0-9]/gi, (letter, at, whole) => (
    random.chance(0.03) && whole[at - 1] !== '\\' && !isEscaped(whole, at) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter
  ));
  const write = value => {
    if (typeof value === 'string') return text(value);
    if (Number.isInteger(value) && Math.abs(value) < 1e15 && random.chance(0.1)) return random.pick([`${value}.0`, `${value}e0`, `${value}.00E+0`]);
    if (Array.isArray(value)) return `[${value.map(one => space() + write(one) + space()).join(',')}]`;
    if (value === null || typeof value !== 'object') return JSON.stringify(value);
    const members = Object.entries(value).flatMap(([name, one]) => {
      const member = one => `${space()}${text(name)}${space()}:${space()}${write(one)}${space()}`;
      return random.chance(0.04) ? [member(random.pick([...ODD, 'o:admin,u:a', { id: 'org_b', rol: 'admin' }])), member(one)] : [member(one)];
    });
    return `{${members.join(',')}}`;
  };
  return write(value);
}

/** Returns whether the letter is one of the four of a `\u` escape. */
const isEscaped = (whole, at) => /\\u[0-9a-f]{0,3}$/i.test(whole.slice(Math.max(0, at - 5), at));
