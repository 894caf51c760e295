/**
 * What a newer version of a policy takes back at once, field by field: while the set that it stands in is refused
 * (`in-force.ts`), and right before an admission (`observe/last-look.ts`). Every field of a policy is in the table, so
 * that the compiler asks about a new one. docs/how-to/let-it-act.md names those that restrain.
 */
import { actions, furthest, type Rung } from '../../model/action.ts'
import { modes, type Policy } from '../../model/policy.ts'

interface Restraint<Field extends keyof Policy> {
  /** The stricter value of both versions; that of `old` itself where `now` takes nothing back. */
  stricter(old: Policy, now: Policy): Policy[Field]
  /** What `now` asks for, in words that follow "policy NAME". */
  says(now: Policy): string
}

type Restraints = { readonly [Field in keyof Policy]-?: Restraint<Field> | 'not a restraint' }

/**
 * Numbers, selectors and how a repair goes are no restraints: of those, half of a refused set could be more aggressive
 * than either set was meant. They wait for the next good set.
 */
const restraints = {
  paused: {
    stricter: (old, now) => old.paused || now.paused,
    says: () => 'is paused',
  },
  ladder: {
    stricter: (old, now) => shorter(old.ladder, now.ladder),
    says: (now) => `has the ladder ${rungsText(now.ladder)} now`,
  },
  mode: {
    stricter: (old, now) => lesser(modes, old.mode, now.mode),
    says: (now) => `has mode ${now.mode} now`,
  },
  name: 'not a restraint',
  generation: 'not a restraint',
  nodeSelector: 'not a restraint',
  match: 'not a restraint',
  precedence: 'not a restraint', // what it lets through instead may be freer or stricter
  tolerationMs: 'not a restraint',
  provider: 'not a restraint',
  drain: 'not a restraint',
  evidence: 'not a restraint',
  budgets: 'not a restraint',
  windows: 'not a restraint',
  breaker: 'not a restraint',
  restraint: 'not a restraint', // its name means how long a replacement is watched, not what this table is about
} satisfies Restraints

/** Fields whose stricter value counts at once. */
export type RestrainingField = {
  [Field in keyof Policy]-?: (typeof restraints)[Field] extends 'not a restraint' ? never : Field
}[keyof Policy]

/** The names of {@link RestrainingField}, in the order in which they are told. */
export const restrainingFields = (Object.keys(restraints) as (keyof Policy)[]).filter(isRestraining) // keys are fields

/** `old` with everything that `now` takes back. */
export function restrainedBy(old: Policy, now: Policy): Policy {
  const stricter = restrainingFields.map((field) => [field, restraints[field].stricter(old, now)])
  return { ...old, ...Object.fromEntries(stricter) }
}

/** What `now` takes back first, in words that follow "policy NAME"; undefined when it takes nothing back. */
export function takenBack(old: Policy, now: Policy): string | undefined {
  const field = restrainingFields.find((one) => restraints[one].stricter(old, now) !== old[one])
  return field && restraints[field].says(now)
}

function isRestraining(field: keyof Policy): field is RestrainingField {
  return restraints[field] !== 'not a restraint'
}

/** The one that stands earlier in `order`, which goes from strict to free. */
function lesser<Value>(order: readonly Value[], a: Value, b: Value): Value {
  return order.indexOf(a) < order.indexOf(b) ? a : b
}

/**
 * What both ladders allow: the rungs of `old` that go no further than `now` does, with the fewer attempts of both. A rung
 * that only `now` has is no restraint, and waits. `old` itself where nothing is taken back.
 */
function shorter(old: readonly Rung[], now: readonly Rung[]): readonly Rung[] {
  const limit = actions.indexOf(furthest(now))
  const kept = old
    .filter((rung) => actions.indexOf(rung.action) <= limit)
    .map((rung) => {
      const allowed = now.find((one) => one.action === rung.action)?.attempts ?? rung.attempts
      return allowed < rung.attempts ? { ...rung, attempts: allowed } : rung
    })
  if (kept.length === old.length && kept.every((rung, index) => rung === old[index])) return old
  return kept.length > 0 ? kept : [{ action: 'NoAction', attempts: 1 }]
}

function rungsText(ladder: readonly Rung[]): string {
  return ladder.map(({ action, attempts }) => `${action} (${attempts})`).join(', ')
}
