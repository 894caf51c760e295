/** Custom kinds that a measured agent needs, with the smallest definition that the API server accepts. */
import { sleep, systemClock } from '../../src/telemetry/clock.ts'
import { ask, type Endpoint } from './endpoint.ts'

/** A cluster-scoped kind without a schema. */
export interface CustomKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
}

/** kube-apiserver serves a new kind within a second or two. */
const servedWithinMs = 20_000
const lookEveryMs = 100

/** Resolves when the server serves the kind; rejects when it does not in time. */
export async function serveKind(endpoint: Endpoint, kind: CustomKind): Promise<void> {
  if (await isServed(endpoint, kind)) return
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await ask(endpoint, { method: 'POST', path, body: JSON.stringify(definitionOf(kind)) })
  const deadline = systemClock.monotonic() + servedWithinMs
  while (!(await isServed(endpoint, kind))) {
    if (systemClock.monotonic() > deadline) {
      throw new Error(`NM_BENCH_KIND: the API server does not serve ${kind.plural}.${kind.group}`)
    }
    await sleep(systemClock, lookEveryMs)
  }
}

/** True when discovery and list both work, because a starting client asks for both. */
async function isServed(endpoint: Endpoint, { group, version, plural }: CustomKind): Promise<boolean> {
  const folder = `/apis/${group}/${version}`
  try {
    await ask(endpoint, { method: 'GET', path: folder })
    await ask(endpoint, { method: 'GET', path: `${folder}/${plural}` })
    return true
  } catch {
    return false
  }
}

function definitionOf({ group, version, kind, plural }: CustomKind): object {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}
