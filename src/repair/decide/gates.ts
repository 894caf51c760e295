/**
 * Every gate, in the order in which they decide. A new gate is one file and one line here; one that asks for a field of the
 * policy has a longer way: docs/how-to/add-a-gate.md. `target`, which records may name, is none of them: it is what
 * the provider says when it is asked after all of them (`attempt/admit.ts`).
 */
import type { Gate } from './gate.ts'
import { apiHealth } from './gates/api-health.ts'
import { approval } from './gates/approval.ts'
import { attempts } from './gates/attempts.ts'
import { breaker } from './gates/breaker.ts'
import { budget } from './gates/budget.ts'
import { controlPlane } from './gates/control-plane.ts'
import { drill } from './gates/drill.ts'
import { foreign } from './gates/foreign-owner.ts'
import { identity } from './gates/identity.ts'
import { inRepair } from './gates/in-repair.ts'
import { lastNode } from './gates/last-node.ts'
import { leadership } from './gates/leadership.ts'
import { matching } from './gates/match.ts'
import { mode } from './gates/mode.ts'
import { pause } from './gates/pause.ts'
import { pool } from './gates/pool.ts'
import { provider } from './gates/provider.ts'
import { stale } from './gates/stale.ts'
import { toleration } from './gates/toleration.ts'
import { veto } from './gates/veto.ts'
import { window } from './gates/window.ts'
import { zone } from './gates/zone.ts'

export const gates: readonly Gate[] = [
  // May anything happen at all?
  apiHealth,
  leadership,
  pause,
  // Is this node really sick, for long enough?
  matching,
  stale,
  toleration,
  // May this node be touched?
  veto,
  foreign,
  controlPlane,
  identity,
  provider,
  lastNode,
  inRepair,
  attempts,
  pool,
  approval,
  // May one more be touched now?
  zone,
  breaker,
  window,
  budget,
  // Is it a drill, or the policy one that only observes?
  drill,
  mode,
]
