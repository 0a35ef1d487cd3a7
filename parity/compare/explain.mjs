// Explains a difference between two answers by the entries of `differences/`.

import { differences } from './comparable.mjs';
import { DIFFERENCES } from './differences/index.mjs';
import { withOwnOf } from './differences/texts.mjs';

/**
 * Returns `{ names, isExplained, reference }`: the entries that apply to a difference, and the answer that they require of our server.
 * `ask(request)` gets the reference's answer to another request.
 */
export async function explain(kase, reference, ours, ask) {
  const names = [];
  // The changes by the entries so far: another plan, then other requests, then other answers.
  const steps = { plan: kase.plan, as: [], edits: [] };
  let current = { plan: kase.plan, request: kase.request, reference };
  let unedited = reference;
  // Several entries may apply to one case. Each gets the result of the one before it.
  for (;;) {
    const applies = entry => entry.applies({ ...kase, ...current }, current.reference, ours);
    // Entries with `accepts` may be asked again, about the rest of the difference.
    const accepting = DIFFERENCES.find(entry => entry.accepts && applies(entry) && entry.accepts(ours, current.reference, kase));
    if (accepting) return { names: [...new Set([...names, accepting.name])], isExplained: true, reference: current.reference };
    const entry = DIFFERENCES.find(candidate => !names.includes(candidate.name) && applies(candidate));
    if (!entry) return { names, isExplained: false, reference: current.reference };
    names.push(entry.name);
    if (!entry.plan && !entry.as && !entry.adjusts) continue;
    if (entry.plan) steps.plan = { ...steps.plan, ...entry.plan(steps.plan, kase) };
    if (entry.as) steps.as.push(entry.as);
    if (entry.edit) steps.edits.push(answer => edited(answer, text => entry.edit(text, kase.request)));
    if (entry.adjusts) steps.edits.push(answer => entry.adjusts(answer, kase, ours));
    const request = steps.as.reduce((changed, as) => as(changed, kase), steps.plan === kase.plan ? kase.request : kase.requestBy(steps.plan));
    if (entry.plan || entry.as) unedited = await ask(request);
    const answer = steps.edits.reduce((edited, edit) => edit(edited), unedited);
    current = { plan: steps.plan, request, reference: withOwnOf(answer, ours, { isOfAnotherPlan: steps.plan !== kase.plan }) };
    if (differences(current.reference, ours, { isSameRequest: false }).length === 0) {
      return { names, isExplained: true, reference: current.reference };
    }
  }
}

/** Returns whether any entry applies to a case, whatever our server answers. */
export function mayDiffer(kase, reference) {
  return DIFFERENCES.some(entry => entry.applies(kase, reference, reference));
}

/** The answer after a change of each of its texts. */
function edited(answer, edit) {
  return JSON.parse(JSON.stringify(answer), (_, value) => (typeof value === 'string' ? edit(value) : value));
}
