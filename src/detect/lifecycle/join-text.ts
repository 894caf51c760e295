/** Joins pieces of text with semicolons, without the full stop that often ends a kernel line. */
export function joinText(parts: readonly (string | undefined)[]): string {
  const said = parts.filter((part): part is string => part !== undefined && part !== '')
  return said.map((part, index) => (index < said.length - 1 ? part.replace(/[\s.,;:]+$/, '') : part)).join('; ')
}
