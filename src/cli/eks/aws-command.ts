/** A request as the `aws` command that sends it, so that `--dry-run` shows what a person could run instead. */

/** `clusterName` → `--cluster-name`; a structure becomes JSON in quotes. Undefined fields are left out. */
export function awsCommand(operation: string, input: object, region?: string): string {
  const flags = Object.entries(input).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [`--${kebab(name)} ${quoted(typeof value === 'object' ? JSON.stringify(value) : `${value}`)}`],
  )
  return ['aws eks', operation, ...flags, ...(region ? [`--region ${quoted(region)}`] : [])].join(' ')
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** As a POSIX shell reads it: in single quotes unless nothing in it means anything. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
