/**
 * A real Karpenter that makes and ends modelled nodes. It is Karpenter's own kwok provider with the repair policies its
 * AWS provider has: see tools/karpenter/main.go.
 */

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import type { ControlPlane } from './control-plane.ts'
import { isOk } from './probe.ts'
import { freePorts } from './process/ports.ts'
import { type Running, waitFor } from './process/processes.ts'
import { toolSource } from './tools.ts'
import { eventually } from './wait.ts'

export interface KarpenterOptions {
  /** Whether Karpenter repairs nodes itself: its feature gate NodeRepair. */
  readonly nodeRepair: boolean
  /** Seconds for which a condition must be False before Karpenter repairs; default 5. */
  readonly tolerationSeconds?: number
}

interface WithConditions {
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** The only node pool and node class of a test cluster have this name. */
export const POOL = 'default'

/** Installs Karpenter's CRDs, a node pool that never consolidates, and starts Karpenter. It ends with the cluster. */
export async function startKarpenter(cluster: ControlPlane, options: KarpenterOptions): Promise<Running> {
  await installDefinitions(cluster)
  const [metricsPort = 0, probePort = 0] = await freePorts(2)
  const running = cluster.processes.start({
    name: 'karpenter',
    command: cluster.tools.karpenter,
    args: [],
    env: {
      KUBECONFIG: cluster.kubeconfig('admin'),
      FEATURE_GATES: `NodeRepair=${options.nodeRepair}`,
      REPAIR_TOLERATION_SECONDS: String(options.tolerationSeconds ?? 5),
      DISABLE_LEADER_ELECTION: 'true',
      SYSTEM_NAMESPACE: 'kube-system',
      METRICS_PORT: String(metricsPort),
      HEALTH_PROBE_PORT: String(probePort),
      BATCH_IDLE_DURATION: '300ms',
      BATCH_MAX_DURATION: '2s',
    },
  })
  await waitFor(running, () => isOk(probePort, '/readyz'), 60_000)
  await applyDeployment(cluster, options)
  await applyPool(cluster)
  // Karpenter checks a pool again only after ten seconds, so the pool must be ready before the first pod.
  await eventually('the node pool to be ready', 30_000, async () => {
    return isTrue(await cluster.admin.get<WithConditions>(poolPath()), 'Ready')
  })
  return running
}

/** The Deployment by which others see how Karpenter is set; it has no pods, because Karpenter runs as a process here. */
async function applyDeployment(cluster: ControlPlane, { nodeRepair }: KarpenterOptions): Promise<void> {
  const labels = { 'app.kubernetes.io/name': 'karpenter' }
  const env = [{ name: 'FEATURE_GATES', value: `NodeRepair=${nodeRepair}` }]
  const spec = { containers: [{ name: 'controller', image: 'example.invalid/karpenter', env }] }
  await cluster.admin.apply('/apis/apps/v1/namespaces/kube-system/deployments/karpenter', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'karpenter', labels },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  })
}

async function applyPool(cluster: ControlPlane): Promise<void> {
  await cluster.admin.apply(`/apis/karpenter.kwok.sh/v1alpha1/kwoknodeclasses/${POOL}`, {
    apiVersion: 'karpenter.kwok.sh/v1alpha1',
    kind: 'KWOKNodeClass',
    metadata: { name: POOL },
    spec: {},
  })
  await cluster.admin.apply(poolPath(), {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name: POOL },
    spec: {
      disruption: { consolidationPolicy: 'WhenEmpty', consolidateAfter: 'Never' },
      template: {
        spec: {
          expireAfter: 'Never',
          nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: POOL },
          requirements: [
            { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] },
            { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
            { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
          ],
        },
      },
    },
  })
}

async function installDefinitions(cluster: ControlPlane): Promise<void> {
  const folder = await definitions(cluster)
  const names: string[] = []
  for (const file of readdirSync(folder)) {
    const definition = parse(readFileSync(join(folder, file), 'utf8')) as WithConditions
    names.push(definition.metadata.name)
    await cluster.admin.apply(definitionPath(definition.metadata.name), definition)
  }
  await eventually("Karpenter's CRDs to be served", 30_000, async () => {
    for (const name of names) {
      if (!isTrue(await cluster.admin.get<WithConditions>(definitionPath(name)), 'Established')) return false
    }
    return true
  })
}

function isTrue(object: WithConditions, condition: string): boolean {
  return object.status?.conditions?.some(({ type, status }) => type === condition && status === 'True') ?? false
}

function poolPath(): string {
  return `/apis/karpenter.sh/v1/nodepools/${POOL}`
}

function definitionPath(name: string): string {
  return `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`
}

/** The CRDs that came with the pinned module, copied beside the binary: Go's module cache may be emptied at any time. */
async function definitions(cluster: ControlPlane): Promise<string> {
  const tools = dirname(cluster.tools.karpenter)
  const kept = join(tools, 'crds')
  if (existsSync(kept)) return kept
  const options = { cwd: toolSource('karpenter') }
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', 'sigs.k8s.io/karpenter'], options)
  const { Dir: module } = JSON.parse(stdout) as { Dir: string }
  const fresh = mkdtempSync(join(tools, 'new-'))
  for (const part of ['kwok/charts/crds', 'kwok/apis/crds']) cpSync(join(module, part), fresh, { recursive: true })
  try {
    renameSync(fresh, kept)
  } catch (error) {
    if (!existsSync(kept)) throw error // another run was faster
    rmSync(fresh, { recursive: true })
  }
  return kept
}
