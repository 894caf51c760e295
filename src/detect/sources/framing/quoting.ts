/** Words in front of a message that make a quotation of it. */

/** A process that names itself with its number, wherever in the line; systemd as process 1 is a subject of its own rules. */
const process =
  /(?<=^|[\s>|"'`(,;:])(?!systemd\[1\]: )[^\s:[\](){}"'`<>|,;]{1,128}\[\d{1,10}\](?::\s| - |["']?\s?[,;|│\t] ?)/
/** The audit subsystem prints what user space did, in user space's words. */
const audit = /\baudit(?:\(|:|\[|d\b)|\btype=\d{4}\b/
/** A command line that looks for a text, or writes one. */
const command = /(?:^|[\s/(|;])(?:[a-z]?grep|rg|ag|awk|sed|echo|printf|logger|systemd-cat)\s[^|;]*$/

/** Where in `text` a process names itself. */
export function processTag(text: string): { readonly index: number; readonly length: number } | undefined {
  const found = process.exec(text)
  return found ? { index: found.index, length: found[0].length } : undefined
}

/** Whether what stands behind `prefix` is quoted by somebody: a process, an audit record, a command, a sentence. */
export function quotes(front: string): boolean {
  const prefix = front.replaceAll('```', '')
  if (audit.test(prefix) || command.test(prefix) || process.test(prefix)) return true
  if (!/["'`]$/.test(prefix)) return openQuotation(prefix)
  return !/(?:^|[\s=:(,;>{[|])[bruf]?["'`]$/i.test(prefix) || openQuotation(prefix.slice(0, -1))
}

function openQuotation(prefix: string): boolean {
  for (const quote of ['"', "'", '`']) {
    let open = false
    for (let at = prefix.indexOf(quote); at >= 0; at = prefix.indexOf(quote, at + 1)) {
      // An apostrophe within a word opens nothing.
      if (open || !/\w/.test(prefix[at - 1] ?? '')) open = !open
    }
    if (open) return true
  }
  return false
}
