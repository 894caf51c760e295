/** Names in a snapshot: as they are, or pseudonyms that stay the same throughout. */

/** What a name is of; it becomes the first part of the pseudonym. */
export type NameKind = 'pool' | 'policy' | 'namespace' | 'workload' | 'budget' | 'zone' | 'label' | 'value'

export interface Names {
  /** The name to write for `name`. */
  of(kind: NameKind, name: string): string
  /** The label to write: those of Kubernetes and of clouds say nothing about whose cluster it is. */
  label(key: string): string
}

export const plainNames: Names = { of: (_, name) => name, label: (key) => key }

const publicDomain =
  /(^|\.)(kubernetes\.io|k8s\.io|k8s\.aws|karpenter\.sh|amazonaws\.com|google\.com|azure\.com|nodemend\.dev)$/
/** Values that are the same everywhere. */
const publicValue = /^(true|false|)$/

/** Numbers each name by its kind in the order in which it is asked for. */
export function pseudonyms(): Names {
  const known = new Map<string, string>()
  const counts = new Map<NameKind, number>()
  const of = (kind: NameKind, name: string): string => {
    if (kind === 'value' && publicValue.test(name)) return name
    const key = `${kind} ${name}`
    const found = known.get(key)
    if (found !== undefined) return found
    const number = (counts.get(kind) ?? 0) + 1
    counts.set(kind, number)
    const made = `${kind}-${number}`
    known.set(key, made)
    return made
  }
  return {
    of,
    label: (key) => {
      const [domain = '', name] = key.split('/')
      return name !== undefined && publicDomain.test(domain) ? key : `example.com/${of('label', key)}`
    },
  }
}
