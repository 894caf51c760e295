/** The remediators of tests: definitions of our own with the fields that are read and written, and what they do with a request. */
import { type Api, type KubeObject, nodes } from '../../../kube/api.ts'
import { createObject, deleteObject, listObjects, patchObject } from '../../../kube/objects.ts'
import { type Remediator, type Request, remediators } from '../objects.ts'

export const namespace = 'medik8s'
export const poolLabels = { 'nodemend.dev/medik8s-pool': 'racks' }

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function definition({ group, version, plural, kind }: Remediator['requests']) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
        },
      ],
    },
  }
}

/** What the operators of these remediators install. */
export const remediatorDefinitions = (installed: readonly Remediator[] = remediators) =>
  installed.flatMap(({ requests, templates }) => [definition(requests), definition(templates)])

/** The remediator of one kind. */
export function remediatorOf(kind: string): Remediator {
  const found = remediators.find((one) => one.requests.kind === kind)
  if (!found) throw new TypeError(`no remediator ${kind}`)
  return found
}

/** A template for the pool of the tests. */
export function makeTemplate(api: Api, { templates }: Remediator, name = 'template', labels: object = poolLabels) {
  const spec = { template: { spec: { remediationStrategy: 'Automatic' } } }
  return createObject<KubeObject>(api, templates, { metadata: { name, namespace, labels }, spec } as KubeObject)
}

/** Every request of any kind that is not being deleted. */
export async function openRequests(
  api: Api,
  installed: readonly Remediator[] = remediators,
): Promise<readonly Request[]> {
  const lists = await Promise.all(installed.map((one) => listObjects<Request>(api, one.requests, { namespace })))
  return lists.flatMap(({ items }) => items).filter((one) => one.metadata.deletionTimestamp === undefined)
}

/** What the remediator does in the end: the machine boots, or goes. */
export async function remediate(api: Api, { action }: Remediator, name: string): Promise<void> {
  if (action === 'Replace') return deleteObject(api, nodes, { name })
  await boot(api, name, 'boot-2')
}

export async function boot(api: Api, name: string, bootID: string): Promise<void> {
  const patch = { status: { nodeInfo: { bootID } } }
  await patchObject(api, nodes, { name }, patch, { type: 'merge', subresource: 'status' })
}
