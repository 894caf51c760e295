/**
 * What CEL can say of a policy where a schema has no word for it, so that the API server refuses it at `kubectl apply`.
 * `parse.ts` says the same again, and the rest, because not every server has checked what it stores.
 */
import { actions } from '../../model/action.ts'
import { healthyConditions } from '../../model/condition.ts'

interface Rule {
  /** CEL over `self`; true where all is well. */
  readonly rule: string
  readonly message: string
}

/** As a schema carries them. */
type Rules = {
  readonly 'x-kubernetes-validations': readonly Rule[]
}

const list = (texts: readonly string[]): string => `[${texts.map((one) => `'${one}'`).join(', ')}]`

/** CEL has no order of our actions: their places in the list, from the least disruptive on. */
const ranks = `{${actions.map((one, index) => `'${one}': ${index}`).join(', ')}}`

/** Pair by pair, because the server takes no rule over a list that it cannot tell the cost of. */
const rising = actions
  .slice(1)
  .map((_, index) => {
    const [before, after] = [index, index + 1].map((place) => `${ranks}[self.ladder[${place}].action]`)
    return `(size(self.ladder) < ${index + 2} || ${before} < ${after})`
  })
  .join(' && ')

export const policyRules: Rules = {
  'x-kubernetes-validations': [
    { rule: 'has(self.ladder) != has(self.action)', message: 'say what is done, and once: either ladder or action' },
    {
      rule: `!has(self.ladder) || (${rising})`,
      message: `each rung of the ladder must be more disruptive than the one before it: ${actions.join(', ')}`,
    },
    {
      rule: "!has(self.ladder) || size(self.ladder) == 1 || !self.ladder.exists(rung, rung.action == 'NoAction')",
      message: 'a ladder that does nothing first never gets further: NoAction stands alone',
    },
  ],
}

/** Matching what a healthy node says would match every healthy node. */
export const matchRules: Rules = {
  'x-kubernetes-validations': Object.entries(healthyConditions).map(([status, types]) => ({
    rule: `self.status != '${status}' || !(self.condition in ${list(types)})`,
    message: `status ${status} of this condition is what a healthy node says, so every healthy node would match`,
  })),
}

export const budgetRules: Rules = {
  'x-kubernetes-validations': [
    {
      rule: 'has(self.schedule) == has(self.duration)',
      message: 'schedule and duration belong together: write both, or neither',
    },
    {
      rule: '!has(self.timeZone) || has(self.schedule)',
      message: 'timeZone is that of a schedule: write a schedule, too',
    },
    {
      rule: "has(self.label) == (has(self.scope) && self.scope == 'Label')",
      message: 'label belongs to scope Label: write both, or neither',
    },
  ],
}
