// Records the results of `@clerk/shared/pathToRegexp` (path-to-regexp 6), which organization sync uses, for many patterns and paths.
//
// `node path_patterns.mjs` writes `tests/path_patterns.json`, which a unit test of the crate reads.

import { writeFileSync } from 'node:fs';

import { match } from '@clerk/shared/pathToRegexp';

/** Regexes of a parameter: common to both syntaxes, valid in only one of them, and with different meanings. */
const REGEXES = String.raw`
(.*) (.*?) (.+) (.+?) ([^/]+) ([^/]*) ([^/]+?) (\d+) (\w+) ([\w-]+) ([\w.-]+) ([\w\-.]+) (a|ab) (ab|a) (a|) (|a) (a?) (a*) (a+?)
(a??) (?:a) ((?:a|b)+) ((?:a|b)*?) ((?:a*)*) ((?:a|b){2}) ((?:a|b){1,2}?) (a{0}) (a{2,}) (.) (..) (\s*) (\S+) (\D+) (\W+) (\bacme\b)
(\Bcme) ([a-c]+) ([^a]) ([^\d]+) ([\s\S]*) ([a\]b]+) ([.]+) ([*]+) ([$]+) ([a^b]+) ([-a]+) ([a-]+) (a.c) (a\.c) (^a) (a$) (^.*$) ($)
(a/b) (\/a) (\/.*) (/.*) (é+) ([é]+) (ſ) ([^ſ]+) (K) (\xe9) (\u0061) (\x61) (\cA) (\0) (\t) (\p{L}+) (\k<a>) ((?<n>a)) ((?i)a) ((?i:a))
(a++) (a*+) (a?+) (a{1}{2}) (a{1}*) (a+??) (^*) (\b+) ($?) ((?:^a)+) ({) (a{) (a}) (]) (a]) ([[]a) ([a[]+) (a{,2}) (a{1,) (\-) (\_) (\a)
(\z) (\A) (\e) (\h) (\R) (\Q) (\<) (a|b|) ((?:a|b)?) ((?:)) ((?:a)|b) (a(?=b).*) (a(?!b).*) ((?<=a)b) (.{3}) (.{2,4}?) ([^]) ([]) (\$)
([\^a]+) (a|.*) (.*|a) (.*?|a) (|.*) (|a|ab) ((?:|a)*) ((?:|a)+) ((?:|a)?) ((?:|a){2}) ((?:|a){0,2}) ((?:a??)*) ((?:a|b??)+) ((?:a*?){2})
((?:.*?)?) ((?:.*)?) ((?:a?)*?) ((?:a|)+?) ((?:|.*)b?) (\b) (\b|a) ([\w-.]+) ([\d-x]+) ([a-\w]+) ([+-.]+) ([a-z-9]+) ((a)b) ()
`.trim().split(/\s+/);

const SHAPES = [
  r => `/${r}`, r => `/${r}?`, r => `/${r}*`, r => `/:id${r}`, r => `/x/:slug${r}`, r => `/x/:slug${r}?`, r => `/a:slug${r}?`,
  r => `/x/:slug${r}+`, r => `:slug${r}?`, r => `/:id/a:id${r}?`, r => `{/:slug${r}-}?`, r => `/:slug${r}/:id?`,
];

const OTHERS = String.raw`
(.*) {/:locale}?/orgs/:slug {/:locale}/orgs/:slug {/:locale}*/orgs/:slug {/}?orgs/:slug {/}orgs/:slug {/a}?{/b}?/:slug (/.*) (/)orgs
(.)orgs/:slug (/|)orgs orgs/:slug :slug :slug? :slug(.*) :slug/x (orgs)/:id {orgs}/:id {orgs}?/:id {orgs/:id}? .well/:id \/orgs/:slug #/orgs
?x * /* /orgs/* /orgs/:slug/* /:slug(\w+)-:id /:slug.:id /:slug.:id? /:slug-:id? /:slug:id /:slug?/:id? /:slug*/:id /:slug+/:id*
/:slug{-:id}? /:slug{.:id}* /@:slug /@:slug? /a:slug? /a-:slug* /orgs{/:slug}+ /orgs{-:slug}* /orgs{/:slug-x}* /orgs{/:slug(.*?)}?
/orgs/:slug(.*?)? /orgs/:slug(.*?)* /orgs/:slug(.*?)+ /orgs/(.*?)?/:slug /orgs/:id?/(.*?)? /(.*?)?/:slug? /orgs/:slug/(.*)?
/orgs/:slug/(.*)* /orgs/:slug/(.*)+ / // /orgs/ /:id/:id? /:id/:id(.*) /:id/:id(.*)? /:id/b:id(.*)? /:id{b:id(.*)}? /é/:slug /ſ /K
/orgs/:slug(.*)? /orgs/:slug(.*)?/:id {a}?:slug {a}*/:slug {:slug}?/x {:slug/}?x ({/:a}) /orgs/:slug{/(.*)}? {/:slug}?{/:id}?
`.trim().split(/\s+/);

const PATHS = String.raw`
/ // /a /a/ /a// /b /a/b /ab /aab/b /aa/aa /a-/b- /a--b- /x /x/ /x// /x/a /x/aa /x/aaa /x/ab /x/aba /x/abc /x/abc/y /x/a/b /x/a/ /x/12
/x/A /x/k /x/s /x/- /x/. /x/.. /x/$ /x/] /x/* /x/a.c /x/a]b /x/acme /xacme /x/%C3%A9 /x/%20 /orgs /orgs/ /orgs/acme /orgs/acme/
/orgs/acme/b /orgs/a-b /orgs/a.b /orgs/-a-x /orgs/a-x/b-x /ORGS/acme /en/orgs/acme /en/de/orgs/acme /a/b/orgs/acme /me /ME /a/a /a/ab
/a/aab /1/ax /a/b/c/d /S /K /x/a_b /.well/a /@acme /a-b /-
`.trim().split(/\s+/);

/** The `id` and `slug` in each path that matches, by the number of the path. */
function found(matches) {
  const text = value => (Array.isArray(value) ? value.join('/') : (value ?? ''));
  const entries = PATHS.flatMap((path, index) => {
    const result = matches(path);
    return result ? [[index, [text(result.params.id), text(result.params.slug)]]] : [];
  });
  return Object.fromEntries(entries);
}

const patterns = {};
for (const pattern of new Set([...OTHERS, ...REGEXES.flatMap(regex => SHAPES.map(shape => shape(regex)))])) {
  try {
    patterns[pattern] = found(match(pattern, { decode: undefined }));
  } catch {
    patterns[pattern] = null;
  }
}
const lines = Object.entries(patterns).map(([pattern, result]) => `${JSON.stringify(pattern)}:${JSON.stringify(result)}`);
const out = new URL('../tests/path_patterns.json', import.meta.url);
writeFileSync(out, `{"paths":${JSON.stringify(PATHS)},"patterns":{\n${lines.join(',\n')}\n}}\n`);
console.log(`${lines.length} patterns, ${PATHS.length} paths`);
