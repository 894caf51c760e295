/** Policies of random limits. */
import { types } from './world.ts'

const modes = ['Enforce', 'Enforce', 'Enforce', 'Approve', 'Observe'] as const
const budgets = ['1', '2', '10%', '25%', '100%', '0'] as const
const ladders = [
  [{ action: 'Replace' }],
  [{ action: 'Reboot', attempts: 1 }, { action: 'Replace' }],
  [{ action: 'Reboot' }],
  [
    { action: 'Reboot', attempts: 2 },
    { action: 'Replace', attempts: 1 },
  ],
] as const
const tolerations = ['0s', '5s', '1m', '5m'] as const
const endings = ['Abort', 'ProceedWithout', 'ForceDelete'] as const

/** The digits of `share` after each other: one number says all, and the same number says the same. */
function digits(share: number): <T>(choices: readonly T[]) => T {
  let rest = share
  return (choices) => {
    rest = (rest * 9301.7 + 0.49297) % 1
    return choices[Math.floor(rest * choices.length)] as (typeof choices)[number] // the index is in range
  }
}

/** The spec that a share from 0 to 1 stands for. */
export function policySpec(share: number): object {
  const pick = digits(share)
  const unready = pick([true, false]) ? [{ condition: 'Ready', status: 'Unknown' }] : []
  return {
    mode: pick(modes),
    paused: pick([false, false, false, false, true]),
    nodeSelector: pick([{}, {}, { half: 'left' }, { half: 'right' }]),
    match: [
      ...types.filter(() => pick([true, true, false])).map((condition) => ({ condition })),
      { condition: types[0], reason: 'Fault1' },
      ...unready,
    ],
    precedence: pick([0, 0, 1]),
    toleration: pick(tolerations),
    ladder: pick(ladders),
    drain: {
      timeout: pick(['30s', '2m', '5m']),
      onTimeout: pick(endings),
      pdb: pick(['Respect', 'RespectUntilDeadline']),
      blockedAfter: pick(['10s', '1m', '4m']),
    },
    budgets: [{ nodes: pick(budgets) }, ...pick([[], [{ nodes: pick(budgets), reasons: ['Unhealthy'] }]])],
    breaker: {
      share: pick(['20%', '50%', '100%']),
      rate: pick(['10%', '50%', '100%']),
      window: pick(['1m', '5m']),
      minNodes: pick([0, 5, 20]),
    },
    restraint: { dwell: pick(['5s', '30s', '3m']), join: pick(['2m', '8m']) },
  }
}
