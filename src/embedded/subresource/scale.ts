/** `<workload>/<name>/scale`, for the built-in workloads and for definitions that name the paths. */
import type { Cluster, ObjectAddress, WriteOptions } from '../cluster.ts'
import { badRequest } from '../failure.ts'
import { type ApiObject, at, type Json, listAt, mapAt, textAt, withAt } from '../json.ts'
import { patchedBody } from '../patch/patch.ts'
import { liveObject, storeUpdate } from '../write.ts'

interface ScalePaths {
  readonly spec: readonly string[]
  readonly status: readonly string[]
  readonly selector: readonly string[] | undefined
}

function pathsOf(address: ObjectAddress): ScalePaths {
  const custom = address.kind.custom?.scale
  const path = (field: string): readonly string[] => textAt(custom, field).split('.').slice(1)
  if (!custom) return { spec: ['spec', 'replicas'], status: ['status', 'replicas'], selector: undefined }
  const selector = path('labelSelectorPath')
  return {
    spec: path('specReplicasPath'),
    status: path('statusReplicasPath'),
    selector: selector.length > 0 ? selector : undefined,
  }
}

export function readScale(cluster: Cluster, address: ObjectAddress): ApiObject {
  return scaleOf(address, liveObject(cluster, address))
}

function scaleOf(address: ObjectAddress, object: ApiObject): ApiObject {
  const { spec, status, selector } = pathsOf(address)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = at(object, ...spec)
  const text = selector ? at(object, ...selector) : selectorText(object)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas === undefined ? {} : { replicas },
    status: {
      replicas: at(object, ...status) ?? 0,
      ...(typeof text === 'string' && text !== '' ? { selector: text } : {}),
    },
  }
}

function selectorText(object: ApiObject): string {
  const labels = Object.entries(mapAt(object, 'spec', 'selector', 'matchLabels')).map(
    ([key, value]) => `${key}=${value}`,
  )
  const terms = listAt(object, 'spec', 'selector', 'matchExpressions').map((term) => textAt(term, 'key'))
  return [...labels, ...terms].join(',')
}

export function updateScale(cluster: Cluster, address: ObjectAddress, body: Json, options: WriteOptions): ApiObject {
  const live = liveObject(cluster, address)
  const replicas = at(body, 'spec', 'replicas') ?? 0
  if (typeof replicas !== 'number' || replicas < 0)
    throw badRequest('spec.replicas must be a number that is not negative')
  const next = withAt(live, pathsOf(address).spec, replicas)
  const { object } = storeUpdate(cluster, { ...address, subresource: '' }, live, next, options)
  return scaleOf(address, object)
}

export function patchScale(
  cluster: Cluster,
  address: ObjectAddress,
  body: Json,
  contentType: string,
  options: WriteOptions,
): ApiObject {
  const patched = patchedBody(address, readScale(cluster, address), body, contentType)
  return updateScale(cluster, address, patched, options)
}
