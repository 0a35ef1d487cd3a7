// Intended differences in the results of `has()`.

/** The reasons are recorded with the vectors. */
const DIFFERENCES = [
  {
    reason: 'An id that is not text names no organization.',
    applies: ({ claims, asked }, reference) => reference === true && isOfOrganization(asked) && typeof organization(claims).id !== 'string',
    ours: () => false,
  },
  {
    reason: 'A role that is not text does not count; the reference writes it out.',
    applies: ({ claims, asked }, reference) => reference === true && asked.role !== undefined && typeof organization(claims).role !== 'string',
    ours: () => false,
  },
  {
    reason: 'Claims that cannot be read say nothing, and the others what they say; the reference answers 500.',
    applies: (_, reference) => reference === 'error',
    ours: ({ ofTheOthers }) => ofTheOthers,
  },
];

const isOfOrganization = ({ role, permission }) => role !== undefined || permission !== undefined;

const organization = claims => (claims.v === 2 ? { id: claims.o?.id, role: claims.o?.rol } : { id: claims.org_id, role: claims.org_role });

/** The claims without those that cannot be read. */
export function readable({ fea, o, ...claims }) {
  const isText = value => typeof value === 'string';
  const { per, fpm, ...others } = o;
  return {
    ...claims,
    ...(isText(fea) && fea.split(',').every(element => element.includes(':')) && { fea }),
    o: { ...others, ...(isText(per) && isText(fpm) && { per, fpm }) },
  };
}

/** Returns `{ has, because }`: the result that our server has to give, and the reason if it differs from the reference's. */
export function expected(kase, reference) {
  const difference = DIFFERENCES.find(({ applies }) => applies(kase, reference));
  return difference ? { has: difference.ours(kase), because: difference.reason } : { has: reference };
}
