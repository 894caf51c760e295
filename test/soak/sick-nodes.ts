/** The controller's side of a soak: machines of a modelled group fall sick, one or two at a time. */

import type { ApiObject } from '../../src/embedded/json.ts'
import { nodeGroupLabel } from '../../src/embedded/model/node-group.ts'
import { objectKey, type Store } from '../../src/embedded/store.ts'
import type { Api, KubeObject, Resource } from '../../src/kube/api.ts'
import { nodeRepairs, nodes, podDisruptionBudgets, repairPolicies } from '../../src/kube/api.ts'
import { createObject, patchObject } from '../../src/kube/objects.ts'
import { isFinished, type Phase } from '../../src/model/repair.ts'
import { type Random, sleep, systemClock } from '../../src/telemetry/clock.ts'
import type { Program } from '../cluster/process/processes.ts'
import { conditionsOf, whenStored } from './history.ts'
import { pool } from './site.ts'

const sickCondition = 'KernelReady'
const repairs = 'noderepairs.nodemend.dev'
const forgivenKey = 'nodemend.dev/forgiven'
const replicas = 12
const mayBeAway = 3
/** Probability that a second machine fails beside the first. */
const secondShare = 0.5
const shortestPauseMs = 100
const longestPauseMs = 1_500

export interface Sick {
  readonly name: string
  readonly uid: string
}

export interface SickNodes {
  /** Every machine that was made sick, in order. */
  readonly all: readonly Sick[]
  /** Makes machines sick until `signal`. */
  run(signal: AbortSignal): Promise<void>
}

/** The command of one run; every run of a restarted container has its own identity. */
export function controllerProgram(bundle: string, kubeconfig: string): Program {
  return {
    name: 'controller',
    command: process.execPath,
    args: [
      bundle,
      'controller',
      `--kubeconfig=${kubeconfig}`,
      '--namespace=default',
      '--lease-duration=1s',
      '--interval=300ms',
      '--settle=1s',
      '--providers=embedded',
      '--metrics-address=127.0.0.1:0',
    ],
  }
}

const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
}
type Body = KubeObject & Readonly<Record<string, unknown>>

/** A workload with a budget, and a policy that acts within seconds. */
export async function furnishPool(api: Api): Promise<void> {
  const labels = { app: 'soak' }
  const meta = { name: 'soak', namespace: 'default' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'soak', image: 'example/soak:1' }] } }
  const selector = { matchLabels: labels }
  await createObject<Body>(api, deployments, { metadata: meta, spec: { replicas, selector, template } })
  await createObject<Body>(api, podDisruptionBudgets, { metadata: meta, spec: { maxUnavailable: mayBeAway, selector } })
  await createObject<Body>(api, repairPolicies, {
    metadata: { name: 'soak' },
    spec: {
      mode: 'Enforce',
      nodeSelector: { [nodeGroupLabel]: pool.name },
      match: [{ condition: sickCondition }],
      toleration: '1s',
      action: 'Replace',
      drain: { timeout: '10m', blockedAfter: '10m' },
      budgets: [{ nodes: '2' }],
      breaker: { share: '100%', rate: '100%', window: '1s' },
      restraint: { dwell: '1s' },
    },
  })
}

export function sickNodes(api: Api, store: Store, random: Random): SickNodes {
  const all: Sick[] = []
  const pause = (signal: AbortSignal): Promise<void> =>
    sleep(systemClock, shortestPauseMs + random() * (longestPauseMs - shortestPauseMs), signal).catch(() => undefined)
  const infect = async (): Promise<void> => {
    const candidates = store
      .list('nodes')
      .filter((node) => node.metadata.labels?.[nodeGroupLabel] === pool.name && isReady(conditionsOf(node)))
      .filter((node) => !all.some(({ uid }) => uid === node.metadata.uid) && !mayBeReplacement(store, node))
    const victim = candidates[Math.floor(random() * candidates.length)]
    if (victim === undefined) return
    all.push({ name: victim.metadata.name, uid: victim.metadata.uid ?? '' })
    const stamp = new Date(systemClock.now()).toISOString()
    const condition = { type: sickCondition, status: 'False', reason: 'Soak', message: '', lastTransitionTime: stamp }
    await patchObject(
      api,
      nodes,
      { name: victim.metadata.name },
      { status: { conditions: [condition] } },
      { type: 'strategic', subresource: 'status' },
    )
  }
  /** A machine of the pool is sick every few seconds: without a person who forgives, its lineage would soon wait for hours. */
  const forgive = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const ended = store.list(repairs).filter(({ status, metadata }) => {
        const { phase } = (status ?? {}) as { readonly phase?: Phase } // of a NodeRepair
        return phase === 'Succeeded' && metadata.annotations?.[forgivenKey] === undefined
      })
      for (const { metadata } of ended) {
        await patchObject(
          api,
          nodeRepairs,
          { name: metadata.name },
          { metadata: { annotations: { [forgivenKey]: 'the soak' } } },
          { type: 'merge' },
        )
      }
      await sleep(systemClock, 500, signal).catch(() => undefined)
    }
  }
  return {
    all,
    run: async (signal) => {
      const forgiving = forgive(signal)
      while (!signal.aborted) {
        await infect()
        if (random() < secondShare) {
          await pause(signal)
          if (!signal.aborted) await infect()
        }
        await whenStored(store, 'nodes', signal, () => all.every((one) => isGone(store, one)) || undefined)
        await pause(signal)
      }
      await forgiving
    },
  }
}

/** A machine that came while a repair was under way may be its proof: if it fell sick, that repair would rightly fail. */
function mayBeReplacement(store: Store, node: ApiObject): boolean {
  return store.list(repairs).some((repair) => {
    const { phase = 'Pending' } = (repair.status ?? {}) as { readonly phase?: Phase } // of a NodeRepair
    const { creationTimestamp: began = '' } = repair.metadata
    return !isFinished(phase) && (node.metadata.creationTimestamp ?? '') >= began
  })
}

/** The machine with that UID is no longer there. */
export function isGone(store: Store, { name, uid }: Sick): boolean {
  return store.get('nodes', objectKey(undefined, name))?.metadata.uid !== uid
}

function isReady(conditions: readonly { readonly type: string; readonly status: string }[]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
