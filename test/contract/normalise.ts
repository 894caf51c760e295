/** Replaces the values of an answer that differ between runs: each uid, version, time or token becomes a numbered name. */

type Labels = Map<string, string>

/** Names the values of one case by order of appearance, so that equal values have equal names. */
export class Naming {
  readonly #labels: Labels = new Map()
  readonly #counts = new Map<string, number>()
  readonly #case: string

  constructor(caseName: string) {
    this.#case = caseName
  }

  of(kind: string, value: string): string {
    const key = `${kind} ${value}`
    const known = this.#labels.get(key)
    if (known !== undefined) return known
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    const label = `<${kind}${count}>`
    this.#labels.set(key, label)
    return label
  }

  /** Free text: uids, times and this case's own names. */
  text(text: string): string {
    return text
      .replaceAll(this.#case, '<case>')
      .replaceAll(/(does not match the ResourceVersion in record) \(\d+\)/g, '$1 (<rv>)')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uid) => this.of('uid', uid))
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => (givenTimes.has(time) ? time : '<time>'))
  }
}

/** Times that cases send themselves are compared as they are. */
const givenTimes = new Set([
  '2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.000000Z',
  '2026-01-02T00:00:00Z',
  '2026-01-01T00:00:00.123456Z',
])

/** Removes repeated causes, because kube-apiserver runs some checks several times. */
function distinct(causes: readonly unknown[]): unknown[] {
  const texts = new Set(causes.map((cause) => JSON.stringify(cause)))
  return [...texts].sort().map((text) => JSON.parse(text))
}

function ownerText(entry: unknown): string {
  const { operation, manager, subresource } = entry as Record<string, unknown> // an entry of managedFields
  return `${operation} ${manager} ${subresource}`
}

interface Place {
  readonly naming: Naming
  readonly path: readonly string[]
}

export function normalise(value: unknown, naming: Naming, path: readonly string[] = []): unknown {
  if (typeof value === 'string') return normaliseText(value, { naming, path })
  if (Array.isArray(value)) {
    const list = value.map((entry, index) => normalise(entry, naming, [...path, String(index)]))
    // Entries of one second come in another order when the second ends between two writes.
    if (path.at(-1) === 'managedFields') return list.sort((a, b) => (ownerText(a) < ownerText(b) ? -1 : 1))
    // Go visits maps in any order, so causes come in any order.
    return path.at(-1) === 'causes' ? distinct(list) : list
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, entry]) => [naming.text(key), normalise(entry, naming, [...path, key])]))
}

function normaliseText(text: string, { naming, path }: Place): unknown {
  const name = path.at(-1)
  if (name === 'resourceVersion') return text === '' || text === '0' ? text : naming.of('rv', text)
  if (name === 'continue' && text !== '') return '<token>'
  if (name === 'message' && / is invalid: \[/.test(text))
    return naming.text(text.replace(/ is invalid: \[.*$/s, ' is invalid: […]'))
  if (name === 'uid') return naming.of('uid', text)
  return naming.text(text)
}
