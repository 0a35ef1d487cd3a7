// The list of intended differences between the reference and this crate. `../adjustments.mjs` has those that apply to all answers.
//
// An entry has a condition, `applies`, and one or more of these, from the strictest to the loosest:
//
// - `plan(plan)` returns values of the plan that change. Our answer has to equal the reference's answer to the changed case.
// - `as(request)` returns another request. Our answer has to equal the reference's answer to that request.
// - `edit(text, request)` changes each text of the reference's answer, after `plan` or `as`.
// - `adjusts(answer)` changes the reference's answer as a whole.
// - `accepts(ours, reference)` checks our answer itself, if nothing else is possible.
//
// `explain` in `../explain.mjs` applies the entries in the order of this list. It reports a difference that they do not explain as a
// failure. The rules refer to sections of `docs/protocol.md`.

import { BACKEND_FAILURES, UNSENDABLE_COOKIES } from './backend_failures.mjs';
import { HANDLERS } from './handlers.mjs';
import { HANDSHAKES, HANDSHAKES_CHECKED_LAST } from './handshakes.mjs';
import { HEADERS_AND_URLS, RETURN_ADDRESSES } from './headers_and_urls.mjs';
import { KEYS } from './keys.mjs';
import { FEATURES, MACHINE_TOKENS } from './machine_tokens.mjs';
import { SENDERS } from './senders.mjs';
import { SETTINGS } from './settings.mjs';
import { TEXTS } from './texts.mjs';
import { UNREADABLE_TOKENS } from './unreadable_tokens.mjs';

export const DIFFERENCES = [
  ...SETTINGS,
  ...SENDERS,
  ...KEYS,
  ...BACKEND_FAILURES,
  ...TEXTS,
  ...HANDLERS,
  ...UNREADABLE_TOKENS,
  ...HEADERS_AND_URLS,
  ...HANDSHAKES,
  ...FEATURES,
  ...MACHINE_TOKENS,
  ...UNSENDABLE_COOKIES,
  ...RETURN_ADDRESSES,
  ...HANDSHAKES_CHECKED_LAST,
];
