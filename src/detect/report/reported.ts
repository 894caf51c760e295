/** What the reporters read off the agent. */
import type { Assembled } from '../assemble.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { FindingKind } from './known-findings.ts'

export interface Reported {
  readonly ledger: Ledger
  readonly assembled: Assembled
  /** The ledger began with nothing: what an earlier process reported is known to the cluster alone. */
  readonly afresh: boolean
  readonly rules: () => number
  /** What the rules in force can raise. */
  readonly findings: () => Iterable<FindingKind>
}
