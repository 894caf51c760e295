/** Pieces of text as one: a kernel's own line often ends in a full stop, which would stand before our semicolon. */
export function joinText(parts: readonly (string | undefined)[]): string {
  const said = parts.filter((part): part is string => part !== undefined && part !== '')
  return said.map((part, index) => (index < said.length - 1 ? part.replace(/[\s.,;:]+$/, '') : part)).join('; ')
}
