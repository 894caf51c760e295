/** A connection that a role limits, as RBAC would: other calls get 403, and reviews say what the role says. */
import { errorFromAnswer } from '../answer.ts'
import type { Api, Call } from '../api.ts'
import { describeCall } from '../call.ts'
import { accessReviews } from '../rights/review.ts'
import { permissionsOf, permissionText, type Right, type RightVerb } from '../rights/right.ts'

export interface LimitedApi {
  readonly api: Api
  /** Permissions that calls have used, as `permissionText` writes them. */
  readonly used: ReadonlySet<string>
  /** Calls that were refused, in order. */
  readonly refused: readonly string[]
  /** Permissions that were asked about. */
  readonly asked: readonly string[]
}

interface Attributes {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
}

/** Limits `api` to what `rights` answers at the moment of each call. */
export function limitedTo(api: Api, rights: () => readonly Right[]): LimitedApi {
  const used = new Set<string>()
  const refused: string[] = []
  const asked: string[] = []
  const granting = (wanted: Attributes): string | undefined => {
    const found = permissionsOf(rights()).find(({ right, verb }) => {
      const sameKind = right.group === wanted.group && right.resource === wanted.resource
      const sameUse = verb === wanted.verb && right.subresource === wanted.subresource
      return sameKind && sameUse && (right.namespace === undefined || right.namespace === wanted.namespace)
    })
    return found && permissionText(found)
  }
  const check = (call: Call): void => {
    for (const verb of verbsOf(call)) {
      const { group, plural: resource } = call.resource
      const { subresource, namespace } = call
      const wanted = { verb, group, resource, ...(subresource && { subresource }), ...(namespace && { namespace }) }
      const found = granting(wanted)
      if (found !== undefined) used.add(found)
      else {
        refused.push(describeCall(call))
        const message = `${resource} is forbidden: User "test" cannot ${verb} resource "${resource}"`
        throw errorFromAnswer(call, 403, JSON.stringify({ kind: 'Status', reason: 'Forbidden', message }))
      }
    }
  }
  return {
    used,
    refused,
    asked,
    api: {
      server: api.server,
      close: () => api.close(),
      async *stream<T>(call: Call): AsyncGenerator<T> {
        check(call)
        yield* api.stream<T>(call)
      },
      async request<T>(call: Call): Promise<T> {
        if (call.resource.plural !== accessReviews.plural) {
          check(call)
          return api.request<T>(call)
        }
        const { spec } = call.body as { readonly spec: { readonly resourceAttributes: Attributes } } // our own body
        const wanted = spec.resourceAttributes
        asked.push(`${wanted.verb} ${wanted.resource}`)
        return { metadata: {}, status: { allowed: granting(wanted) !== undefined } } as T // a review's answer
      },
    },
  }
}

/** What RBAC asks of a call: an apply may create the object, too; a status is there with its object. */
function verbsOf({ verb, subresource }: Call): readonly RightVerb[] {
  switch (verb) {
    case 'apply':
      return subresource === undefined ? ['create', 'patch'] : ['patch']
    case 'evict':
      return ['create']
    default:
      return [verb]
  }
}
