/** What the reporters read from the agent. */
import type { Assembled } from '../assemble.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { FindingKind } from './known-findings.ts'

export interface Reported {
  readonly ledger: Ledger
  readonly assembled: Assembled
  /** The stored state was lost, so only the cluster knows what an earlier process reported. */
  readonly afresh: boolean
  readonly rules: () => number
  /** The findings that the rules in force can raise. */
  readonly findings: () => Iterable<FindingKind>
}
