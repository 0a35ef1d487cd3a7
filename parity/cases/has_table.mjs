// The table of claims and authorization checks for `has()`.

const V1 = {
  org_id: 'org_1', org_role: 'org:admin', org_slug: 'acme', org_permissions: ['org:posts:read', 'org:posts:publish'],
  fea: 'o:export,u:beta,uo:both', pla: 'o:team,u:pro', fva: [5, 8],
};
const V2 = {
  v: 2, o: { id: 'org_1', rol: 'admin', slg: 'acme', per: 'read,publish', fpm: '3,1' },
  fea: 'o:posts,o:billing,u:beta,uo:both', pla: 'o:team,u:pro,ou:shared', fva: [5, 8],
};
const PERSONAL = { v: 2, fea: 'u:beta', pla: 'u:pro', fva: [5, -1] };

const CHECKS = {
  role: ['org:admin', 'admin', 'org:org:admin', 'org:member', 'Admin', '', 'org:', ' org:admin'],
  permission: [
    'org:posts:read', 'posts:read', 'org:org:posts:read', 'org:posts:publish', 'org:posts:delete', 'org:posts', 'posts', '',
    'org:billing:read', 'org:billing:publish', 'org:sys_memberships:read', 'org:posts:read ',
  ],
  feature: [
    'export', 'posts', 'beta', 'both', 'o:posts', 'org:posts', 'organization:posts', 'u:posts', 'user:beta', 'u:beta', 'o:beta',
    'user:both', 'org:both', 'x:posts', 'uo:both', ':posts', 'posts:', 'o:', 'u:', 'o:posts:x', 'POSTS', '', ' posts',
  ],
  plan: ['team', 'pro', 'shared', 'o:team', 'u:team', 'org:pro', 'user:pro', 'organization:shared', 'user:shared', 'plan:pro', 'none', ''],
};

const LEVELS = ['first_factor', 'second_factor', 'multi_factor'];
const AGES = [
  [0, 0], [9, 9], [10, 10], [11, 9], [9, 11], [59, 59], [60, 60], [1439, 1439], [1440, 1440], [-1, -1], [-1, 5], [5, -1], [100, -1],
  [-1, 100], [9.5, 9.5], [10.5, 0],
];
const MALFORMED_AGES = [
  null, [], [5], [5, 5, 5], ['5', '5'], [null, 5], [5, null], [-2, 5], [5, -0.5], 5, '5,5', { 0: 5, 1: 5, length: 2 }, true,
  [1e300, 5], [false, 5],
];

/** The cases: a name, claims, and the check for `has()`. */
export const HAS_CASES = [];
const add = (name, claims, asked) => HAS_CASES.push({ name, claims, asked });

for (const [version, claims] of Object.entries({ 'version 1': V1, 'version 2': V2, 'no organization': PERSONAL })) {
  for (const [dimension, values] of Object.entries(CHECKS)) {
    for (const value of values) add(`${version}, ${dimension} ${JSON.stringify(value)}`, claims, { [dimension]: value });
  }
}

// Every combination of dimensions, each satisfied or not.
const satisfied = { role: 'admin', permission: 'posts:read', feature: 'both', plan: 'team', reverification: 'strict' };
const lacking = { role: 'member', permission: 'posts:delete', feature: 'none', plan: 'none', reverification: { level: 'first_factor', afterMinutes: 1 } };
const dimensions = Object.keys(satisfied);
for (let set = 1; set < 2 ** dimensions.length; set++) {
  const asked = dimensions.filter((_, at) => set & (1 << at));
  const all = Object.fromEntries(asked.map(name => [name, satisfied[name]]));
  add(`all of ${asked.join(', ')}`, V2, all);
  if (asked.length > 1) {
    for (const name of asked) add(`${asked.join(', ')}, but for ${name}`, V2, { ...all, [name]: lacking[name] });
  }
}
add('nothing asked', V2, {});

for (const preset of ['strict_mfa', 'strict', 'moderate', 'lax']) {
  for (const fva of AGES) add(`${preset} at ${fva}`, { fva }, { reverification: preset });
}
for (const level of LEVELS) {
  for (const fva of AGES) add(`${level} within 10 at ${fva}`, { fva }, { reverification: { level, afterMinutes: 10 } });
  for (const fva of MALFORMED_AGES) {
    add(`${level} at ${JSON.stringify(fva)}`, { fva }, { reverification: { level, afterMinutes: 10 } });
  }
  add(`${level} within no time`, { fva: [0, 0] }, { reverification: { level, afterMinutes: 0 } });
}
for (const preset of ['strict', 'lax']) add(`${preset}, and no ages`, {}, { reverification: preset });

// Claims of another type or form.
const WRONG = [null, 5, true, '', [], {}, 'x'];
for (const value of WRONG) {
  const shown = JSON.stringify(value);
  for (const name of ['org_id', 'org_role', 'org_permissions']) {
    add(`version 1, ${name} ${shown}`, { ...V1, [name]: value }, { role: 'admin' });
    add(`version 1, ${name} ${shown}, for a permission`, { ...V1, [name]: value }, { permission: 'posts:read' });
  }
  for (const name of ['id', 'rol', 'per', 'fpm']) {
    add(`version 2, o.${name} ${shown}`, { ...V2, o: { ...V2.o, [name]: value } }, { role: 'admin' });
    add(`version 2, o.${name} ${shown}, for a permission`, { ...V2, o: { ...V2.o, [name]: value } }, { permission: 'posts:read' });
  }
  add(`version 2, o ${shown}`, { ...V2, o: value }, { role: 'admin' });
  add(`v ${shown}`, { ...V2, v: value }, { role: 'admin' });
  for (const name of ['fea', 'pla']) {
    add(`${name} ${shown}`, { ...V1, [name]: value }, { feature: 'both' });
    add(`${name} ${shown}, for a plan`, { ...V1, [name]: value }, { plan: 'team' });
  }
}
for (const claim of ['both', 'o:a,both', 'o:a,,u:b', ',', ':both', 'o:', 'o:both:x', ' o:both ', 'o :both', 'x:both', 'o:a, u:both', 'O:both', 'uo:both', 'ou:both']) {
  add(`fea ${JSON.stringify(claim)}`, { fea: claim }, { feature: 'both' });
  add(`fea ${JSON.stringify(claim)}, of the user`, { fea: claim }, { feature: 'user:both' });
  add(`pla ${JSON.stringify(claim)}`, { pla: claim }, { plan: 'org:both' });
}
// White space around names and masks, and characters that only look like white space.
const SPACES = [
  '\t', '\n', '\v', '\f', '\r', ' ', '\u00a0', '\u1680', '\u2003', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000', '\ufeff',
  '\u0085', '\u180e', '\u200b', '\u2060', '\0',
];
for (const space of SPACES) {
  const shown = `U+${space.charCodeAt(0).toString(16).padStart(4, '0')}`;
  add(`${shown} around a feature`, { fea: `o:a,${space}o:both${space}` }, { feature: 'both' });
  add(`${shown} before a feature's name`, { fea: `o:${space}both` }, { feature: 'both' });
  add(`${shown} around a plan`, { pla: `${space}u:both${space},u:a` }, { plan: 'both' });
  add(`${shown} around a permission's feature`, { ...V2, fea: `${space}o:posts${space}` }, { permission: 'posts:read' });
  add(`${shown} around a permission's name`, { ...V2, o: { ...V2.o, per: `${space}read${space}` } }, { permission: 'posts:read' });
  add(`${shown} around a mask`, { ...V2, o: { ...V2.o, fpm: `${space}1${space}` } }, { permission: 'posts:read' });
  add(`${shown} before a role`, { ...V1, org_role: `${space}org:admin` }, { role: 'admin' });
}
// The version decides which claims count. The others are ignored.
for (const v of [2, 1, 3, 0, 2.5, -2, '2', [2], undefined]) {
  const both = { v, org_id: 'org_1', org_role: 'org:one', org_permissions: ['org:posts:one'], fea: 'o:posts', o: { id: 'org_2', rol: 'two', per: 'two', fpm: '1' } };
  for (const which of ['one', 'two']) {
    add(`v ${JSON.stringify(v)}, with the role of ${which}`, both, { role: which });
    add(`v ${JSON.stringify(v)}, with the permission of ${which}`, both, { permission: `posts:${which}` });
  }
}
// Exact names, and names with other prefixes.
for (const [held, asked] of [
  ['admin', 'org:admin'], ['org:org:admin', 'admin'], ['org:', ''], ['org:', 'org:'], ['org', 'org'], ['org:a:org:b', 'a:org:b'],
  ['org:Zo\u00eb', 'Zo\u00eb'], ['org:Zo\u00eb', 'Zoe\u0308'], ['org:admin,org:member', 'member'], ['org:administrator', 'admin'],
]) {
  add(`a role ${held} for ${asked}`, { ...V1, org_role: held }, { role: asked });
  add(`a role ${held} for ${asked}, version 2`, { ...V2, o: { ...V2.o, rol: held } }, { role: asked });
  add(`a permission ${held} for ${asked}`, { ...V1, org_permissions: ['org:x:y', held] }, { permission: asked });
}
add('permissions with other things among them', { ...V1, org_permissions: [5, null, {}, 'org:posts:read'] }, { permission: 'posts:read' });
add('permissions in a list of their own', { ...V1, org_permissions: [['org:posts:read']] }, { permission: 'posts:read' });
add('a role that is a number, by its digits', { ...V2, o: { ...V2.o, rol: 5 } }, { role: '5' });
add('a role that is a list, by what is in it', { ...V2, o: { ...V2.o, rol: ['admin'] } }, { role: 'admin' });
const many = Array.from({ length: 71 }, (_, at) => `p${at}`).join(',');
for (const [name, per, fpm, permission] of [
  ['2^70 + 1, the first', many, '1180591620717411303425', 'posts:p0'],
  ['2^70 + 1, the last', many, '1180591620717411303425', 'posts:p70'],
  ['2^70 + 1, another', many, '1180591620717411303425', 'posts:p69'],
  ['leading zeros', 'read,publish', '003', 'posts:publish'],
  ['spaces', ' read , publish ', ' 2 ', 'posts:publish'],
  ['a sign', 'read', '-1', 'posts:read'],
  ['hexadecimal', 'read', '0x1', 'posts:read'],
  ['a fraction', 'read', '1.0', 'posts:read'],
  ['an exponent', 'read', '1e0', 'posts:read'],
  ['nothing between commas', 'read', ',1', 'billing:read'],
  ['more masks than features', 'read', '1,1,1,1', 'billing:read'],
  ['fewer masks than features', 'read', '1', 'billing:read'],
  ['more bits than permissions', 'read', '255', 'posts:read'],
  ['a permission with a colon', 'a:b', '1', 'posts:a:b'],
]) add(`masks: ${name}`, { ...V2, o: { ...V2.o, per, fpm } }, { permission });
for (const sts of ['active', 'pending', 'x']) add(`a session that is ${sts}`, { ...V1, sts }, { role: 'admin' });
