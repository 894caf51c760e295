/**
 * JSON log lines as the text form of the same message, so that one pattern matches both. By a flag, kubelet (klog),
 * containerd and CRI-O (logrus) and the parts of the Amazon VPC CNI (zap) write either.
 */

/** Keys that every line has, and that no rule asks about. */
const frame: ReadonlySet<string> = new Set(['ts', 'time', 'timestamp', 'caller', 'v', 'logger', 'stacktrace'])
const messageKeys = ['msg', 'message'] as const

/**
 * `{"msg":"a","err":"b","pod":{"name":"c","namespace":"d"}}` as klog writes it: `"a" err="b" pod="d/c"`. Any other line
 * comes back as it is.
 */
export function textForm(line: string): string {
  if (!line.startsWith('{')) return line
  const entry = parsed(line)
  const key = messageKeys.find((name) => typeof entry?.[name] === 'string')
  if (entry === undefined || key === undefined) return line
  const { [key]: message, err, error, ...rest } = entry
  const fields = Object.entries({ ...(err !== undefined && { err }), ...(error !== undefined && { error }), ...rest })
  const shown = fields.flatMap(([name, value]) =>
    frame.has(name) ? [] : [` ${name}=${name === 'level' ? value : valueText(value)}`],
  )
  return `${JSON.stringify(message)}${shown.join('')}`
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined
  } catch {
    return undefined // cut, or not JSON
  }
}

/** klog writes a reference to an object as `"namespace/name"`. */
function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('name' in value)) return JSON.stringify(value)
  const { name, namespace } = value as { readonly name: unknown; readonly namespace?: unknown } // both are only printed
  return JSON.stringify(namespace === undefined ? `${name}` : `${namespace}/${name}`)
}
