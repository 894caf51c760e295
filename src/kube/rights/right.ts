/** What a program may do in a cluster, as data: roles, docs, checks and tests derive from it. docs/adr/0018-one-list-of-rights.md */
import type { Intervention } from '../../model/action.ts'
import type { Resource } from '../api.ts'

export type RightVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

/** Verbs on one resource, as one rule of a Role grants them. */
export interface Right {
  /** Empty for the core group. */
  readonly group: string
  /** Plural, as in RBAC: `nodes`. */
  readonly resource: string
  readonly subresource?: string
  readonly verbs: readonly RightVerb[]
  /** The one namespace in which it is needed; absent: everywhere, or the resource has no namespace. */
  readonly namespace?: string
  /** One sentence for people: what does not work without it. */
  readonly why: string
  /** The rest of the program works without it. */
  readonly optional?: true
  /** The actions that need it; absent: needed whatever is done. */
  readonly actions?: readonly Intervention[]
}

/** One verb of a right: what one review asks about. */
export interface Permission {
  readonly right: Right
  readonly verb: RightVerb
  /** The one object that it is about; absent: any. */
  readonly name?: string
}

/** A right on `resource`. */
export function rightOn(
  { group, plural }: Resource,
  verbs: readonly RightVerb[],
  why: string,
  more: Partial<Pick<Right, 'subresource' | 'namespace' | 'optional' | 'actions'>> = {},
): Right {
  return { group, resource: plural, verbs, why, ...more }
}

/** `nodes/status`, as RBAC writes it. */
export function resourceText({ resource, subresource }: Pick<Right, 'resource' | 'subresource'>): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`
}

/** For people: `patch nodes/status`, `list deployments.apps`, `get leases.coordination.k8s.io in nodemend`. */
export function permissionText({ right, verb, name }: Permission): string {
  const { group, namespace } = right
  const what = `${resourceText(right)}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`
  return `${verb} ${what}${namespace === undefined ? '' : ` in ${namespace}`}`
}

/** Every verb of every right by itself, each once. */
export function permissionsOf(rights: readonly Right[]): readonly Permission[] {
  const all = rights.flatMap((right) => right.verbs.map((verb): Permission => ({ right, verb })))
  const known = new Map<string, Permission>()
  for (const one of all) {
    const before = known.get(permissionText(one))
    if (!before || before.right.optional) known.set(permissionText(one), one) // needed by one of them is needed
  }
  return [...known.values()]
}

/** The command that grants the rights of a program; `flags` are those of `nodemend rbac`. */
export function rbacRemedy(program: 'agent' | 'controller', flags: readonly string[] = []): string {
  return `${['nodemend', 'rbac', program, ...flags].join(' ')} | kubectl apply -f -`
}
