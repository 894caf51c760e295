/** Every contract case, by golden file. */
import type { Case } from '../case.ts'
import { applyCases } from './apply.ts'
import { basicCases } from './basics.ts'
import { customCases } from './custom.ts'
import { evictionCases } from './evictions.ts'
import { frontCases } from './front.ts'
import { kindCases } from './kinds.ts'
import { patchCases } from './patches.ts'
import { podCases } from './pods.ts'
import { scopeCases } from './scopes.ts'
import { updateCases } from './updates.ts'
import { watchCases } from './watches.ts'

export const caseFiles: Readonly<Record<string, readonly Case[]>> = {
  basics: basicCases,
  patches: patchCases,
  apply: applyCases,
  watches: watchCases,
  evictions: evictionCases,
  pods: podCases,
  kinds: kindCases,
  custom: customCases,
  front: frontCases,
  updates: updateCases,
  scopes: scopeCases,
}
