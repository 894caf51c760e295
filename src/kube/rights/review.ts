/** Asks the API server what this program may do: one SelfSubjectAccessReview per verb, which every authorizer answers. */
import type { Api, KubeObject, Resource } from '../api.ts'
import { isKubeError } from '../errors.ts'
import { createObject } from '../objects.ts'
import type { Permission } from './right.ts'

/** Every authenticated user may create them (ClusterRole `system:basic-user`); nothing is stored. */
export const accessReviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
}

/** A question waits this long for its answer. */
const timeoutMs = 5_000

export type Verdict = { readonly state: 'granted' | 'missing' } | { readonly state: 'unknown'; readonly why: string }

interface AccessReview extends KubeObject {
  readonly status?: { readonly allowed?: boolean }
}

/** Asks about one permission. Never rejects with KubeError: no answer is `unknown`. */
export async function reviewAccess(api: Api, { right, verb, name }: Permission): Promise<Verdict> {
  const { group, resource, subresource, namespace } = right
  const resourceAttributes = { verb, group, resource, subresource, namespace, name }
  const body = { metadata: {}, spec: { resourceAttributes } } as KubeObject // a review has no name
  try {
    const { status } = await createObject<AccessReview>(api, accessReviews, body as AccessReview, { timeoutMs })
    return { state: status?.allowed === true ? 'granted' : 'missing' }
  } catch (error) {
    if (!isKubeError(error)) throw error
    return { state: 'unknown', why: error.message }
  }
}

/** What was found out about a list of permissions. */
export interface Reviewed {
  readonly missing: readonly Permission[]
  /** Why some could not be asked about; absent when all were answered. */
  readonly unknown?: string
}

/** Asks about all of `permissions` at once. */
export async function reviewAll(api: Api, permissions: readonly Permission[]): Promise<Reviewed> {
  const verdicts = await Promise.all(permissions.map((one) => reviewAccess(api, one)))
  const unknown = verdicts.find((one) => one.state === 'unknown')?.why
  return {
    missing: permissions.filter((_, index) => verdicts[index]?.state === 'missing'),
    ...(unknown !== undefined && { unknown }),
  }
}
